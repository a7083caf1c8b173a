import type { RawConfig } from '../api/config.ts'
import { ConnectError } from '../api/errors.ts'
import type { PluginInfo, PluginType } from './config-infos.ts'
import { KAFKA_CONNECT_VERSION } from './connect-version.ts'
import type { AnyPlugin, PluginKind } from './plugin-module.ts'
import type { PluginOf, Plugins } from './plugins.ts'
import type { VersionRange } from './version-range.ts'

/** A class as clients of Kafka Connect know it. */
export interface PluginClass {
  readonly className: string
  readonly kind: PluginKind
  readonly version: string | null
}

export interface FoundClass<P extends AnyPlugin = AnyPlugin> extends PluginClass {
  readonly plugin: P
}

const TYPES: Readonly<Record<PluginKind, PluginType>> = {
  sink: 'sink',
  source: 'source',
  transform: 'transformation',
  predicate: 'predicate',
  converter: 'converter',
  header_converter: 'header_converter'
}

const KINDS = Object.keys(TYPES) as PluginKind[]

/**
 * The plugins as Kafka Connect names them: by Java class, one for each class name, and by short name
 * where there is no Java class. A name finds what it finds in Kafka Connect, and our short names.
 */
export class PluginCatalog {
  readonly #plugins: Plugins
  #listed: Promise<readonly (PluginClass & { readonly name: string })[]> | undefined

  constructor(plugins: Plugins) {
    this.#plugins = plugins
  }

  /** Sinks, sources, transformations, predicates, converters, header converters; by name within each. */
  async list(connectorsOnly: boolean): Promise<PluginInfo[]> {
    const classes = await this.#all()
    // A class that several of our connectors stand in for is one.
    const isFirst = ({ className, kind }: PluginClass, at: number) =>
      classes.findIndex((one) => one.className === className && one.kind === kind) === at
    return classes
      .filter(isFirst)
      .filter(({ kind }) => !connectorsOnly || kind === 'source' || kind === 'sink')
      .map(({ className, kind, version }) => {
        return { class: className, type: TYPES[kind], ...(version === null ? {} : { version }) }
      })
  }

  /** Class names of a kind, to be recommended. */
  async classNames(kind: PluginKind): Promise<string[]> {
    const classes = (await this.#all()).filter((one) => one.kind === kind)
    return [...new Set(classes.map(({ className }) => className))]
  }

  /**
   * @param config decides between connectors that share a class
   * @returns null when there is no such class of that kind
   * @throws {ConnectError} INVALID_PLUGIN, PLUGIN_FAILED, BAD_PLUGIN_PATH
   */
  async find<K extends keyof PluginOf>(
    kind: K,
    written: string,
    config: RawConfig = {}
  ): Promise<FoundClass<PluginOf[K]> | null> {
    // Kafka Connect trims no class name, and has no short forms of nested classes (`Cast$Value`).
    if (written === '' || written !== written.trim() || /^[^./]*\$/.test(written)) return null
    try {
      const { name, plugin } = await this.#plugins.describe(kind, written, config)
      const classes = (await this.#all()).filter(
        (one) => one.name === name && one.kind === plugin.kind
      )
      const known = classes.find(({ className }) => className === written) ?? classes[0]
      const className = known?.className ?? written
      return { plugin, className, kind: plugin.kind, version: versionOf(plugin) }
    } catch (error) {
      if (error instanceof ConnectError && error.code === 'UNKNOWN_PLUGIN') return null
      throw error
    }
  }

  /** Of whatever kind. */
  async findAny(written: string): Promise<FoundClass | null> {
    for (const kind of KINDS) {
      const found = await this.find(kind, written)
      if (found) return found
    }
    return null
  }

  /** The nested classes of a class that is only their base, such as `...HoistField`. */
  async nestedClasses(written: string): Promise<string[]> {
    const classes = (await this.#all()).map(({ className }) => className)
    return classes.filter((className) => className.startsWith(`${written}$`)).toSorted()
  }

  #all(): Promise<readonly (PluginClass & { readonly name: string })[]> {
    this.#listed ??= this.#load()
    return this.#listed
  }

  async #load(): Promise<readonly (PluginClass & { readonly name: string })[]> {
    const classes = (await this.#plugins.list()).flatMap(({ name, kind, classNames, version }) => {
      const java = classNames.filter((one) => one.includes('.') && !isBase(one, classNames))
      return (java.length === 0 ? [name] : java).map((className) => {
        return { name, className, kind, version: versionOf({ classNames, version }) }
      })
    })
    return classes.toSorted(
      (a, b) =>
        KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || (a.className < b.className ? -1 : 1)
    )
  }
}

function isBase(className: string, all: readonly string[]): boolean {
  return all.some((other) => other.startsWith(`${className}$`))
}

/**
 * The version that lists and states of connectors have: of what Kafka Connect has, too, that of Kafka
 * Connect, which its clients compare.
 */
export function versionOf(plugin: {
  readonly classNames?: readonly string[]
  readonly version?: string | null
}): string | null {
  const ofKafka = plugin.classNames?.some((name) => name.startsWith('org.apache.kafka.'))
  return ofKafka ? KAFKA_CONNECT_VERSION : (plugin.version ?? null)
}

/** @returns what Kafka Connect says when the class has no version of the range, or null */
export function versionProblem(found: PluginClass, range: VersionRange | null): string | null {
  if (range === null || (found.version !== null && range.has(found.version))) return null
  const available = found.version ?? ''
  return `Plugin ${found.className} not found that matches the version range ${range}, available versions: [${available}]`
}
