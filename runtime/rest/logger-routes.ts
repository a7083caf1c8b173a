import type { Herder } from '../herder/herder.ts'
import { RequestError } from '../herder/request-error.ts'
import type { LogLevels } from '../metrics/log-levels.ts'
import { empty, json } from './answers.ts'
import type { RestResponse } from './http.ts'
import { readLevel } from './request-json.ts'
import { type Call, type Route, route } from './route.ts'

export interface LoggerServices {
  readonly herder: Herder
  readonly levels: LogLevels
}

/** Log levels of this worker or, with `scope=cluster`, of every worker (KIP-976). */
export function loggerRoutes(services: LoggerServices): Route[] {
  const { levels } = services
  return [
    route('GET', '/admin/loggers', LIST_DOC, () => json(200, levels.list())),
    route('GET', '/admin/loggers/{logger}', GET_DOC, ({ params }) => {
      const name = params['logger'] ?? ''
      const level = levels.get(name)
      if (level === null) throw new RequestError(404, `Logger ${name} not found.`)
      return json(200, level)
    }),
    route('PUT', '/admin/loggers/{logger}', SET_DOC, (call) => setLevel(services, call))
  ]
}

async function setLevel(
  { herder, levels }: LoggerServices,
  { request, params }: Call
): Promise<RestResponse> {
  const name = params['logger'] ?? ''
  const level = readLevel(request.body)
  if (level === null) {
    throw new RequestError(400, "Desired 'level' parameter was not specified in request.")
  }
  if (!levels.knows(level)) throw new RequestError(404, `invalid log level '${level}'.`)
  if (request.query.get('scope')?.toLowerCase() !== 'cluster') {
    return json(200, levels.set(name, level))
  }
  await herder.setClusterLogLevel(name, level.toUpperCase())
  return empty(204)
}

const LIST_DOC = {
  summary: 'The loggers whose level was set, and the root logger.',
  tag: 'loggers',
  answers: { 200: 'LoggerList' }
} as const

const GET_DOC = {
  summary: 'The level of a logger.',
  tag: 'loggers',
  answers: { 200: 'LoggerLevel' },
  failures: [404]
} as const

const SET_DOC = {
  summary: 'Sets the level of a logger and of those below it, until the worker ends.',
  tag: 'loggers',
  query: { scope: '`worker` (default) or `cluster`' },
  body: 'SetLevel',
  answers: { 200: 'LoggerNames', 204: null },
  failures: [400, 404]
} as const
