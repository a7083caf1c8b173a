import { RequestError } from '../herder/request-error.ts'

/**
 * The segments of a path, decoded. Matrix parameters (`;v=1`) are dropped, a trailing slash does not
 * count, and `%2F`, `%25`, `%5C`, `%2E` stand for themselves, so that every name that a connector can
 * have can be asked for; Jetty refuses those.
 *
 * @param path as sent, beginning with a slash
 * @throws {RequestError} 400 for empty segments, control characters and what is no percent-encoded UTF-8
 */
export function pathSegments(path: string): string[] {
  if (!path.startsWith('/')) throw badPath('does not begin with a slash')
  const segments = path.slice(1).split('/')
  if (segments.at(-1) === '') segments.pop()
  return segments.map((segment) => {
    if (segment === '') throw badPath('has an empty segment: two slashes after each other')
    return decoded(segment.replace(/;.*$/, ''))
  })
}

function decoded(segment: string): string {
  const text = decodedOrNull(segment)
  if (text === null) throw badPath('is not percent-encoded UTF-8')
  if (/\p{Cc}/u.test(text)) throw badPath('has a control character')
  return text
}

function decodedOrNull(segment: string): string | null {
  try {
    return decodeURIComponent(segment)
  } catch {
    return null
  }
}

function badPath(problem: string): RequestError {
  return new RequestError(400, `The path ${problem}`)
}

/**
 * Where a connector can be found, for the `Location` header. What Jersey leaves as it is stays so:
 * letters and digits of ASCII, and `-._~!$&'()*+,;=:@`.
 */
export function connectorPath(name: string): string {
  return `/connectors/${name.replaceAll(/[^A-Za-z0-9\-._~!$&'()*+,;=:@]+/g, (part) =>
    encodeURIComponent(part.toWellFormed())
  )}`
}
