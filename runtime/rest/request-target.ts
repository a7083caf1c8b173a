/** What a request asks for. */
export interface RequestTarget {
  /** As sent, still percent-encoded, without the query. */
  readonly path: string
  readonly query: URLSearchParams
}

const HOST = /^(?:\[[0-9a-f:.%]+\]|[\w.~-]+)(?::\d{1,5})?$/i

/** @param url of a request line: a path, or what callers send to a proxy. @returns null for neither */
export function targetOf(url: string): RequestTarget | null {
  const local = url.replace(/^https?:\/\/[^/?#]*/i, '')
  const text = local === '' && url !== '' ? '/' : local
  if (!text.startsWith('/')) return null
  const [whole = ''] = text.split('#')
  const mark = whole.indexOf('?')
  const path = mark < 0 ? whole : whole.slice(0, mark)
  return { path, query: new URLSearchParams(mark < 0 ? '' : whole.slice(mark + 1)) }
}

/** The path without slashes at its end. An expression would take the square of a long path's length. */
export function withoutTrailingSlashes(path: string): string {
  let end = path.length
  while (end > 1 && path[end - 1] === '/') end--
  return path.slice(0, end)
}

/** Where the caller reached this worker, or null when its Host header is none. */
export function baseOf(protocol: 'http' | 'https', host: string | undefined): string | null {
  return host !== undefined && HOST.test(host) ? `${protocol}://${host}` : null
}
