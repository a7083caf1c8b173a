import type { RawConfig } from '../api/config.ts'
import type { Logger } from '../api/task.ts'
import type { Broker } from '../broker/broker.ts'
import { type BrokerSettings, openBroker } from '../broker/open-broker.ts'

import { below } from './plugin-parts.ts'

/**
 * The brokers of one thread: one for the worker's own topics and for every connector that changes
 * nothing about it, and one more for each set of client settings that connectors bring.
 */
export class BrokerCache {
  readonly #settings: BrokerSettings
  readonly #logger: Logger
  readonly #open = new Map<string, Promise<Broker>>()

  constructor(settings: BrokerSettings, logger: Logger) {
    this.#settings = settings
    this.#logger = logger
  }

  own(): Promise<Broker> {
    return this.#get(this.#settings)
  }

  /**
   * The broker of a source (`producer`) or sink (`consumer`): with the settings that the worker has
   * for all of them, and those of the connector, such as `producer.override.compression.type`.
   */
  forConnector(role: 'producer' | 'consumer', worker: RawConfig, connector: RawConfig) {
    const settings = this.#settings
    if (settings.kind !== 'kafka') return this.own()
    const overrides = { ...below(worker, `${role}.`), ...below(connector, `${role}.override.`) }
    return this.#get({ kind: 'kafka', config: { ...settings.config, ...overrides } })
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.#open.values())
    this.#open.clear()
    for (const result of opened) if (result.status === 'fulfilled') await result.value.close()
  }

  #get(settings: BrokerSettings): Promise<Broker> {
    const id = JSON.stringify(settings)
    let broker = this.#open.get(id)
    if (broker === undefined) {
      broker = openBroker(settings, this.#logger)
      this.#open.set(id, broker)
      // A broker that could not be reached must not stay so for ever.
      broker.catch(() => this.#open.delete(id))
    }
    return broker
  }
}
