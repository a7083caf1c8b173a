import { Command, Option } from 'commander'
import type { ConfigKey, ConfigSpec } from '../api/config.ts'
import type { FoundPlugin, ListedPlugin, PluginOf, Plugins } from '../config/plugins.ts'
import { printExactJson } from '../stores/exact-json.ts'
import { loadPlugins } from './load-plugins.ts'
import { print, style, table } from './terminal.ts'

const KINDS = [
  'source',
  'sink',
  'connector',
  'transform',
  'predicate',
  'converter',
  'header_converter'
] as const

const LIST_HELP = `
Examples:
  $ millrace plugins list
  $ millrace plugins list --kind source --json
  $ millrace plugins list --plugin-path ./plugins`

const DESCRIBE_HELP = `
Examples:
  $ millrace plugins describe postgres
  $ millrace plugins describe io.debezium.connector.postgresql.PostgresConnector
  $ millrace plugins describe ./my-source.ts --json`

interface PluginOptions {
  readonly pluginPath?: string
  readonly kind?: (typeof KINDS)[number]
  readonly json?: boolean
}

/** `millrace plugins list|describe`. */
export function pluginsCommand(): Command {
  const path = new Option('--plugin-path <folders>', 'more folders with plugins, as in plugin.path')
  const kind = new Option('-k, --kind <kind>', 'only this kind').choices(KINDS)
  const list = new Command('list')
    .description('list everything that connector.class, type and converter keys may name')
    .addOption(kind)
    .addOption(path)
    .option('--json', 'print one JSON document')
    .addHelpText('after', LIST_HELP)
    .action(async (options: PluginOptions) => printList(options))
  const describe = new Command('describe')
    .description('list the keys of a plugin')
    .argument('<name>', 'short name, Java class name, npm package or file')
    .addOption(kind)
    .addOption(path)
    .option('--json', 'print one JSON document')
    .addHelpText('after', DESCRIBE_HELP)
    .action(async (name: string, options: PluginOptions) => printPlugin(name, options))
  return new Command('plugins')
    .description('list and describe connectors, transforms and converters')
    .addCommand(list)
    .addCommand(describe)
}

function pluginsOf(options: PluginOptions): Promise<Plugins> {
  const folders = (options.pluginPath ?? '').split(',').filter((folder) => folder !== '')
  return loadPlugins(folders, process.cwd())
}

async function printList(options: PluginOptions): Promise<void> {
  const all = await (await pluginsOf(options)).list()
  const listed = all.filter((plugin) => isOfKind(plugin, options.kind))
  if (options.json) return print(printExactJson(listed))
  const rows = listed.map(({ name, kind, summary }) => [name, kind, summary])
  await print(table([['NAME', 'KIND', 'SUMMARY'], ...rows]))
}

function isOfKind(plugin: ListedPlugin, kind: PluginOptions['kind']): boolean {
  if (kind === 'connector') return plugin.kind === 'source' || plugin.kind === 'sink'
  return kind === undefined || plugin.kind === kind
}

async function printPlugin(name: string, options: PluginOptions): Promise<void> {
  const found = await findOfAnyKind(await pluginsOf(options), name, options.kind)
  if (options.json) return print(printExactJson(describe(found)))
  const { plugin } = found
  await print(`${style(process.stdout, 'bold', found.name)} (${plugin.kind})\n${plugin.summary}`)
  if (plugin.classNames?.length) await print(`Also: ${plugin.classNames.join(', ')}`)
  await print('')
  await printKeys(plugin.config)
}

/** Without a kind the first that knows the name: connectors come first. */
async function findOfAnyKind(
  plugins: Plugins,
  name: string,
  kind: keyof PluginOf | undefined
): Promise<FoundPlugin> {
  if (kind) return plugins.describe(kind, name)
  let failure: unknown
  for (const each of [
    'connector',
    'transform',
    'predicate',
    'converter',
    'header_converter'
  ] as const) {
    try {
      return await plugins.describe(each, name)
    } catch (error) {
      failure ??= error
    }
  }
  throw failure
}

function describe({ name, origin, plugin }: FoundPlugin): unknown {
  const { kind, summary, classNames = [], version = null } = plugin
  const keys = Object.entries(plugin.config).map(([key, declared]) => ({
    name: key,
    type: declared.type,
    required: declared.required,
    default: declared.options.secret ? null : (declared.options.default ?? null),
    importance: declared.options.importance ?? 'MEDIUM',
    doc: declared.options.doc,
    group: declared.options.group ?? null,
    values: declared.oneOf ?? null,
    aliases: declared.options.aliases ?? [],
    support: declared.support
  }))
  return { name, kind, summary, classNames, version, origin, keys }
}

async function printKeys(spec: ConfigSpec): Promise<void> {
  for (const [name, key] of Object.entries(spec)) {
    if (key.support.kind !== 'supported') continue
    await print(
      `  ${style(process.stdout, 'cyan', name)}  ${style(process.stdout, 'dim', typeAndDefault(key))}`
    )
    await print(`      ${key.options.doc}`)
  }
  const others = Object.entries(spec).filter(([, key]) => key.support.kind !== 'supported')
  if (others.length > 0) await print('\nKnown, but without effect or refused:')
  for (const [name, { support }] of others) {
    if (support.kind !== 'supported') await print(`  ${name}: ${support.kind}, ${support.reason}`)
  }
}

function typeAndDefault(key: ConfigKey): string {
  const type = key.oneOf ? key.oneOf.join(' | ') : key.type.toLowerCase()
  if (key.required) return `${type}, required`
  const value = key.options.default
  const empty = value === null || value === '' || (Array.isArray(value) && value.length === 0)
  return empty ? type : `${type}, default ${Array.isArray(value) ? value.join(',') : value}`
}
