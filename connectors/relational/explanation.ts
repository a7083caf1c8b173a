import { ConnectError, RetriableError } from '../../runtime/api/errors.ts'

/** What an error of a server or of its client library means, and what to do about it. */
export interface Explanation {
  readonly code: string
  readonly message: string
  readonly hint?: string
  readonly retriable?: boolean
}

/** Codes of errors of sockets: the server cannot be reached. */
export const SOCKET_ERRORS: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN'
])

/** The `code` of an error of Node or of a client library; empty when there is none. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}

/** An explanation as an error to throw. */
export function failure(known: Explanation, cause?: unknown): ConnectError {
  const options = {
    ...(cause === undefined ? {} : { cause }),
    ...(known.hint ? { hint: known.hint } : {})
  }
  return known.retriable
    ? new RetriableError(known.code, known.message, options)
    : new ConnectError(known.code, known.message, options)
}

/**
 * An error of a connection that source and sink have in common, with the keys that a sink has.
 *
 * @param keys the source's keys in message and hint, and what a sink calls them
 */
export function withSinkKeys(
  error: ConnectError,
  keys: readonly (readonly [source: RegExp, sink: string])[]
): ConnectError {
  const own = (text: string) =>
    keys.reduce((result, [key, name]) => result.replace(key, name), text)
  const { code, message, hint, retriable, cause } = error
  return failure(
    { code, message: own(message), retriable, ...(hint === undefined ? {} : { hint: own(hint) }) },
    cause
  )
}
