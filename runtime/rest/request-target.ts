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

/** Where the caller reached this worker, or null when its Host header is none. */
export function baseOf(protocol: 'http' | 'https', host: string | undefined): string | null {
  return host !== undefined && HOST.test(host) ? `${protocol}://${host}` : null
}
