import type { RestRequest } from '../../../runtime/rest/http.ts'

/** A request as the server hands it over. */
export function restRequest(
  method: string,
  target: string,
  given: { readonly headers?: RestRequest['headers']; readonly body?: string } = {}
): RestRequest {
  const [path = '', query = ''] = target.split(/\?(.*)/)
  return {
    method,
    path,
    query: new URLSearchParams(query),
    headers: given.headers ?? {},
    body: Buffer.from(given.body ?? ''),
    principal: null,
    base: 'http://asked:8083',
    signal: new AbortController().signal
  }
}
