import type { ConfigSpec, RawConfig } from '../api/config.ts'
import type { Connector } from '../api/connector.ts'
import type { Plugins } from '../config/plugins.ts'
import { MASK, redactConfig } from '../config/redact.ts'
import { connectorSpec } from '../config/validate-connector.ts'
import type { GivenConfig } from '../herder/herder.ts'
import { RequestError } from '../herder/request-error.ts'

/**
 * Configs of connectors as they are answered: secrets are masked, by what the connector's declaration
 * says and by the names of keys. Kafka Connect answers them in clear.
 */
export class ShownConfigs {
  readonly #plugins: Plugins
  /** For configs that come from outside. */
  readonly #installed: Plugins
  readonly #specs = new WeakMap<Connector, ConfigSpec>()

  constructor(plugins: Plugins) {
    this.#plugins = plugins
    this.#installed = plugins.installed()
  }

  async of(config: GivenConfig): Promise<GivenConfig> {
    return redacted(config, await this.#spec(config, this.#plugins))
  }

  /**
   * A config that was read, edited and sent back: each value that equals the masked one stands for
   * the secret that is stored.
   *
   * @param stored null when there is no such connector
   * @throws {RequestError} 400 for a mask that stands for nothing
   */
  async unmasked(given: GivenConfig, stored: GivenConfig | null): Promise<GivenConfig> {
    if (!Object.values(given).some((value) => value?.includes(MASK))) return given
    const shown = stored === null ? {} : await this.of(stored)
    const spec = await this.#spec({ ...stored, ...given }, this.#installed)
    return Object.fromEntries(
      Object.entries(given).map(([key, value]) => {
        if (value === null || !standsForSecret(key, value, spec)) return [key, value]
        if (value === shown[key]) return [key, stored?.[key] ?? null]
        throw new RequestError(
          400,
          `The value of config key "${key}" holds ${MASK}, which stands for a secret that is not ` +
            'shown, but no secret is stored for it: give the secret itself, or a reference to it'
        )
      })
    )
  }

  async #spec(config: GivenConfig, plugins: Plugins): Promise<ConfigSpec | undefined> {
    const className = config['connector.class'] ?? ''
    if (className === '') return undefined
    try {
      const plugin = await plugins.find('connector', className, withoutNulls(config))
      let spec = this.#specs.get(plugin)
      if (spec === undefined) {
        spec = connectorSpec(plugin)
        this.#specs.set(plugin, spec)
      }
      return spec
    } catch {
      // A connector whose plugin is gone is still shown; the names of its keys have to do.
      return undefined
    }
  }
}

function redacted(config: GivenConfig, spec: ConfigSpec | undefined): GivenConfig {
  const shown = redactConfig(withoutNulls(config), spec)
  return Object.fromEntries(Object.keys(config).map((key) => [key, shown[key] ?? null]))
}

/** Whether the mask is where a secret would be masked; elsewhere it is text like any other. */
function standsForSecret(key: string, value: string, spec: ConfigSpec | undefined): boolean {
  if (!value.includes(MASK)) return false
  return redactConfig({ [key]: value.replaceAll(MASK, 'x') }, spec)[key] === value
}

function withoutNulls(config: GivenConfig): RawConfig {
  return Object.fromEntries(
    Object.entries(config).filter((entry): entry is [string, string] => entry[1] !== null)
  )
}
