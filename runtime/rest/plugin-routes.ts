import type { ConnectorValidation } from '../config/connector-validation.ts'
import type { GivenConfig, Herder } from '../herder/herder.ts'
import { RequestError } from '../herder/request-error.ts'
import { json } from './answers.ts'
import type { RestRequest } from './http.ts'
import { readConfig } from './request-json.ts'
import { type Call, flag, type Route, route } from './route.ts'
import type { ShownConfigs } from './shown-config.ts'

export interface PluginServices {
  readonly herder: Herder
  readonly shown: ShownConfigs
  readonly validation: ConnectorValidation
}

/** What there is to configure, and whether a config is right. */
export function pluginRoutes(services: PluginServices): Route[] {
  const { validation } = services
  const validationFor = (request: RestRequest) =>
    isTrusted(request) ? validation : validation.guarded
  return [
    route('GET', '/connector-plugins', LIST_DOC, async ({ request }) => {
      const connectorsOnly = !request.query.has('connectorsOnly') || flag(request, 'connectorsOnly')
      return json(200, await validation.list(connectorsOnly))
    }),
    route('GET', '/connector-plugins/{plugin}/config', KEYS_DOC, async ({ request, params }) => {
      const version = request.query.get('version') ?? 'latest'
      return json(200, await validationFor(request).keys(params['plugin'] ?? '', version))
    }),
    route('PUT', '/connector-plugins/{plugin}/config/validate', VALIDATE_DOC, async (call) =>
      json(200, await validationFor(call.request).validate(await configToValidate(services, call)))
    )
  ]
}

async function configToValidate(
  { herder, shown }: PluginServices,
  { request, params }: Call
): Promise<GivenConfig> {
  const config = readConfig(request.body)
  const plugin = params['plugin'] ?? ''
  const included = config['connector.class'] ?? null
  if (included !== null && !withoutSuffix(included).endsWith(withoutSuffix(plugin))) {
    throw new RequestError(
      400,
      `Included connector type ${included} does not match request type ${plugin}`
    )
  }
  const name = config['name'] ?? ''
  if (!isTrusted(request) || !herder.connectors().includes(name)) return config
  return await shown.unmasked(config, (await herder.connector(name)).config)
}

/**
 * Validation reaches out to the host that the config names, with what its references stand for: only
 * who may change connectors, and with that could have a connector do the same, may have it do so.
 */
function isTrusted({ principal }: RestRequest): boolean {
  return principal === null || principal.role === 'admin'
}

/** As Kafka Connect compares them: `x.FileStreamSourceConnector` and `FileStreamSource` are the same. */
function withoutSuffix(name: string): string {
  return name.replace(/(?<=.)Connector$/, '')
}

const LIST_DOC = {
  summary: 'The plugins of this worker.',
  tag: 'plugins',
  query: { connectorsOnly: '`false`: transforms, predicates and converters too' },
  answers: { 200: 'PluginList' }
} as const

const KEYS_DOC = {
  summary: 'The config keys of a plugin.',
  tag: 'plugins',
  query: { version: 'of the plugin; without it the latest' },
  answers: { 200: 'ConfigKeys' },
  failures: [400, 404]
} as const

const VALIDATE_DOC = {
  summary:
    'Checks a config, without storing it. A config with errors is a 200, too: see `error_count`.',
  tag: 'plugins',
  body: 'Config',
  answers: { 200: 'ConfigInfos' },
  failures: [400, 403]
} as const
