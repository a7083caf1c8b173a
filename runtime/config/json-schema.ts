import type { ConfigKey, ConfigSpec } from '../api/config.ts'
import type { Connector } from '../api/connector.ts'
import { isPattern, patternRegex } from './parse-config.ts'
import { connectorSpec } from './validate-connector.ts'
import { workerKeys } from './worker-keys.ts'

/** A JSON Schema. Draft 7, because the YAML support of common editors knows it best. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** A connector plugin and every name that `connector.class` may have for it. */
export interface NamedConnector {
  readonly names: readonly string[]
  readonly plugin: Connector
}

const DRAFT = 'http://json-schema.org/draft-07/schema#'

/** Any value may be a reference instead: `${env:PORT}`. */
const REFERENCE = { type: 'string', pattern: '\\$\\{' }

/** Where keys are nested instead of dotted, an editor cannot check them; `validate` does. */
const NESTED = { type: ['object', 'array'] }

/**
 * The schema of connector files, and of worker files where `worker` is set: names, types, defaults
 * and docs of every key come from the declarations. What only code can say stays with `validate`.
 */
export function configSchema(
  connectors: readonly NamedConnector[],
  options: { readonly worker: boolean }
): JsonSchema {
  const connector = connectorSchema(connectors)
  if (!options.worker) return { $schema: DRAFT, ...connector }
  const worker = { title: 'Worker', ...keysSchema(workerKeys) }
  return {
    $schema: DRAFT,
    title: 'Millrace',
    if: { required: ['config'] },
    // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
    then: connector,
    else: {
      anyOf: [
        worker,
        { type: 'object', required: ['worker'], properties: { worker } },
        { required: ['connector.class'] }
      ]
    }
  }
}

function connectorSchema(connectors: readonly NamedConnector[]): JsonSchema {
  const names = connectors.flatMap((connector) => connector.names)
  return {
    title: 'Connector',
    type: 'object',
    required: ['name', 'config'],
    additionalProperties: false,
    properties: {
      name: { type: 'string', description: 'Name of the connector, unique in the worker group.' },
      initial_state: {
        enum: ['RUNNING', 'PAUSED', 'STOPPED'],
        default: 'RUNNING',
        description: 'State of the connector when it is first created.'
      },
      tasks: {},
      type: {},
      config: {
        type: 'object',
        properties: {
          'connector.class': {
            description: 'The plugin: a short name, a Java class name, an npm package or a file.',
            anyOf: [{ enum: names }, { type: 'string' }]
          }
        },
        allOf: connectors.map(({ names: of, plugin }) => ({
          if: { properties: { 'connector.class': { enum: of } }, required: ['connector.class'] },
          // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
          then: keysSchema(omit(connectorSpec(plugin), 'name'))
        }))
      }
    }
  }
}

function keysSchema(spec: ConfigSpec): JsonSchema {
  const properties: Record<string, unknown> = {}
  const patternProperties: Record<string, unknown> = {}
  for (const [name, key] of Object.entries(spec)) {
    if (isPattern(name)) patternProperties[patternRegex(name).source] = keySchema(key)
    else properties[name] = keySchema(key)
    for (const alias of key.options.aliases ?? []) {
      properties[alias] = { ...keySchema(key), description: `Another name of ${name}.` }
    }
  }
  // Settings of transforms and converters belong to plugins that only `validate` can look up.
  patternProperties['^(transforms|predicates|(key|value|header)\\.converter)\\.'] ??= {}
  return { type: 'object', properties, patternProperties, additionalProperties: NESTED }
}

function keySchema(key: ConfigKey): JsonSchema {
  const { options, support } = key
  const note =
    support.kind === 'supported'
      ? ''
      : ` ${support.kind === 'ignored' ? 'No effect' : 'Not supported'}: ${support.reason}.`
  const fallback = options.default
  return {
    description: `${options.doc}${note}`,
    ...(fallback === undefined || fallback === null ? {} : { default: fallback }),
    ...(options.examples ? { examples: options.examples } : {}),
    ...(support.kind === 'supported' ? {} : { deprecated: true, deprecationMessage: note.trim() }),
    ...valueSchema(key)
  }
}

function valueSchema(key: ConfigKey): JsonSchema {
  if (key.oneOf) return { anyOf: [{ enum: key.oneOf }, REFERENCE] }
  switch (key.type) {
    case 'BOOLEAN':
      return { anyOf: [{ type: 'boolean' }, { enum: ['true', 'false'] }, REFERENCE] }
    case 'INT':
    case 'SHORT':
    case 'LONG':
      return { anyOf: [{ type: 'integer' }, { type: 'string', pattern: '^-?\\d+$' }, REFERENCE] }
    case 'DOUBLE':
      return {
        anyOf: [
          { type: 'number' },
          { type: 'string', pattern: '^-?[\\d.]+([eE][+-]?\\d+)?$' },
          REFERENCE
        ]
      }
    case 'LIST':
      return { anyOf: [{ type: 'array' }, { type: ['string', 'number'] }, { type: 'object' }] }
    default:
      return { type: ['string', 'number', 'boolean'] }
  }
}

function omit(spec: ConfigSpec, name: string): ConfigSpec {
  return Object.fromEntries(Object.entries(spec).filter(([key]) => key !== name))
}
