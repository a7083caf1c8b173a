import { routedFailure } from './answers.ts'
import type { RestRequest, RestResponse } from './http.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** A request that has found its route. */
export interface Call {
  readonly request: RestRequest
  /** The parts of the path in braces, decoded. */
  readonly params: Readonly<Record<string, string>>
}

/** What a route says about itself for `/openapi.json`. */
export interface RouteDoc {
  readonly summary: string
  readonly tag: 'server' | 'connectors' | 'offsets' | 'plugins' | 'loggers' | 'internal'
  /** Query parameters by name. */
  readonly query?: Readonly<Record<string, string>>
  /** Name of the body's schema in `openapi-schemas.ts`. */
  readonly body?: string
  /** Success: status, and the name of the answer's schema, or null when it has no body. */
  readonly answers: Readonly<Record<number, string | null>>
  /** Statuses of failures beside those that every route may have. */
  readonly failures?: readonly number[]
}

export interface Route {
  readonly method: Method
  /** As in `/connectors/{connector}/tasks/{task}/status`. */
  readonly path: string
  /** Media type of the answer: a request whose `Accept` excludes it gets a 406. */
  readonly produces: string
  /** Whether a request with another `Content-Type` than JSON gets a 415, body or not. */
  readonly json: boolean
  readonly doc: RouteDoc
  handle(call: Call): Promise<RestResponse> | RestResponse
}

/** A route of Kafka Connect's API: JSON in, JSON out. */
export function route(method: Method, path: string, doc: RouteDoc, handle: Route['handle']): Route {
  return { method, path, produces: 'application/json', json: true, doc, handle }
}

/** As {@link route}, where the first part of the path in braces is a connector. */
export function connectorRoute(
  method: Method,
  path: string,
  doc: RouteDoc,
  handle: (connector: string, call: Call) => Promise<RestResponse> | RestResponse
): Route {
  return route(method, path, doc, (call) => handle(call.params['connector'] ?? '', call))
}

/** As {@link connectorRoute}, with a task's number; what Java cannot parse as an int is a 404. */
export function taskRoute(
  method: Method,
  path: string,
  doc: RouteDoc,
  handle: (connector: string, task: number, call: Call) => Promise<RestResponse> | RestResponse
): Route {
  return connectorRoute(method, path, doc, (connector, call) => {
    const task = intOf(call.params['task'] ?? '')
    return task === null ? routedFailure(404) : handle(connector, task, call)
  })
}

/** What Java's `Integer.parseInt` makes of a text; null where it throws. */
function intOf(text: string): number | null {
  if (!/^[+-]?\d+$/.test(text)) return null
  const value = Number(text)
  return value >= -(2 ** 31) && value < 2 ** 31 ? value : null
}

/** A query parameter that is a switch: only "true" in any case sets it. */
export function flag(request: RestRequest, name: string): boolean {
  return request.query.get(name)?.toLowerCase() === 'true'
}
