import type { RawConfig } from '../api/config.ts'
import type {
  Connector,
  ConverterPlugin,
  HeaderConverterPlugin,
  PredicatePlugin,
  SinkConnector,
  SourceConnector,
  TransformPlugin
} from '../api/connector.ts'
import { ConnectError } from '../api/errors.ts'
import { findPluginFiles, resolvePackage } from './plugin-files.ts'
import { type AnyPlugin, loadFoundPlugin, loadPlugin, type PluginKind } from './plugin-module.ts'
import { guess } from './spelling.ts'

/** Short name to what is known of a plugin without loading it. */
export type PluginRegistry = Readonly<Record<string, RegisteredPlugin>>

export interface RegisteredPlugin {
  readonly kind: PluginKind
  readonly classNames: readonly string[]
  readonly summary: string
  readonly version?: string
  readonly load: () => Promise<{ readonly default: AnyPlugin }>
}

/** What is asked for, and what comes back. `connector` is either kind of connector. */
export interface PluginOf {
  readonly source: SourceConnector
  readonly sink: SinkConnector
  readonly connector: Connector
  readonly transform: TransformPlugin
  readonly predicate: PredicatePlugin
  readonly converter: ConverterPlugin
  readonly header_converter: HeaderConverterPlugin
}

/** A line of `millrace plugins list`. */
export interface ListedPlugin {
  /** What to write in `connector.class`, `type` or `key.converter`. */
  readonly name: string
  readonly kind: PluginKind
  readonly classNames: readonly string[]
  readonly summary: string
  readonly version: string | null
  /** `built-in`, or the file it was found in. */
  readonly origin: string
}

export interface FoundPlugin<P extends AnyPlugin = AnyPlugin> {
  readonly name: string
  readonly origin: string
  readonly plugin: P
}

export interface PluginsOptions {
  readonly registry: PluginRegistry
  readonly pluginPath: readonly string[]
  /** Where files, packages and `plugin.path` are looked for. */
  readonly cwd: string
  /** Whether names of files are refused, and modules within packages that these do not export. */
  readonly installedOnly?: boolean
}

interface Candidate {
  readonly name: string
  readonly names: ReadonlySet<string>
  readonly kind: PluginKind
  readonly classNames: readonly string[]
  readonly summary: string
  readonly version: string | null
  readonly origin: string
  readonly load: () => Promise<AnyPlugin>
}

const KIND_WORDS: Readonly<Record<keyof PluginOf, string>> = {
  source: 'source connector',
  sink: 'sink connector',
  connector: 'connector',
  transform: 'transform',
  predicate: 'predicate',
  converter: 'converter',
  header_converter: 'header converter'
}

/**
 * Finds plugins by name: built-in ones by short name or Java class name (also Kafka Connect's short
 * forms of it), those on `plugin.path`, files (`./my-source.ts`) and npm packages. Nothing is loaded
 * before it is asked for.
 */
export class Plugins {
  readonly #options: PluginsOptions
  readonly #builtIn: readonly Candidate[]
  readonly #pluginPath: readonly string[]
  readonly #cwd: string
  #onPath: Promise<readonly Candidate[]> | undefined

