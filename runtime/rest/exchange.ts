import type { IncomingMessage, ServerResponse } from 'node:http'
import { describeError } from '../api/errors.ts'
import type { Logger } from '../api/task.ts'
import { answerHeaders } from './answer-headers.ts'
import { failure } from './answers.ts'
import type { Authenticator, Login } from './authenticator.ts'
import { corsHeaders, isForeignChange, isPreflight, preflightHeaders } from './cors.ts'
import type { Principal, RestHandler, RestRequest, RestResponse } from './http.ts'
import { drain, hasUnreadBody, readBody, refuseByHeaders } from './request-body.ts'
import { baseOf, type RequestTarget, targetOf, withoutTrailingSlashes } from './request-target.ts'
import type { ListenerPart, RestSettings } from './rest-settings.ts'
import { isAdminPath, needOf } from './route-role.ts'

/** What the server is and has, for each exchange. */
export interface ExchangeContext {
  readonly settings: RestSettings
  readonly authenticator: Authenticator
  readonly logger: Logger
  /** The URL to give when the caller does not say how it reached this worker. */
  readonly advertisedUrl: () => string
  readonly handler: () => RestHandler
  /** Whether connections are to end with their next answer. */
  readonly closing: () => boolean
  /** Milliseconds, of a clock that never goes back. */
  readonly now: () => number
  /** Milliseconds since 1970. */
  readonly date: () => number
}

const LEVELS = { read: 0, operate: 1, admin: 2 } as const

/** One request and its answer. It never throws. */
export class Exchange {
  readonly #context: ExchangeContext
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #part: ListenerPart
  /** The caller waits for leave before it sends the body, and has not got it. */
  #asksFirst: boolean

  constructor(
    context: ExchangeContext,
    parts: {
      request: IncomingMessage
      response: ServerResponse
      part: ListenerPart
      asksFirst: boolean
    }
  ) {
    this.#context = context
    this.#request = parts.request
    this.#response = parts.response
    this.#part = parts.part
    this.#asksFirst = parts.asksFirst
  }

  async run(): Promise<void> {
    const { logger, now } = this.#context
    const began = now()
    try {
      const answer = await this.#answer()
      if (answer === null) return
      await this.#send(answer)
      logger.debug('A request was answered.', {
        method: this.#request.method,
        path: this.#request.url?.split('?')[0],
        status: answer.status,
        ms: Math.round(now() - began)
      })
    } catch (error) {
      logger.error('A request could not be answered.', {
        method: this.#request.method,
        path: this.#request.url?.split('?')[0],
        error: describeError(error)
      })
      this.#request.destroy()
    }
  }

  /** @returns null when the caller has gone */
  async #answer(): Promise<RestResponse | null> {
    const { settings } = this.#context
    const { method = '', headers, httpVersion } = this.#request
    if (headers.host === undefined && httpVersion === '1.1') {
      return failure(400, 'The request has no Host header')
    }
    const target = targetOf(this.#request.url ?? '')
    if (target === null) return failure(400, 'The request has no path')
    if (settings.cors !== null && isPreflight(method, headers)) {
      return { status: 204, headers: preflightHeaders(settings.cors, headers), body: null }
    }
    if (isForeignChange(settings.cors, method, headers)) {
      return failure(403, 'Pages of other sites may not change anything on this worker')
    }
    if (!this.#serves(target.path)) return failure(404, 'HTTP 404 Not Found')
    const login = await this.#logIn(method, target.path)
    if ('refusal' in login) return login.refusal
    return this.#handle(target, login.principal)
  }

  #serves(path: string): boolean {
    if (this.#part === 'all') return true
    return isAdminPath(path) === (this.#part === 'only-admin')
  }

  /** Null principals are those of requests that need no login. */
  async #logIn(method: string, path: string): Promise<Login | { readonly principal: null }> {
    const { authenticator, settings } = this.#context
    const need = needOf(method, path)
    const open = settings.openPaths.includes(withoutTrailingSlashes(path))
    if (!authenticator.required || need === 'signature' || (open && need === 'read')) {
      return { principal: null }
    }
    const { socket, headers } = this.#request
    const login = await authenticator.authenticate(
      headers.authorization,
      socket.remoteAddress ?? ''
    )
    if ('refusal' in login) return login
    const { name, role } = login.principal
    if (LEVELS[role] >= LEVELS[need]) return login
    return { refusal: failure(403, `${name} has the role ${role}; this needs ${need}`) }
  }

  async #handle(target: RequestTarget, principal: Principal | null): Promise<RestResponse | null> {
    const { settings, advertisedUrl } = this.#context
    const { method = '', headers, socket } = this.#request
    const refused = refuseByHeaders(this.#request, settings.limits.bodyBytes)
    if (refused !== null) return refused
    if (this.#asksFirst) this.#response.writeContinue()
    this.#asksFirst = false
    const read = await readBody(this.#request, settings.limits.bodyBytes)
    if (read === null) return null
    if ('refusal' in read) return read.refusal
    const protocol = 'encrypted' in socket ? 'https' : 'http'
    return this.#ask({
      method,
      ...target,
      headers,
      body: read.body,
      principal,
      base: baseOf(protocol, headers.host) ?? advertisedUrl()
    })
  }

  async #ask(request: Omit<RestRequest, 'signal'>): Promise<RestResponse | null> {
    const { handler, settings, logger } = this.#context
    const abort = new AbortController()
    const ended = Promise.withResolvers<RestResponse | null>()
    const end = (answer: RestResponse | null) => {
      ended.resolve(answer)
      abort.abort()
    }
    const gone = () => end(null)
    this.#response.once('close', gone)
    const timer = setTimeout(
      () => end(failure(500, 'Request timed out. The worker may still carry it out.')),
      settings.limits.answerMs
    )
    try {
      const answer = handler()({ ...request, signal: abort.signal }).catch((error: unknown) => {
        logger.error('A request failed in an unexpected way.', {
          method: request.method,
          path: request.path,
          error: describeError(error)
        })
        return failure(500, 'Unexpected error: the log of the worker has more about it')
      })
      return await Promise.race([answer, ended.promise])
    } finally {
      clearTimeout(timer)
      this.#response.off('close', gone)
    }
  }

  async #send(answer: RestResponse): Promise<void> {
    const { settings, closing, date } = this.#context
    const response = this.#response
    if (response.destroyed || response.writableEnded) return
    const unread = hasUnreadBody(this.#request)
    const own = { ...answer.headers, ...corsHeaders(settings.cors, this.#request.headers) }
    const headers = answerHeaders(own, settings.headers, date())
    const body = answer.body === null ? Buffer.alloc(0) : Buffer.from(answer.body)
    const hasLength = answer.status !== 204 && answer.status !== 304
    response.writeHead(answer.status, {
      ...headers,
      ...(hasLength && { 'Content-Length': body.length }),
      ...((unread || closing()) && { Connection: 'close' })
    })
    if (hasLength && body.length > 0) response.write(body)
    // Whoever still sends would take an early end for a broken connection and not read the answer.
    if (unread && !this.#asksFirst) await drain(this.#request)
    response.end()
  }
}
