import type { IncomingMessage } from 'node:http'
import { failure } from './answers.ts'
import type { RestResponse } from './http.ts'

/** What a refused request may still send before its connection is cut: most callers read after that. */
const DRAIN_BYTES = 16 * 1024 * 1024
const DRAIN_MS = 5000

/** The body, or the answer that refuses it; null when the caller went away before its end. */
export type ReadBody = { body: Buffer } | { refusal: RestResponse } | null

/** The answer to a body that cannot be taken, by its headers alone; null for one that can. */
export function refuseByHeaders(request: IncomingMessage, maxBytes: number): RestResponse | null {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') {
    return failure(415, 'The body is compressed: send it without Content-Encoding')
  }
  const length = Number(request.headers['content-length'] ?? 0)
  return length > maxBytes ? tooLarge(maxBytes) : null
}

/** Reads the whole body, up to a limit. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<ReadBody> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > maxBytes) return { refusal: tooLarge(maxBytes) }
    }
  } catch {
    // The connection broke, or what came was no HTTP: whoever heard of that has answered.
    return null
  }
  return { body: Buffer.concat(chunks) }
}

/** Whether there is a body that nobody has read yet. */
export function hasUnreadBody(request: IncomingMessage): boolean {
  const { headers } = request
  if (request.complete && request.readableEnded) return false
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** Takes in what the caller still sends, so that it gets to read the answer; within limits. */
export async function drain(request: IncomingMessage): Promise<void> {
  let bytes = 0
  const timer = setTimeout(() => request.destroy(), DRAIN_MS)
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      bytes += chunk.length
      if (bytes > DRAIN_BYTES) break
    }
  } catch {
    // It went away, which is an end as well.
  } finally {
    clearTimeout(timer)
  }
}

function tooLarge(maxBytes: number): RestResponse {
  return failure(
    413,
    `The body is larger than ${maxBytes} bytes (rest.request.max.bytes of the worker)`
  )
}
