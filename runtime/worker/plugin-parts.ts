import type { ConfigOf, ConfigSpec, RawConfig } from '../api/config.ts'
import { ConnectError } from '../api/errors.ts'
import { predicateKeys, transformKeys } from '../config/connector-keys.ts'
import { parseConfig } from '../config/parse-config.ts'
import type { Plugins } from '../config/plugins.ts'
import type { TaskPart } from '../metrics/metrics.ts'
import { type ChainStep, TransformChain } from '../transforms/chain.ts'
import type { Converters } from './source-converter.ts'

/**
 * Parses a config whose problems have been reported before; unknown keys are none here.
 * @throws {ConnectError} INVALID_CONFIG naming all that is wrong
 */
export function parseAs<S extends ConfigSpec>(spec: S, raw: RawConfig): ConfigOf<S> {
  const { config, problems } = parseConfig(spec, raw, { unknownKeys: 'ignore' })
  const errors = problems.filter(({ severity }) => severity === 'error')
  const [first] = errors
  if (first !== undefined) {
    const message = errors.map((problem) => problem.message).join('; ')
    const hint = first.suggestion
    throw new ConnectError('INVALID_CONFIG', message, hint === null ? {} : { hint })
  }
  return config as ConfigOf<S>
}

/** The keys below a prefix, without it. */
export function below(raw: RawConfig, prefix: string): RawConfig {
  return Object.fromEntries(
    Object.entries(raw)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value])
  )
}

/** Names of a list, `a, b`. */
export function namesIn(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

/** A converter key: the connector's own class with its own settings, or the worker's with those. */
function choose(
  key: string,
  connector: RawConfig,
  worker: RawConfig
): { name: string; settings: RawConfig } {
  const own = connector[key]
  const from = own === undefined ? worker : connector
  const fallback = key === 'header.converter' ? 'simple' : 'json'
  return { name: own ?? worker[key] ?? fallback, settings: below(from, `${key}.`) }
}

/** The converters of a connector. Each task has its own, since they cache by schema. */
export async function createConverters(
  plugins: Plugins,
  connector: RawConfig,
  worker: RawConfig
): Promise<Converters> {
  const key = choose('key.converter', connector, worker)
  const value = choose('value.converter', connector, worker)
  const header = choose('header.converter', connector, worker)
  const keyPlugin = await plugins.find('converter', key.name)
  const valuePlugin = await plugins.find('converter', value.name)
  const headerPlugin = await plugins.find('header_converter', header.name)
  return {
    key: keyPlugin.create(parseAs(keyPlugin.config, key.settings), key.settings, 'key'),
    value: valuePlugin.create(parseAs(valuePlugin.config, value.settings), value.settings, 'value'),
    header: headerPlugin.create(parseAs(headerPlugin.config, header.settings), header.settings),
    names: { key: key.name, value: value.name, header: header.name }
  }
}

/**
 * The transforms of a connector with their predicates.
 * @throws {ConnectError} UNKNOWN_PLUGIN, INVALID_CONFIG, UNKNOWN_PREDICATE
 */
export async function createChain(plugins: Plugins, raw: RawConfig): Promise<TransformChain> {
  const steps: ChainStep[] = []
  for (const alias of namesIn(raw['transforms'])) {
    const own = below(raw, `transforms.${alias}.`)
    const { type, predicate, negate } = parseAs(transformKeys, own)
    const plugin = await plugins.find('transform', type)
    steps.push({
      alias,
      className: type,
      transform: plugin.create(parseAs(plugin.config, own), own),
      predicate: predicate === null ? null : await createPredicate(plugins, raw, predicate),
      negate
    })
  }
  return new TransformChain(steps)
}

/**
 * Every plugin besides the connector itself that a task of this config uses.
 * @throws {ConnectError} UNKNOWN_PLUGIN, which building the task would have thrown before
 */
export async function partsOf(
  plugins: Plugins,
  connector: RawConfig,
  worker: RawConfig
): Promise<TaskPart[]> {
  const part = async (
    kind: 'converter' | 'header_converter' | 'transform' | 'predicate',
    of: Omit<TaskPart, 'version'>
  ) => ({ ...of, version: (await plugins.find(kind, of.className)).version ?? null })
  const converter = (role: 'key' | 'value' | 'header') =>
    part(role === 'header' ? 'header_converter' : 'converter', {
      role: `${role}_converter`,
      alias: null,
      className: choose(`${role}.converter`, connector, worker).name
    })
  const transforms = namesIn(connector['transforms'])
  const predicates = transforms.flatMap((alias) => connector[`transforms.${alias}.predicate`] ?? [])
  const named = (role: 'transform' | 'predicate', aliases: Iterable<string>) =>
    [...aliases].map((alias) =>
      part(role, { role, alias, className: connector[`${role}s.${alias}.type`] ?? '' })
    )
  return Promise.all([
    ...(['key', 'value', 'header'] as const).map(converter),
    ...named('transform', transforms),
    ...named('predicate', new Set(predicates))
  ])
}

async function createPredicate(plugins: Plugins, raw: RawConfig, alias: string) {
  if (!namesIn(raw['predicates']).includes(alias)) {
    throw new ConnectError('UNKNOWN_PREDICATE', `There is no predicate '${alias}'`, {
      hint: `add '${alias}' to predicates, and predicates.${alias}.type`
    })
  }
  const own = below(raw, `predicates.${alias}.`)
  const { type } = parseAs(predicateKeys, own)
  const plugin = await plugins.find('predicate', type)
  return plugin.create(parseAs(plugin.config, own), own)
}
