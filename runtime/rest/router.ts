import { empty, plainText, routedFailure, unrouted } from './answers.ts'
import type { RestRequest, RestResponse } from './http.ts'
import { accepts, isOfType } from './media-type.ts'
import { pathSegments } from './request-path.ts'
import type { Route } from './route.ts'

/** All routes of one path. */
interface Resource {
  readonly segments: readonly string[]
  readonly routes: readonly Route[]
}

/**
 * Finds the route of a request, and answers by itself what has none, as Jersey in Kafka Connect does:
 * unknown path 404, method 405, `Content-Type` 415, `Accept` 406, in this order.
 */
export class Router {
  readonly #resources: readonly Resource[]

  constructor(routes: readonly Route[]) {
    const byPath = [...Map.groupBy(routes, ({ path }) => path)]
    this.#resources = byPath.map(([path, members]) => ({
      segments: path.split('/').slice(1).filter(Boolean),
      routes: members
    }))
  }

  /** @throws {RequestError} 400 for a path that cannot be read, and what the route throws */
  async handle(request: RestRequest): Promise<RestResponse> {
    const segments = pathSegments(request.path)
    const resource = this.#find(segments)
    if (resource === undefined) return unrouted(404)
    if (request.method === 'OPTIONS') return options(request, resource)
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const found = resource.routes.find((route) => route.method === method)
    if (found === undefined) return unrouted(405)
    const type = request.headers['content-type']
    if (found.json && type !== undefined && !isOfType(type, 'application/json')) {
      return unrouted(415)
    }
    if (!accepts(request.headers.accept, found.produces)) return unrouted(406)
    if (found.doc.body !== undefined && type === undefined && request.body.length > 0) {
      return routedFailure(415)
    }
    return await found.handle({ request, params: paramsOf(resource, segments) })
  }

  /** A literal segment goes before one in braces. */
  #find(segments: readonly string[]): Resource | undefined {
    const matches = this.#resources.filter((resource) => fits(resource, segments))
    return matches.toSorted((a, b) => openSegments(a) - openSegments(b))[0]
  }
}

function fits({ segments }: Resource, asked: readonly string[]): boolean {
  return (
    segments.length === asked.length &&
    segments.every((segment, index) => isParam(segment) || segment === asked[index])
  )
}

function paramsOf({ segments }: Resource, asked: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    segments.flatMap((segment, index) =>
      isParam(segment) ? [[segment.slice(1, -1), asked[index] ?? '']] : []
    )
  )
}

const isParam = (segment: string) => segment.startsWith('{')
const openSegments = ({ segments }: Resource) => segments.filter(isParam).length

/** The order in which Java's HashSet, and so Kafka Connect, lists methods. */
const METHOD_ORDER = ['HEAD', 'DELETE', 'POST', 'GET', 'OPTIONS', 'PUT', 'PATCH']

function options(request: RestRequest, { routes }: Resource): RestResponse {
  const offered = new Set<string>(['OPTIONS', ...routes.map((route) => route.method)])
  if (offered.has('GET')) offered.add('HEAD')
  const methods = METHOD_ORDER.filter((method) => offered.has(method))
  const answer = accepts(request.headers.accept, 'text/plain')
    ? plainText(200, methods.join(', '))
    : empty(200)
  return { ...answer, headers: { ...answer.headers, allow: methods.join(',') } }
}
