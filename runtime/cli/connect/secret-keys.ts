import type { RawConfig } from '../../api/config.ts'
import { type ConfigSpec, password } from '../../api/config.ts'
import { ConnectError } from '../../api/errors.ts'
import type { ConnectClient } from './connect-client.ts'

/** Keys that name a plugin, whose own keys stand under the key itself, or under what is before `type`. */
const CLASS_KEYS: readonly { readonly key: RegExp; readonly prefix: (key: string) => string }[] = [
  { key: /^connector\.class$/, prefix: () => '' },
  { key: /^(key|value|header)\.converter$/, prefix: (key) => `${key}.` },
  { key: /^(transforms|predicates)\..+\.type$/, prefix: (key) => key.slice(0, -'type'.length) }
]

/**
 * Which keys hold secrets, as the worker's plugins declare them: their names alone do not always
 * tell. Each class is asked about once.
 */
export class SecretKeys {
  readonly #client: ConnectClient
  readonly #declared = new Map<string, Promise<readonly string[]>>()

  constructor(client: ConnectClient) {
    this.#client = client
  }

  /** @returns a declaration of the secret keys of these configurations, for `redactConfig` */
  async of(...configs: readonly RawConfig[]): Promise<ConfigSpec> {
    const names = await Promise.all(
      configs.flatMap((config) =>
        Object.entries(config).map(([key, className]) => this.#under(key, className))
      )
    )
    const secret = password({ doc: 'A secret, as its plugin declares.', default: null })
    return Object.fromEntries(names.flat().map((name) => [name, secret]))
  }

  async #under(key: string, className: string): Promise<readonly string[]> {
    const found = CLASS_KEYS.find((each) => each.key.test(key))
    if (found === undefined || className === '') return []
    const declared = this.#declared.get(className) ?? this.#ask(className)
    this.#declared.set(className, declared)
    return (await declared).map((name) => found.prefix(key) + name)
  }

  /** A worker before Kafka Connect 3.2 does not tell, nor one without the plugin: then names must do. */
  async #ask(className: string): Promise<readonly string[]> {
    try {
      return await this.#client.secretKeys(className)
    } catch (error) {
      if (error instanceof ConnectError && !error.retriable) return []
      throw error
    }
  }
}
