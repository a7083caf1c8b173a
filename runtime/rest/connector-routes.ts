import type { ConnectorValidation } from '../config/connector-validation.ts'
import type { ConnectorInfo, GivenConfig, Herder } from '../herder/herder.ts'
import { ForwardError, RequestError } from '../herder/request-error.ts'
import { created, empty, json } from './answers.ts'
import type { RestResponse } from './http.ts'
import { readConfig, readCreateRequest } from './request-json.ts'
import { type Call, connectorRoute, type Route, route } from './route.ts'
import type { ShownConfigs } from './shown-config.ts'
import { shownStatus } from './shown-status.ts'

/** What `/connectors` and the configs below it need. */
export interface ConnectorServices {
  readonly herder: Herder
  readonly shown: ShownConfigs
  readonly validation: Pick<ConnectorValidation, 'check'>
  /** The text with every known secret masked. */
  redact(text: string): string
}

/** Connectors and their configs: `/connectors`, `/connectors/{c}`, `/connectors/{c}/config`. */
export function connectorRoutes(services: ConnectorServices): Route[] {
  const { herder, shown } = services
  return [
    route('GET', '/connectors', LIST_DOC, (call) => list(services, call)),
    route('POST', '/connectors', CREATE_DOC, (call) => create(services, call)),
    connectorRoute('GET', '/connectors/{connector}', GET_DOC, async (name) =>
      json(200, await shownInfo(shown, await herder.connector(name)))
    ),
    connectorRoute('DELETE', '/connectors/{connector}', DELETE_DOC, async (name) => {
      await herder.remove(name)
      return empty(204)
    }),
    connectorRoute('GET', '/connectors/{connector}/config', GET_CONFIG_DOC, async (name) =>
      json(200, await shown.of((await herder.connector(name)).config))
    ),
    connectorRoute('PUT', '/connectors/{connector}/config', PUT_CONFIG_DOC, (name, call) =>
      put(services, name, call)
    ),
    connectorRoute('PATCH', '/connectors/{connector}/config', PATCH_CONFIG_DOC, (name, call) =>
      patch(services, name, call)
    )
  ]
}

async function list(services: ConnectorServices, { request }: Call): Promise<RestResponse> {
  const { herder } = services
  if (!request.query.has('expand')) return json(200, herder.connectors())
  const wanted = new Set(request.query.getAll('expand'))
  const views = await Promise.all(
    herder.connectors().map(async (name) => {
      const view = await expanded(services, name, wanted)
      return view === null ? [] : [[name, view] as const]
    })
  )
  return json(200, Object.fromEntries(views.flat()))
}

/** @returns null for a connector that went away meanwhile, or has no status yet */
async function expanded(
  { herder, shown, redact }: ConnectorServices,
  name: string,
  wanted: ReadonlySet<string>
): Promise<object | null> {
  try {
    return {
      ...(wanted.has('status') && { status: shownStatus(await herder.status(name), redact) }),
      ...(wanted.has('info') && { info: await shownInfo(shown, await herder.connector(name)) })
    }
  } catch (error) {
    if (error instanceof RequestError && error.status === 404) return null
    throw error
  }
}

async function create(services: ConnectorServices, { request }: Call): Promise<RestResponse> {
  const { name, config, initialState } = readCreateRequest(request.body)
  const checked = await checkedConfig(services, name, config)
  const connector = await services.herder.create(name, checked, initialState)
  const info = await shownInfo(services.shown, { ...connector, config: checked })
  return created(request, name, info)
}

async function put(
  services: ConnectorServices,
  name: string,
  { request }: Call
): Promise<RestResponse> {
  const checked = await checkedConfig(services, name, readConfig(request.body))
  const answer = await services.herder.put(name, checked)
  const info = await shownInfo(services.shown, { ...answer.connector, config: checked })
  return answer.created ? created(request, name, info) : json(200, info)
}

/** The config to store: with the connector's name and its secrets in it, and nothing wrong. */
async function checkedConfig(
  services: ConnectorServices,
  name: string,
  given: GivenConfig
): Promise<GivenConfig> {
  const { herder, shown } = services
  const named = withName(name, given)
  requireLeader(herder)
  const full = await shown.unmasked(named, await storedConfig(herder, name))
  await services.validation.check(full)
  return full
}

async function patch(
  services: ConnectorServices,
  name: string,
  { request }: Call
): Promise<RestResponse> {
  const { herder, shown } = services
  const given = readConfig(request.body)
  requireLeader(herder)
  const { config } = await herder.connector(name)
  const changes = await shown.unmasked(given, config)
  const patched = Object.entries({ ...config, ...changes }).filter(([, value]) => value !== null)
  await services.validation.check(Object.fromEntries(patched))
  return json(200, await shownInfo(shown, await herder.patch(name, changes, config)))
}

/** Validation reaches out to the source or target: one worker of the group does it. */
function requireLeader(herder: Herder): void {
  if (!herder.group.isLeader) throw new ForwardError(herder.group.leaderUrl)
}

/** @throws {RequestError} 400 when the config has another name than the request */
function withName(name: string, config: GivenConfig): GivenConfig {
  const included = config['name'] ?? null
  if (included === null) return { ...config, name }
  if (included === name) return config
  throw new RequestError(
    400,
    `Connector name configuration (${included}) doesn't match connector name in the URL (${name})`
  )
}

async function storedConfig(herder: Herder, name: string): Promise<GivenConfig | null> {
  if (!herder.connectors().includes(name)) return null
  return (await herder.connector(name)).config
}

type AnsweredInfo = Omit<ConnectorInfo, 'config'> & { readonly config: GivenConfig }

async function shownInfo(shown: ShownConfigs, info: AnsweredInfo): Promise<object> {
  const { name, config, tasks, type } = info
  return { name, config: await shown.of(config), tasks, type }
}

const LIST_DOC = {
  summary: 'Names of the connectors, or with `expand` what is known of each.',
  tag: 'connectors',
  query: { expand: '`status` or `info`; may be given twice' },
  answers: { 200: 'ConnectorList' }
} as const

const CREATE_DOC = {
  summary: 'Creates a connector.',
  tag: 'connectors',
  body: 'CreateConnector',
  answers: { 201: 'ConnectorInfo' },
  failures: [400, 409]
} as const

const GET_DOC = {
  summary: 'The config and the tasks of a connector.',
  tag: 'connectors',
  answers: { 200: 'ConnectorInfo' },
  failures: [404]
} as const

const DELETE_DOC = {
  summary: 'Deletes a connector. The offsets of a source stay.',
  tag: 'connectors',
  answers: { 204: null },
  failures: [404, 409]
} as const

const GET_CONFIG_DOC = {
  summary: 'The config of a connector, with secrets masked.',
  tag: 'connectors',
  answers: { 200: 'Config' },
  failures: [404]
} as const

const PUT_CONFIG_DOC = {
  summary: 'Replaces the config of a connector, or creates the connector.',
  tag: 'connectors',
  body: 'Config',
  answers: { 200: 'ConnectorInfo', 201: 'ConnectorInfo' },
  failures: [400, 409]
} as const

const PATCH_CONFIG_DOC = {
  summary: 'Changes keys of a config; null takes a key out.',
  tag: 'connectors',
  body: 'Config',
  answers: { 200: 'ConnectorInfo' },
  failures: [400, 404, 409]
} as const
