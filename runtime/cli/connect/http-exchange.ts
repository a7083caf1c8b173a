import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { ConnectError, RetriableError } from '../../api/errors.ts'
import type { Connection } from './connection.ts'

/** More than the configurations of ten thousand connectors. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024

/** A request to a worker. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With its query, percent-encoded, from the base URL on. */
  readonly path: string
  /** JSON */
  readonly body?: string
}

/** What came back, whatever its status. */
export interface Answer {
  readonly status: number
  readonly text: string
}

/** Nobody answered. */
export class UnreachableError extends RetriableError {
  /** Whether the request may have been carried out all the same. */
  readonly mayBeDone: boolean

  constructor(message: string, options: { hint: string; cause?: unknown; mayBeDone: boolean }) {
    super('WORKER_UNREACHABLE', message, options)
    this.mayBeDone = options.mayBeDone
  }
}

/** Sends one request, over TLS where the URL says so. Node's fetch cannot be given certificates. */
export type Exchange = (call: Call) => Promise<Answer>

/**
 * @throws {ConnectError} from the exchange: WORKER_UNREACHABLE, WORKER_TLS, NOT_A_WORKER
 */
export function openExchange(connection: Connection): Exchange {
  const { base, ca, insecure, authorization, timeoutMs } = connection
  const secure = base.protocol === 'https:'
  const agent = secure
    ? new Agent({ keepAlive: true, rejectUnauthorized: !insecure, ...(ca ? { ca } : {}) })
    : undefined
  const send = secure ? httpsRequest : httpRequest
  return async ({ method, path, body }) => {
    const signal = AbortSignal.timeout(timeoutMs)
    const options: RequestOptions = {
      method,
      // Not through URL: it would take a connector named `..` for a folder.
      protocol: base.protocol,
      hostname: base.hostname.replace(/^\[|\]$/g, ''),
      port: base.port === '' ? (secure ? 443 : 80) : base.port,
      path: `${base.pathname.replace(/\/$/, '')}${path}`,
      ...(agent ? { agent } : {}),
      signal,
      headers: {
        accept: 'application/json',
        ...(authorization === null ? {} : { authorization }),
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
      }
    }
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        send(options, resolve).once('error', reject).end(body)
      })
      return await read(response, base)
    } catch (error) {
      if (error instanceof ConnectError) throw error
      throw failure(error, connection)
    }
  }
}

async function read(response: IncomingMessage, base: URL): Promise<Answer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response) {
    const part = Buffer.from(chunk)
    bytes += part.length
    if (bytes > MAX_ANSWER_BYTES) {
      response.destroy()
      throw notAWorker(base, `it answered more than ${MAX_ANSWER_BYTES / 1024 / 1024} MiB`)
    }
    chunks.push(part)
  }
  const { statusCode: status = 0, headers } = response
  if (status >= 300 && status < 400) {
    throw notAWorker(base, `it sends elsewhere, to ${headers.location ?? 'nowhere'}`)
  }
  return { status, text: Buffer.concat(chunks).toString('utf8') }
}

/** What answers is not Kafka Connect's REST API. */
export function notAWorker(base: URL, why: string): ConnectError {
  return new ConnectError('NOT_A_WORKER', `${base.origin} is no worker: ${why}`, {
    hint: 'check --url: the REST API of a worker, and the path at which a proxy has it'
  })
}

const NOT_SENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/
const TLS = /^(ERR_(TLS|SSL)_|EPROTO$|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_CA$)/
const TRUST = /^(DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/

function failure(error: unknown, { base, timeoutMs }: Connection): Error {
  const code = codeOf(error)
  const message = error instanceof Error ? error.message : String(error)
  if (TLS.test(code)) {
    const hint = TRUST.test(code)
      ? "name the authority's certificate with --ca, or trust any with --insecure"
      : code === 'EPROTO'
        ? `is it http://${base.host}?`
        : 'use the host name that the certificate is for, and renew one that is too old'
    return new ConnectError('WORKER_TLS', `no secure connection to ${base.host}: ${message}`, {
      hint,
      cause: error
    })
  }
  if (code.startsWith('HPE_')) return notAWorker(base, 'it does not speak HTTP')
  if (code === 'ABORT_ERR' || code === 'ETIMEDOUT') {
    return new UnreachableError(`${base.origin} did not answer within ${timeoutMs / 1000} s`, {
      mayBeDone: code === 'ABORT_ERR',
      hint: 'look whether the change was made before trying again; --timeout takes longer ones',
      cause: error
    })
  }
  const mayBeDone = !NOT_SENT.test(code)
  return new UnreachableError(`${base.origin} does not answer: ${reason(code, message)}`, {
    mayBeDone,
    hint: mayBeDone
      ? 'look whether the change was made before trying again'
      : 'start a worker, or name one with --url or MILLRACE_URL',
    cause: error
  })
}

/** A name with several addresses fails with an error for each. */
function codeOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'ABORT_ERR'
  const one = error instanceof AggregateError ? error.errors[0] : error
  const code = one instanceof Error && 'code' in one ? one.code : ''
  return typeof code === 'string' ? code : ''
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'its name cannot be looked up',
  ECONNRESET: 'the connection was cut'
}

function reason(code: string, message: string): string {
  return REASONS[code] ?? message
}
