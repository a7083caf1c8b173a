import type { OutgoingHttpHeaders } from 'node:http'
import type { HeaderRule } from '../config/response-headers.ts'

/** Answers hold configs: no cache may keep them, and no browser may take them for a page. */
const ALWAYS = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' } as const

/** The headers of an answer: those that every answer has, its own, and what the rules make of them. */
export function answerHeaders(
  own: Readonly<Record<string, string>>,
  rules: readonly HeaderRule[],
  nowMs: number
): OutgoingHttpHeaders {
  const headers = new Map<string, { name: string; values: string[] }>()
  const set = (name: string, value: string) =>
    headers.set(name.toLowerCase(), { name, values: [value] })
  for (const [name, value] of Object.entries({ ...ALWAYS, ...own })) set(name, value)
  for (const { action, name, value } of rules) {
    const text = action.endsWith('date') ? new Date(nowMs + Number(value)).toUTCString() : value
    const present = headers.get(name.toLowerCase())
    if (action.startsWith('add') && present !== undefined) present.values.push(text)
    else set(name, text)
  }
  return Object.fromEntries(
    [...headers.values()].map(({ name, values: [first = '', ...others] }) => [
      name,
      others.length === 0 ? first : [first, ...others]
    ])
  )
}
