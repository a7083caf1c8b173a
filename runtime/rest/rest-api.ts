import { ConnectError, describeError } from '../api/errors.ts'
import type { Logger } from '../api/task.ts'
import { ConfigRefusal } from '../config/config-refusal.ts'
import type { ConnectorValidation } from '../config/connector-validation.ts'
import type { Plugins } from '../config/plugins.ts'
import type { Herder } from '../herder/herder.ts'
import { ForwardError, RequestError } from '../herder/request-error.ts'
import type { LogLevels } from '../metrics/log-levels.ts'
import { failure, json } from './answers.ts'
import { connectorRoutes } from './connector-routes.ts'
import type { Forwarder } from './forward.ts'
import type { RestHandler, RestRequest, RestResponse } from './http.ts'
import { internalRoutes } from './internal-routes.ts'
import { lifecycleRoutes } from './lifecycle-routes.ts'
import { loggerRoutes } from './logger-routes.ts'
import { offsetRoutes } from './offset-routes.ts'
import { openApi } from './openapi.ts'
import { pluginRoutes } from './plugin-routes.ts'
import { type Route, route } from './route.ts'
import { Router } from './router.ts'
import { type ServerVersion, serverRoutes } from './server-routes.ts'
import { ShownConfigs } from './shown-config.ts'

export interface RestApiOptions {
  readonly herder: Herder
  /** For what of a config is secret. */
  readonly plugins: Plugins
  readonly validation: ConnectorValidation
  readonly levels: LogLevels
  readonly forwarder: Forwarder
  /** What `GET /` says. */
  readonly version: ServerVersion
  /** Version of Millrace, for `/openapi.json`. */
  readonly ownVersion: string
  /** `inter.worker.verification.algorithms` */
  readonly verificationAlgorithms: readonly string[]
  /** The figures of the worker in Prometheus' text format. */
  metrics(): string
  /** The text with every known secret masked. */
  redact(text: string): string
  readonly logger: Logger
}

/**
 * Kafka Connect's REST API in front of a herder, and `/metrics`, `/openapi.json`, `/livez` and
 * `/readyz`. A request that another worker has to carry out is forwarded there.
 */
export function createRestApi(options: RestApiOptions): RestHandler {
  const router = new Router(restRoutes(options))
  return async (request) => {
    const answer = await router.handle(request).catch((error) => refusal(options, request, error))
    return request.method === 'HEAD' ? { ...answer, body: null } : answer
  }
}

/** The routes of the API; all of them are in `/openapi.json`. */
export function restRoutes(options: RestApiOptions): Route[] {
  const services = { ...options, shown: new ShownConfigs(options.plugins) }
  const routes = [
    ...serverRoutes(services),
    ...connectorRoutes(services),
    ...lifecycleRoutes(services),
    ...offsetRoutes(options.herder),
    ...internalRoutes(services),
    ...pluginRoutes(services),
    ...loggerRoutes(services)
  ]
  const description: Route = {
    ...route('GET', '/openapi.json', OPENAPI_DOC, () =>
      json(200, openApi(all, options.ownVersion))
    ),
    json: false
  }
  const all = [...routes, description]
  return all
}

const OPENAPI_DOC = {
  summary: 'This description.',
  tag: 'server',
  answers: { 200: 'OpenApi' }
} as const

async function refusal(
  options: RestApiOptions,
  request: RestRequest,
  error: unknown
): Promise<RestResponse> {
  const { logger, redact } = options
  if (error instanceof RequestError || error instanceof ConfigRefusal) {
    return failure(error.status, redact(error.message))
  }
  if (error instanceof ForwardError) {
    return await options.forwarder
      .forward(request, error)
      .catch((problem) => refusal(options, request, problem))
  }
  const text = redact(describeError(error))
  logger.error('a request failed', {
    method: request.method,
    path: request.path,
    error: text,
    code: error instanceof ConnectError ? error.code : undefined
  })
  return failure(500, text)
}
