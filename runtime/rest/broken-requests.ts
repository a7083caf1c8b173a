import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

/** What Node says of bytes that are no request; `code` is llhttp's or its own. */
interface ParseError extends Error {
  readonly code?: string
  readonly rawPacket?: Buffer
  /** How much of the packet was understood. */
  readonly bytesParsed?: number
}

const KNOWN: Readonly<Record<string, readonly [status: number, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'The headers are larger than 16 KiB'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'The extensions of a chunk are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time']
}

/** A request line whose method Node does not know, which is no reason to call it malformed. */
const OTHER_METHOD = /^[A-Z][A-Z-]{0,30} \S+ HTTP\/1\.[01]\r\n/

/** Answers bytes that are no request, and ends the connection. */
export function answerBroken(error: ParseError, socket: Duplex, answering: boolean): void {
  // In the midst of another answer anything more would be taken for a part of it.
  const { code = '' } = error
  if (!socket.writable || answering || code === 'ECONNRESET' || code === 'EPIPE') {
    socket.destroy()
    return
  }
  if (code === 'HPE_INVALID_METHOD' && OTHER_METHOD.test(lastRequest(error))) {
    endWith(socket, 405, 'HTTP 405 Method Not Allowed')
    return
  }
  const [status, message] = KNOWN[code] ?? [400, 'The request is not HTTP/1.1']
  endWith(socket, status, message)
}

/** The text of the request that was not understood, without those before it in the same packet. */
function lastRequest({ rawPacket, bytesParsed = 0 }: ParseError): string {
  if (rawPacket === undefined) return ''
  const before = rawPacket.subarray(0, bytesParsed).lastIndexOf('\r\n\r\n')
  return rawPacket.subarray(before < 0 ? 0 : before + 4).toString('latin1')
}

/** Writes an answer without Node's help, and ends the connection. */
export function endWith(socket: Duplex, status: number, message: string): void {
  const body = JSON.stringify({ error_code: status, message })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    // Kafka Connect has none where a method is not allowed.
    ...(status === 405 ? [] : ['Content-Type: application/json']),
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close'
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
  // What else the caller sends is thrown away until it goes, within a moment.
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), 1000)
  socket.once('close', () => clearTimeout(timer))
}
