import { once } from 'node:events'
import type { Server } from 'node:http'
import { hostname } from 'node:os'
import { ConnectError } from '../api/errors.ts'
import type { Logger } from '../api/task.ts'
import { isWildcard, type Listener, listenerUrl } from '../config/listener.ts'
import { failure } from './answers.ts'
import { Authenticator } from './authenticator.ts'
import type { RestHandler, RestRequest, RestResponse } from './http.ts'
import { createListenerServer } from './listener-server.ts'
import { withoutTrailingSlashes } from './request-target.ts'
import type { ListenerSettings, RestSettings } from './rest-settings.ts'

export interface RestServerOptions {
  readonly settings: RestSettings
  readonly logger: Logger
  /** What the worker is doing before it has a handler, as in "reading the config topic". */
  readonly stage?: () => string
}

/** Where other workers and callers reach this one. */
export interface Advertised {
  /** Without brackets, when it is an IPv6 address. */
  readonly host: string
  readonly port: number
  /** Without a slash at its end. */
  readonly url: string
}

/** The listeners of the REST API. */
export interface RestServer {
  /** With the ports that were taken where any was free to choose. */
  readonly addresses: readonly Listener[]
  readonly advertised: Advertised
  /** From now on requests go there. Before, `/health` and `/readyz` say that the worker starts. */
  setHandler(handler: RestHandler): void
  /** Takes no more requests, lets those under way end, and after `limitMs` cuts them. */
  close(limitMs?: number): Promise<void>
}

const CLOSE_LIMIT_MS = 5000
/** Kafka Connect's port, for a worker that listens nowhere. */
const DEFAULT_PORT = 8083

/**
 * Listens at every address of the settings. All or none: when one cannot be had, the others are let
 * go.
 *
 * @throws {ConnectError} LISTENER_FAILED with the key to change
 */
export async function startRestServer(options: RestServerOptions): Promise<RestServer> {
  const server = new ListeningServer(options)
  await server.listen()
  return server
}

class ListeningServer implements RestServer {
  readonly #options: RestServerOptions
  readonly #servers: { readonly server: Server; readonly listener: ListenerSettings }[] = []
  readonly #addresses: (Listener & { readonly admin: boolean })[] = []
  #handler: RestHandler
  #closing = false

  constructor(options: RestServerOptions) {
    this.#options = options
    const { stage = () => '' } = options
    this.#handler = async (request) => answerAtStart(request, stage())
    const { settings, logger } = options
    const now = () => performance.now()
    const context = {
      settings,
      authenticator: new Authenticator({ access: settings.access, now, logger }),
      logger,
      advertisedUrl: () => this.advertised.url,
      handler: () => this.#handler,
      closing: () => this.#closing,
      now,
      date: Date.now
    }
    for (const listener of settings.listeners) {
      const server = createListenerServer(listener, settings.limits, context)
      server.on('drop', () => logger.debug('A connection was one too many.', { ...listener }))
      this.#servers.push({ server, listener })
    }
  }

  get addresses(): readonly Listener[] {
    return this.#addresses.map(({ protocol, host, port }) => ({ protocol, host, port }))
  }

  get advertised(): Advertised {
    const { advertised } = this.#options.settings
    const own = this.#addresses.filter(({ admin }) => !admin)
    const listener = own.find(({ protocol }) => protocol === advertised.protocol) ?? own[0]
    const heard = listener === undefined || isWildcard(listener.host) ? hostname() : listener.host
    const host = advertised.host ?? heard
    const port = advertised.port ?? listener?.port ?? DEFAULT_PORT
    const protocol = listener?.protocol ?? advertised.protocol
    return { host, port, url: listenerUrl({ protocol, host, port }) }
  }

  async listen(): Promise<void> {
    try {
      for (const { server, listener } of this.#servers) {
        this.#addresses.push(await listenAt(server, listener))
      }
    } catch (error) {
      await this.close(0)
      throw error
    }
    this.#warnOfClearPasswords()
  }

  setHandler(handler: RestHandler): void {
    this.#handler = handler
  }

  async close(limitMs = CLOSE_LIMIT_MS): Promise<void> {
    this.#closing = true
    const closed = this.#servers
      .filter(({ server }) => server.listening)
      .map(({ server }) => once(server, 'close'))
    for (const { server } of this.#servers) server.close()
    const timer = setTimeout(() => {
      for (const { server } of this.#servers) server.closeAllConnections()
    }, limitMs)
    await Promise.all(closed)
    clearTimeout(timer)
  }

  #warnOfClearPasswords(): void {
    const { settings, logger } = this.#options
    if (!settings.access.required) return
    const clear = this.#addresses.filter(
      ({ protocol, host }) => protocol === 'http' && !/^(localhost|127\..*|::1)$/.test(host)
    )
    if (clear.length === 0) return
    logger.warn('Passwords and tokens cross the network in clear text: use https listeners.', {
      listeners: clear.map(listenerUrl).join(', ')
    })
  }
}

async function listenAt(server: Server, listener: ListenerSettings) {
  const { protocol, host, port, part } = listener
  try {
    server.listen({ port, ...(host !== '' && { host }) })
    await once(server, 'listening')
  } catch (cause) {
    throw listenerFailed(listener, cause)
  }
  const address = server.address()
  const taken = typeof address === 'object' && address !== null ? address.port : port
  return { protocol, host, port: taken, admin: part === 'only-admin' }
}

function listenerFailed(listener: ListenerSettings, cause: unknown): ConnectError {
  const key = listener.part === 'only-admin' ? 'admin.listeners' : 'listeners'
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const hints: Readonly<Record<string, string>> = {
    EADDRINUSE: `another process has the port: end it, or write another port into ${key}`,
    EACCES: `ports under 1024 need privileges: write a higher one into ${key}`,
    EADDRNOTAVAIL: `no network interface has this address: correct the host in ${key}`,
    ENOTFOUND: `there is no such host: correct it in ${key}`,
    EAFNOSUPPORT: `this machine has no IPv6: correct the host in ${key}`
  }
  return new ConnectError('LISTENER_FAILED', `Cannot listen at ${listenerUrl(listener)}`, {
    cause,
    hint: hints[code] ?? `correct ${key}`
  })
}

/** Kafka Connect's texts of `/health` while a worker starts. */
function answerAtStart({ path }: RestRequest, stage: string): RestResponse {
  const message = `Worker is still starting up.${stage === '' ? '' : ` ${stage}`}`
  const again = { 'Retry-After': '1' }
  const plain = withoutTrailingSlashes(path)
  if (plain !== '/health' && plain !== '/livez' && plain !== '/readyz') {
    return failure(503, message, again)
  }
  return {
    // The process lives, though it is not of use yet.
    status: plain === '/livez' ? 200 : 503,
    headers: { 'Content-Type': 'application/json', ...(plain === '/livez' ? {} : again) },
    body: JSON.stringify({ status: 'starting', message })
  }
}
