import { printExactJson } from '../stores/exact-json.ts'
import type { RestRequest, RestResponse } from './http.ts'
import { connectorPath } from './request-path.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

export function json(status: number, body: unknown): RestResponse {
  return { status, headers: JSON_TYPE, body: printExactJson(body) }
}

export function plainText(status: number, body: string, type = 'text/plain'): RestResponse {
  return { status, headers: { 'content-type': type }, body }
}

/** 202 and 204 of Kafka Connect have neither a body nor a content type. */
export function empty(status: 200 | 202 | 204): RestResponse {
  return { status, headers: {}, body: null }
}

/** 201, saying where the connector can be found at the worker that was asked. */
export function created(request: RestRequest, name: string, body: unknown): RestResponse {
  const answer = json(201, body)
  return {
    ...answer,
    headers: { ...answer.headers, location: `${request.base}${connectorPath(name)}` }
  }
}

/** An answer that refuses a request, in the shape of Kafka Connect's errors (`ErrorMessage`). */
export function failure(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {}
): RestResponse {
  const answer = json(status, { error_code: status, message })
  return { ...answer, headers: { ...answer.headers, ...headers } }
}

const REASONS: Readonly<Record<number, string>> = {
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  415: 'Unsupported Media Type'
}

/** A request that reaches no route. Kafka Connect sends these without a content type. */
export function unrouted(status: 404 | 405 | 406 | 415): RestResponse {
  return { ...routedFailure(status), headers: {} }
}

/** As {@link unrouted}, for a request that a route turns down by itself. */
export function routedFailure(status: 404 | 415): RestResponse
export function routedFailure(status: 404 | 405 | 406 | 415): RestResponse
export function routedFailure(status: number): RestResponse {
  return failure(status, `HTTP ${status} ${REASONS[status]}`)
}
