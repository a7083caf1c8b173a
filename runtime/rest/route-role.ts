import type { Role } from './http.ts'

/** What a caller needs: a role, or the signature of another worker. */
export type Need = Role | 'signature'

const READING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/** Requests between workers, which Kafka Connect's own authentication leaves out, too (KIP-507). */
const SIGNED = [
  ['POST', /^\/connectors\/[^/]+\/tasks\/?$/],
  ['PUT', /^\/connectors\/[^/]+\/fence\/?$/]
] as const

const OPERATING = [
  ['POST', /^\/connectors\/[^/]+\/restart\/?$/],
  ['POST', /^\/connectors\/[^/]+\/tasks\/[^/]+\/restart\/?$/],
  ['PUT', /^\/connectors\/[^/]+\/(?:pause|resume|stop)\/?$/],
  ['PUT', /^\/connectors\/[^/]+\/topics\/reset\/?$/],
  ['PATCH', /^\/connectors\/[^/]+\/offsets\/?$/],
  ['DELETE', /^\/connectors\/[^/]+\/offsets\/?$/]
] as const

/**
 * What a request needs, by method and path alone, before anything of it is looked at. What no rule
 * knows needs the highest role, so that an odd way to write a path gains nothing. Validation needs it,
 * too: it resolves references to secrets and reaches out to the system that the config names.
 *
 * @param path as sent, still percent-encoded, without the query
 */
export function needOf(method: string, path: string): Need {
  if (READING.has(method)) return 'read'
  const matches = ([verb, pattern]: (typeof SIGNED | typeof OPERATING)[number]) =>
    verb === method && pattern.test(path)
  if (SIGNED.some(matches)) return 'signature'
  return OPERATING.some(matches) ? 'operate' : 'admin'
}

/** Whether the path belongs to `/admin`, however it is written. */
export function isAdminPath(path: string): boolean {
  const [first = ''] = path.replace(/^\/+/, '').split(/[/;]/)
  try {
    return decodeURIComponent(first) === 'admin'
  } catch {
    return false
  }
}
