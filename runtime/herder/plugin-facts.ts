import type { RawConfig } from '../api/config.ts'
import { versionOf } from '../config/plugin-catalog.ts'
import type { Plugins } from '../config/plugins.ts'

/** What is known of a connector's plugin without running it. */
export interface PluginFacts {
  readonly kind: 'source' | 'sink' | 'unknown'
  readonly version: string | null
}

const UNKNOWN: PluginFacts = { kind: 'unknown', version: null }

/**
 * The plugins of connectors, as far as they have been looked at. Connectors that share a class name count as
 * one: they are of one kind and come together.
 */
export class KnownPlugins {
  readonly #plugins: Pick<Plugins, 'find'>
  readonly #facts = new Map<string, PluginFacts>()

  constructor(plugins: Pick<Plugins, 'find'>) {
    this.#plugins = plugins
  }

  /** `unknown` until {@link learn} has looked at it, and while it is not there. */
  of({ config }: { readonly config: RawConfig }): PluginFacts {
    return this.#facts.get(config['connector.class'] ?? '') ?? UNKNOWN
  }

  /** As {@link of}, looking at the plugin first. */
  async learn(connector: { readonly config: RawConfig }): Promise<PluginFacts> {
    const name = connector.config['connector.class'] ?? ''
    if (!this.#facts.has(name)) {
      const plugin = await this.#plugins.find('connector', name, connector.config).catch(() => null)
      // One that is not there may be put there; it is looked for again.
      if (plugin === null) return UNKNOWN
      this.#facts.set(name, { kind: plugin.kind, version: versionOf(plugin) })
    }
    return this.of(connector)
  }
}
