import { request as httpRequest } from 'node:http'
import type { CapturedRequest, CapturedResponse } from './exchange.ts'

const KEPT_HEADERS = ['content-type', 'location', 'allow']

/** Sends a request as `capture.py` does: the path as it is, JSON unless a header says otherwise. */
export async function send(base: string, request: CapturedRequest): Promise<CapturedResponse> {
  const { method, path, body } = request
  const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  const headers: Record<string, string> = {}
  if (payload !== undefined) {
    headers['content-type'] = 'application/json'
    headers['content-length'] = String(Buffer.byteLength(payload))
  }
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    if (value === null) delete headers[name.toLowerCase()]
    else headers[name.toLowerCase()] = value
  }
  const { promise, resolve, reject } = Promise.withResolvers<CapturedResponse>()
  const outgoing = httpRequest(base, { method, path, headers, timeout: 120_000 }, (incoming) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('error', reject)
    incoming.on('end', () => {
      const kept = KEPT_HEADERS.flatMap((name) => {
        const value = incoming.headers[name]
        return typeof value === 'string' ? [[name, value]] : []
      })
      resolve({
        status: incoming.statusCode ?? 0,
        headers: Object.fromEntries(kept),
        body: parsed(Buffer.concat(chunks).toString())
      })
    })
  })
  outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer to ${method} ${path}`)))
  outgoing.on('error', reject)
  outgoing.end(payload)
  return promise
}

function parsed(text: string): unknown {
  if (text === '') return null
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
