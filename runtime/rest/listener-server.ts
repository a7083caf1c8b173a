import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { answerBroken, endWith } from './broken-requests.ts'
import { Exchange, type ExchangeContext } from './exchange.ts'
import type { ListenerSettings, RestLimits } from './rest-settings.ts'

/** Requests of one connection that wait for the answers before theirs. */
const MAX_WAITING = 100

/** Makes the server of one listener; it does not listen yet. */
export function createListenerServer(
  listener: ListenerSettings,
  limits: RestLimits,
  context: ExchangeContext
): Server {
  const options: ServerOptions = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.readMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: limits.checkMs,
    // A missing Host gets an answer with a body, as every other error.
    requireHostHeader: false,
    noDelay: true
  }
  const server =
    listener.tls === null
      ? createHttpServer(options)
      : createHttpsServer({
          ...options,
          ...listener.tls.context,
          ...askFor(listener.tls.clientAuth)
        })
  server.maxConnections = limits.connections
  // A connection on which nothing moves, as when the caller does not read, ends some time.
  server.timeout = limits.answerMs + limits.readMs
  if (listener.tls?.clientAuth === 'requested') refuseUntrusted(server)
  serve(server, listener, context)
  return server
}

function serve(server: Server, { part }: ListenerSettings, context: ExchangeContext): void {
  const connections = new WeakMap<Duplex, Connection>()
  const connectionOf = (socket: Duplex): Connection => {
    const known = connections.get(socket) ?? new Connection()
    connections.set(socket, known)
    return known
  }
  const take = (asksFirst: boolean) => (request: IncomingMessage, response: ServerResponse) => {
    // Both emit errors of a broken connection, which is nobody's fault here.
    request.on('error', () => {})
    response.on('error', () => {})
    const exchange = new Exchange(context, { request, response, part, asksFirst })
    connectionOf(request.socket).add(request, response, () => exchange.run())
  }
  server.on('request', take(false))
  server.on('checkContinue', take(true))
  server.on('checkExpectation', (request: IncomingMessage) =>
    endWith(request.socket, 417, 'Only the expectation 100-continue is known')
  )
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => {})
    endWith(socket, 405, 'HTTP 405 Method Not Allowed')
  })
  server.on('clientError', (error: Error, socket: Duplex) =>
    connectionOf(socket).broken(error, socket)
  )
}

/** The requests of one connection, one after the other even when they are sent together. */
class Connection {
  readonly #waiting: (() => Promise<void>)[] = []
  #current: { readonly request: IncomingMessage; readonly response: ServerResponse } | null = null
  #running = false

  add(request: IncomingMessage, response: ServerResponse, run: () => Promise<void>): void {
    if (this.#waiting.length >= MAX_WAITING) {
      request.socket.destroy()
      return
    }
    this.#enqueue(async () => {
      if (request.socket.destroyed) return
      this.#current = { request, response }
      await run()
      this.#current = null
    })
  }

  /** What came is no request, or the rest of one that is none. */
  broken(error: Error, socket: Duplex): void {
    const current = this.#current
    if (current?.request.complete) {
      // It came after a whole request, whose answer is still to be sent.
      this.#enqueue(async () => answerBroken(error, socket, false))
    } else {
      answerBroken(error, socket, current?.response.headersSent ?? false)
    }
  }

  #enqueue(run: () => Promise<void>): void {
    this.#waiting.push(run)
    if (!this.#running) void this.#work()
  }

  async #work(): Promise<void> {
    this.#running = true
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      await next()
    }
    this.#running = false
  }
}

function askFor(clientAuth: 'none' | 'requested' | 'required') {
  return { requestCert: clientAuth !== 'none', rejectUnauthorized: clientAuth === 'required' }
}

/** With `requested`, no certificate is fine, but one that is not trusted is refused. */
function refuseUntrusted(server: Server): void {
  server.on('secureConnection', (socket: TLSSocket) => {
    const shown = socket.getPeerX509Certificate() !== undefined
    if (shown && !socket.authorized) socket.destroy()
  })
}
