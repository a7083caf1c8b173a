import type { Herder } from '../herder/herder.ts'
import { json, plainText } from './answers.ts'
import type { RestResponse } from './http.ts'
import { type Route, type RouteDoc, route } from './route.ts'

/** What `GET /` says. Clients compare the version with Kafka's releases (kcctl). */
export interface ServerVersion {
  /** The release of Kafka Connect whose API this is. */
  readonly version: string
  readonly commit: string
}

export interface ServerServices {
  readonly herder: Herder
  readonly version: ServerVersion
  /** In Prometheus' text format. */
  metrics(): string
}

/** The media type of Prometheus' text format. */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** What there is to ask about the worker itself. */
export function serverRoutes({ herder, version, metrics }: ServerServices): Route[] {
  return [
    ownRoute('/', ROOT_DOC, () => json(200, { ...version, kafka_cluster_id: herder.clusterId })),
    ownRoute('/health', HEALTH_DOC, () => health(herder)),
    ownRoute('/livez', LIVE_DOC, () => json(200, { status: 'live' })),
    ownRoute('/readyz', READY_DOC, () => readiness(herder)),
    {
      ...ownRoute('/metrics', METRICS_DOC, () => plainText(200, metrics(), METRICS_TYPE)),
      produces: '*/*'
    }
  ]
}

/** As Kafka Connect's root and health resources: they take no body, so any `Content-Type` is fine. */
function ownRoute(path: string, doc: RouteDoc, handle: () => RestResponse): Route {
  return { ...route('GET', path, doc, handle), json: false }
}

function health({ startup }: Herder): RestResponse {
  if (startup.state === 'ready') {
    const message = 'Worker has completed startup and is ready to handle requests.'
    return json(200, { status: 'healthy', message })
  }
  if (startup.state === 'starting') {
    const message = `Worker is still starting up. ${startup.stage}`
    return json(503, { status: 'starting', message })
  }
  const message =
    'Worker was unable to handle this request and may be unable to handle other requests. It is stopping.'
  return json(500, { status: 'unhealthy', message })
}

/** Ready is who has read the internal topics and is a member of the group. */
function readiness({ startup, group }: Herder): RestResponse {
  if (startup.state !== 'ready') {
    return json(503, { status: startup.state, message: startup.stage })
  }
  if (group.memberId === '') {
    return json(503, { status: 'joining', message: 'The worker is not a member of its group.' })
  }
  return json(200, { status: 'ready', message: `Member ${group.memberId} of its group.` })
}

const server = (summary: string, answer: string, failures: readonly number[] = []): RouteDoc => ({
  summary,
  tag: 'server',
  answers: { 200: answer },
  failures
})

const ROOT_DOC = server('Version of the API, and the id of the cluster.', 'ServerInfo')
const HEALTH_DOC = server(
  'Whether the worker has started, as Kafka Connect tells it.',
  'Health',
  [503]
)
const LIVE_DOC = server('Answers while the process lives.', 'Health')
const READY_DOC = server(
  'Whether the worker has started and is a member of its group.',
  'Health',
  [503]
)
const METRICS_DOC = server('The figures of the worker, for Prometheus.', 'Metrics')