  constructor(options: PluginsOptions) {
    this.#options = options
    this.#pluginPath = options.pluginPath
    this.#cwd = options.cwd
    this.#builtIn = Object.entries(options.registry).map(([key, entry]) => {
      const name = key.replace(/^.*:/, '')
      return {
        name,
        names: namesOf(name, entry.classNames),
        kind: entry.kind,
        classNames: entry.classNames,
        summary: entry.summary,
        version: entry.version ?? null,
        origin: 'built-in',
        load: async () => (await entry.load()).default
      }
    })
  }

  /**
   * The same plugins for names that come from outside: whoever may send a configuration must not be
   * able to have any file of the machine run. What a worker's operator has installed is found.
   */
  installed(): Plugins {
    return new Plugins({ ...this.#options, installedOnly: true })
  }

  /**
   * @throws {ConnectError} UNKNOWN_PLUGIN with a suggestion; INVALID_PLUGIN when a file or package
   * does not export a declaration; PLUGIN_FAILED when it throws as it is loaded; BAD_PLUGIN_PATH;
   * PLUGIN_FILE_REFUSED for a file where only what is installed may be named
   * @param config decides between connectors that share a class name
   */
  async find<K extends keyof PluginOf>(
    kind: K,
    className: string,
    config: RawConfig = {}
  ): Promise<PluginOf[K]> {
    return (await this.describe(kind, className, config)).plugin
  }

  /** As `find`, with the plugin's name and where it comes from. */
  async describe<K extends keyof PluginOf>(
    kind: K,
    className: string,
    config: RawConfig = {}
  ): Promise<FoundPlugin<PluginOf[K]>> {
    const wanted = className.trim()
    const candidate =
      (await pick(this.#builtIn, { kind, name: wanted, config })) ??
      (await this.#fromFile(wanted)) ??
      (await pick(await this.#scanPath(), { kind, name: wanted, config })) ??
      (await this.#fromPackage(wanted))
    if (candidate === undefined) throw await this.#unknown(kind, wanted)
    const plugin = await candidate.load()
    if (isKind(kind, plugin)) return { name: candidate.name, origin: candidate.origin, plugin }
    throw new ConnectError(
      'UNKNOWN_PLUGIN',
      `${wanted} is a ${KIND_WORDS[plugin.kind]}, not a ${KIND_WORDS[kind]}`,
      { hint: `list what there is with: millrace plugins list --kind ${kind}` }
    )
  }

  /** Everything built in and on `plugin.path`, by kind and name. Loads the latter, not the former. */
  async list(): Promise<readonly ListedPlugin[]> {
    const all = [...this.#builtIn, ...(await this.#scanPath())]
    const listed = all.map(({ name, kind, classNames, summary, version, origin }) => {
      return { name, kind, classNames, summary, version, origin }
    })
    return listed.toSorted((a, b) => a.kind.localeCompare(b.kind) || a.name.localeCompare(b.name))
  }

  async #fromFile(name: string): Promise<Candidate | undefined> {
    if (!isFileName(name)) return undefined
    if (this.#options.installedOnly) throw fileRefused(name)
    const [file] = (await findPluginFiles(name, this.#cwd)) ?? []
    if (file === undefined) {
      throw new ConnectError('UNKNOWN_PLUGIN', `the plugin file ${name} does not exist`, {
        hint: `a file is looked for from the folder of the configuration and from ${this.#cwd}`
      })
    }
    return candidateOf(name, name, await loadPlugin(file.path))
  }

  async #fromPackage(name: string): Promise<Candidate | undefined> {
    const exportedOnly = this.#options.installedOnly ?? false
    const file = await resolvePackage(name, { from: this.#cwd, exportedOnly })
    return file === null ? undefined : candidateOf(name, name, await loadPlugin(file))
  }

  #scanPath(): Promise<readonly Candidate[]> {
    this.#onPath ??= this.#loadPath()
    return this.#onPath
  }

  async #loadPath(): Promise<readonly Candidate[]> {
    const candidates: Candidate[] = []
    for (const folder of this.#pluginPath) {
      const files = await findPluginFiles(folder, this.#cwd)
      if (files === null) {
        throw new ConnectError(
          'BAD_PLUGIN_PATH',
          `plugin.path names ${folder}, which does not exist`,
          {
            hint: 'create the folder, or remove it from plugin.path'
          }
        )
      }
      for (const { name, path } of files) {
        const plugin = await loadFoundPlugin(path)
        if (plugin) candidates.push(candidateOf(name, path, plugin))
      }
    }
    return candidates
  }

  async #unknown(kind: keyof PluginOf, name: string): Promise<ConnectError> {
    const all = [...this.#builtIn, ...(await this.#scanPath())].filter((c) => fits(kind, c.kind))
    const meant = guess(name, new Set(all.flatMap((candidate) => [...candidate.names])))
    const known = all.map((candidate) => candidate.name).toSorted()
    const file = this.#options.installedOnly ? '' : ` a file such as ./my-${kind}.ts,`
    return new ConnectError('UNKNOWN_PLUGIN', `there is no ${KIND_WORDS[kind]} '${name}'`, {
      hint: meant
        ? `write ${meant.name}`
        : `use one of ${known.join(', ')},${file} or an installed npm package`
    })
  }
}

/**
 * One name may stand for plugins of several kinds: StringConverter is two. The right kind wins, and a
 * wrong one is still better than "unknown". It may also stand for several connectors: JdbcSinkConnector is
 * one for each database, and the config says which is meant.
 */
async function pick(
  candidates: readonly Candidate[],
  wanted: { readonly kind: keyof PluginOf; readonly name: string; readonly config: RawConfig }
): Promise<Candidate | undefined> {
  const named = candidates.filter((candidate) => candidate.names.has(wanted.name))
  const fitting = named.filter((candidate) => fits(wanted.kind, candidate.kind))
  const [first] = fitting
  if (fitting.length < 2) return first ?? named[0]
  const own = fitting.find((candidate) => candidate.name === wanted.name)
  if (own) return own
  let usual: Candidate | undefined
  for (const candidate of fitting) {
    const plugin = await candidate.load()
    const isMeantBy = 'isMeantBy' in plugin ? plugin.isMeantBy : undefined
    if (isMeantBy?.(wanted.config)) return candidate
    if (isMeantBy === undefined) usual ??= candidate
  }
  return usual ?? first
}

function fileRefused(name: string): ConnectError {
  return new ConnectError(
    'PLUGIN_FILE_REFUSED',
    `${name} names a file, and a request may not have files loaded: put the plugin into a folder of` +
      " the workers' plugin.path, and give its name there",
    { hint: 'millrace run takes connectors with plugin files from its own files' }
  )
}

/** Whether a class name is a file: `./my-source.ts`, `/opt/plugins/my-source.js`. */
export function isFileName(name: string): boolean {
  return /^(\.{1,2}\/|\/|file:)/.test(name) || /^[a-z]:[\\/]/i.test(name)
}

function candidateOf(name: string, origin: string, plugin: AnyPlugin): Candidate {
  const classNames = plugin.classNames ?? []
  return {
    name,
    names: namesOf(name, classNames),
    kind: plugin.kind,
    classNames,
    summary: plugin.summary,
    version: plugin.version ?? null,
    origin,
    load: async () => plugin
  }
}

/**
 * All names that mean a plugin: besides the given ones the simple class name, with and without its
 * suffix, as Kafka Connect's plugin aliases.
 */
function namesOf(name: string, classNames: readonly string[]): ReadonlySet<string> {
  const names = new Set([name, ...classNames])
  for (const className of classNames) {
    const simple = className.split('.').at(-1) ?? className
    names.add(simple)
    names.add(
      simple.replace(/(Connector|HeaderConverter|Converter|Transformation|Predicate)(?=\$|$)/, '')
    )
  }
  names.delete('')
  return names
}

function fits(wanted: keyof PluginOf, kind: PluginKind): boolean {
  return wanted === kind || (wanted === 'connector' && (kind === 'source' || kind === 'sink'))
}

function isKind<K extends keyof PluginOf>(kind: K, plugin: AnyPlugin): plugin is PluginOf[K] {
  return fits(kind, plugin.kind)
}
