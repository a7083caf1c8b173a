import type { RawConfig } from '../api/config.ts'
import { ConnectError } from '../api/errors.ts'
import { type Listener, parseListener, parseListeners } from '../config/listener.ts'
import { type HeaderRule, parseHeaderRules } from '../config/response-headers.ts'
import { type RestAccess, readRestAccess } from '../config/rest-access.ts'
import type { WorkerConfig } from '../config/worker-keys.ts'
import { type CorsSettings, readCors } from './cors.ts'
import { readServerTls, type ServerTls } from './server-tls.ts'

/** Which part of the API a listener serves. */
export type ListenerPart = 'all' | 'without-admin' | 'only-admin'

export interface ListenerSettings extends Listener {
  readonly part: ListenerPart
  /** Null for http. */
  readonly tls: ServerTls | null
}

/** What callers may take up. Times are in milliseconds. */
export interface RestLimits {
  readonly bodyBytes: number
  readonly headerBytes: number
  readonly connections: number
  /** To send a whole request, and its headers. */
  readonly readMs: number
  readonly headersMs: number
  /** How long a connection may be idle between requests. */
  readonly keepAliveMs: number
  /** For the worker to answer. */
  readonly answerMs: number
  /** How often slow callers are looked for. */
  readonly checkMs: number
}

/** Everything that the worker file says about the server of the REST API. */
export interface RestSettings {
  readonly listeners: readonly ListenerSettings[]
  readonly advertised: {
    readonly host: string | null
    readonly port: number | null
    readonly protocol: 'http' | 'https'
  }
  readonly access: RestAccess
  readonly openPaths: readonly string[]
  readonly cors: CorsSettings | null
  readonly headers: readonly HeaderRule[]
  readonly limits: RestLimits
}

const HEADER_BYTES = 16 * 1024
const HEADERS_MS = 10_000
/** Longer than the usual minute of a load balancer would be, so that it closes first. */
const KEEP_ALIVE_MS = 65_000
const CHECK_MS = 5000

/**
 * Reads the keys of the REST API, and the certificates that they name.
 *
 * @param raw the worker's keys with references resolved
 * @throws {ConnectError} INVALID_CONFIG for keys that do not fit together, and all that reading
 * certificates throws
 */
export async function readRestSettings(
  config: WorkerConfig,
  raw: RawConfig
): Promise<RestSettings> {
  const { access, problems } = readRestAccess(raw)
  const [problem] = problems
  if (problem !== undefined) throw invalid(problem.message, problem.suggestion)
  const readMs = config['rest.request.read.timeout.ms']
  return {
    listeners: await readListeners(config, raw),
    advertised: readAdvertised(config),
    access,
    openPaths: config['rest.auth.open.paths'],
    cors: readCors(config['access.control.allow.origin'], config['access.control.allow.methods']),
    headers: parseHeaderRules(config['response.http.headers.config']),
    limits: {
      bodyBytes: config['rest.request.max.bytes'],
      headerBytes: HEADER_BYTES,
      connections: config['rest.connections.max'],
      readMs,
      headersMs: Math.min(HEADERS_MS, readMs),
      keepAliveMs: KEEP_ALIVE_MS,
      answerMs: config['rest.request.timeout.ms'],
      checkMs: Math.min(CHECK_MS, readMs)
    }
  }
}

async function readListeners(config: WorkerConfig, raw: RawConfig): Promise<ListenerSettings[]> {
  const admin = config['admin.listeners']
  const tlsUnder = new Map<string, Promise<ServerTls>>()
  const complete = async (listener: Listener, part: ListenerPart, prefix: string) => {
    if (listener.protocol === 'http') return { ...listener, part, tls: null }
    const tls = tlsUnder.get(prefix) ?? readServerTls(raw, prefix)
    tlsUnder.set(prefix, tls)
    return { ...listener, part, tls: await tls }
  }
  const part = admin === null ? 'all' : 'without-admin'
  return Promise.all([
    ...config.listeners.map((text) => complete(parseListener(text), part, 'listeners.https.')),
    ...parseListeners(admin ?? '').map((listener) =>
      complete(listener, 'only-admin', 'admin.listeners.https.')
    )
  ])
}

function readAdvertised(config: WorkerConfig): RestSettings['advertised'] {
  const wanted = config['rest.advertised.listener']
  const protocols = config.listeners.map((text) => parseListener(text).protocol)
  if (wanted === 'https' && protocols.length > 0 && !protocols.includes('https')) {
    throw invalid(
      'rest.advertised.listener is https, but no listener is',
      'add one to listeners, as https://:8443, or remove rest.advertised.listener'
    )
  }
  const [first = wanted] = protocols
  return {
    host: config['rest.advertised.host.name'],
    port: config['rest.advertised.port'],
    protocol: protocols.includes(wanted) ? wanted : first
  }
}

function invalid(message: string, hint: string | null): ConnectError {
  return new ConnectError('INVALID_CONFIG', message, hint === null ? {} : { hint })
}
