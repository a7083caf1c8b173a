import { pathToFileURL } from 'node:url'
import type {
  ConverterPlugin,
  HeaderConverterPlugin,
  PredicatePlugin,
  SinkConnector,
  SourceConnector,
  TransformPlugin
} from '../api/connector.ts'
import { ConnectError } from '../api/errors.ts'

export type AnyPlugin =
  | SourceConnector
  | SinkConnector
  | TransformPlugin
  | PredicatePlugin
  | ConverterPlugin
  | HeaderConverterPlugin

export type PluginKind = AnyPlugin['kind']

/** What each kind of declaration has to have besides `summary` and `config`. */
const CREATORS: Readonly<Record<string, 'createTask' | 'create'>> = {
  source: 'createTask',
  sink: 'createTask',
  transform: 'create',
  predicate: 'create',
  converter: 'create',
  header_converter: 'create'
}

/**
 * As `loadPlugin`, for modules that were not named but found in a folder: one without a default
 * export is no plugin but a part of one, and gives null.
 */
export async function loadFoundPlugin(path: string): Promise<AnyPlugin | null> {
  const loaded = await load(path)
  return 'default' in loaded ? declared(path, loaded) : null
}

/**
 * Loads the plugin that a module declares as its default export.
 *
 * @throws {ConnectError} PLUGIN_FAILED when the module throws, INVALID_PLUGIN when its default
 * export is not a declaration
 */
export async function loadPlugin(path: string): Promise<AnyPlugin> {
  return declared(path, await load(path))
}

type Module = Readonly<Record<string, unknown>>

async function load(path: string): Promise<Module> {
  try {
    return await import(pathToFileURL(path).href)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ConnectError('PLUGIN_FAILED', `the plugin ${path} cannot be loaded: ${reason}`, {
      cause,
      hint: 'run it with node alone to see the whole error; its own dependencies must be installed'
    })
  }
}

function declared(path: string, loaded: Module): AnyPlugin {
  const declaration = loaded['default']
  const fault = faultOf(declaration)
  if (fault === null) return declaration as AnyPlugin
  throw new ConnectError('INVALID_PLUGIN', `the plugin ${path} ${fault}`, {
    hint: 'export default defineSource({ summary, config, createTask }); see docs/writing-a-connector.md'
  })
}

function faultOf(declaration: unknown): string | null {
  if (!isRecord(declaration)) return 'has no default export that is a declaration'
  const creator = CREATORS[String(declaration['kind'])]
  if (creator === undefined)
    return 'exports something that was not made by defineSource and the like'
  if (typeof declaration[creator] !== 'function') return `declares no ${creator}`
  return isRecord(declaration['config']) ? null : 'declares no config'
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
