import type { ConfigKey } from '../api/config.ts'
import { guess } from './spelling.ts'

const TRUE = /^(yes|y|on|1|t)$/i
const FALSE = /^(no|n|off|0|f)$/i

const MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  sec: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000
}

const BYTES: Readonly<Record<string, number>> = {
  b: 1,
  k: 1024,
  kb: 1000,
  kib: 1024,
  m: 1024 ** 2,
  mb: 1000 ** 2,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1000 ** 3,
  gib: 1024 ** 3
}

/** The value that was probably meant where one does not parse, or null: no guess is better than a wild one. */
export function suggestValue(key: ConfigKey, name: string, given: string): string | null {
  const text = given.trim()
  if (key.oneOf) return guess(text, key.oneOf)?.name ?? null
  if (key.type === 'BOOLEAN') {
    if (TRUE.test(text)) return 'true'
    return FALSE.test(text) ? 'false' : (guess(text, ['true', 'false'])?.name ?? null)
  }
  if (key.type === 'INT' || key.type === 'LONG' || key.type === 'SHORT') {
    return accepted(key, withUnit(name, text) ?? plainNumber(text))
  }
  return key.type === 'DOUBLE' ? accepted(key, plainNumber(text)) : null
}

function accepted(key: ConfigKey, value: string | null): string | null {
  if (value === null) return null
  try {
    key.parse(value)
    return value
  } catch {
    return null
  }
}

/** `5s` for a key that ends in `.ms`, `16MiB` for one that ends in `.bytes`. */
function withUnit(name: string, text: string): string | null {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(text)
  if (!match?.[1] || !match[2]) return null
  const unit = match[2].toLowerCase()
  const factor = /\.ms(\.|$)/.test(name)
    ? MS[unit]
    : /(bytes|size)/.test(name)
      ? BYTES[unit]
      : undefined
  return factor === undefined ? null : String(Math.round(Number(match[1]) * factor))
}

function plainNumber(text: string): string | null {
  const bare = text.replaceAll(/[,_' ]/g, '')
  return bare !== text && bare !== '' && Number.isFinite(Number(bare)) ? bare : null
}
