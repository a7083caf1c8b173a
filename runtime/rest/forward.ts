import { Agent as HttpAgent, request as httpRequest, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
import { describeError } from '../api/errors.ts'
import type { Logger } from '../api/task.ts'
import { conflict, type ForwardError, RequestError } from '../herder/request-error.ts'
import type { RestRequest, RestResponse } from './http.ts'
import { SIGNATURE_HEADERS } from './request-signature.ts'

export interface ForwarderOptions {
  readonly logger: Logger
  /** How workers reach each other over TLS: certificates to trust and to show. */
  readonly tls?: SecureContextOptions & { readonly rejectUnauthorized?: boolean }
}

/** What travels with a request besides its body. */
const HEADERS = ['authorization', 'content-type', ...SIGNATURE_HEADERS] as const

/** Sends requests to other workers of the group, over connections that are kept open. */
export class Forwarder {
  readonly #logger: Logger
  readonly #http = new HttpAgent({ keepAlive: true })
  readonly #https: HttpsAgent

  constructor({ logger, tls }: ForwarderOptions) {
    this.#logger = logger
    this.#https = new HttpsAgent({ keepAlive: true, ...tls })
  }

  /**
   * Has another worker carry a request out. A worker that nobody asked to forward may forward once
   * more, with `forward=true`; the next one may not, with `forward=false` (`HerderRequestHandler`).
   *
   * @throws {RequestError} 409 when nobody is known to be the one, after two hops, or when that worker
   * cannot be reached: it is about to be replaced
   */
  async forward(request: RestRequest, { url }: ForwardError): Promise<RestResponse> {
    const hop = request.query.get('forward')?.toLowerCase()
    if (hop !== undefined && hop !== 'true') {
      this.#logger.warn('a request did not find its worker within two hops', {
        method: request.method,
        path: request.path
      })
      throw conflict()
    }
    if (url === null) throw noLeader()
    const query = new URLSearchParams(request.query)
    query.set('forward', String(hop === undefined))
    const answer = await this.send(url, `${request.path}?${query}`, {
      method: request.method,
      headers: Object.fromEntries(HEADERS.map((name) => [name, request.headers[name]])),
      body: request.body,
      signal: request.signal
    })
    return answer.headers['location'] === undefined ? answer : relocated(answer, request.base)
  }

  /**
   * @param path with the query, percent-encoded; it is sent as it is, dots and all
   * @throws {RequestError} 409 when the worker cannot be reached, or has only just begun to start
   */
  async send(url: string, path: string, request: WorkerRequest): Promise<RestResponse> {
    const secure = url.startsWith('https:')
    const send = secure ? httpsRequest : httpRequest
    try {
      const agent = secure ? this.#https : this.#http
      const answer = await exchange(send, url, { ...request, agent, path })
      if (answer.status === 503) throw noLeader()
      return answer
    } catch (error) {
      if (error instanceof RequestError) throw error
      this.#logger.warn('another worker could not be reached', {
        url,
        error: describeError(error)
      })
      throw noLeader({ cause: error })
    }
  }

  /** Lets go of the open connections. */
  close(): void {
    this.#http.destroy()
    this.#https.destroy()
  }
}

export interface WorkerRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string | Uint8Array
  readonly signal?: AbortSignal
}

function noLeader(options: { cause?: unknown } = {}): RequestError {
  return new RequestError(
    409,
    'Cannot complete request momentarily due to no known leader URL, likely because a rebalance was underway.',
    options
  )
}

/** The same place at the worker that was asked: the caller may not reach the other one. */
function relocated(answer: RestResponse, base: string): RestResponse {
  const path = answer.headers['location']?.replace(/^\w+:\/\/[^/]*/, '')
  return { ...answer, headers: { ...answer.headers, location: `${base}${path}` } }
}

function exchange(
  send: typeof httpRequest,
  url: string,
  { headers, body, signal, ...rest }: WorkerRequest & Pick<RequestOptions, 'agent' | 'path'>
): Promise<RestResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<RestResponse>()
  const given = Object.entries(headers).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string'
  )
  const outgoing = send(url, {
    ...rest,
    headers: { ...Object.fromEntries(given), 'content-length': Buffer.byteLength(body) },
    ...(signal ? { signal } : {})
  })
  outgoing.on('error', reject)
  outgoing.on('response', (incoming) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('error', reject)
    incoming.on('end', () => {
      const { 'content-type': type, location } = incoming.headers
      const answered = Buffer.concat(chunks)
      resolve({
        status: incoming.statusCode ?? 500,
        headers: { ...(type ? { 'content-type': type } : {}), ...(location ? { location } : {}) },
        body: answered.length === 0 ? null : answered
      })
    })
  })
  outgoing.end(body)
  return promise
}
