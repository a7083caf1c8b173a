import type { RawConfig } from '../api/config.ts'
import type { Connector } from '../api/connector.ts'
import { describeError } from '../api/errors.ts'
import type { Broker } from '../broker/broker.ts'
import type { Plugins } from '../config/plugins.ts'
import type { References } from '../config/references.ts'
import type { ConnectorConfig } from '../stores/config-log.ts'
import type { OffsetStore } from '../stores/offset-store.ts'
import type { OwnOffsets, SourceOffsets } from '../stores/own-offsets.ts'
import {
  alterSinkOffsets,
  alterSourceOffsets,
  resetSinkOffsets,
  resetSourceOffsets,
  type StoppedSink,
  type StoppedSource,
  sinkOffsets
} from './connector-offsets.ts'
import type { ConnectorOffset, GivenOffset } from './herder.ts'
import { RequestError } from './request-error.ts'

/** A connector that is stopped, with nobody running its tasks. */
export interface StoppedConnector {
  readonly connector: ConnectorConfig
  /** Ends what tasks of an earlier run may still write. */
  fence(): Promise<void>
}

/** What can be asked about the offsets of a connector. */
export interface OffsetRequests {
  list(connector: ConnectorConfig): Promise<readonly ConnectorOffset[]>
  /** @returns the message of Kafka Connect. @throws {RequestError} 400, 500 */
  alter(stopped: StoppedConnector, offsets: readonly GivenOffset[]): Promise<string>
  /** @returns the message of Kafka Connect. @throws {RequestError} 400, 500 */
  reset(stopped: StoppedConnector): Promise<string>
}

export interface StoredOffsetsParts {
  readonly broker: Broker
  readonly plugins: Plugins
  readonly references: References
  openOffsets(): Promise<OffsetStore>
  /**
   * Opens the offsets of a source with a topic of its own.
   * @param config with references resolved
   * @returns null when it has none, or none that is there yet
   */
  openOwnOffsets(config: RawConfig): Promise<OwnOffsets | null>
}

/** Offsets in the offsets topic, in consumer groups and in the targets of sinks. */
export class StoredOffsets implements OffsetRequests {
  readonly #parts: StoredOffsetsParts

  constructor(parts: StoredOffsetsParts) {
    this.#parts = parts
  }

  async list(connector: ConnectorConfig): Promise<readonly ConnectorOffset[]> {
    const { kind } = await this.#plugin(connector)
    if (kind === 'sink') return sinkOffsets(this.#parts.broker, groupOf(connector))
    return this.#withOffsets(connector, async (store) => {
      await store.look()
      return store.list(connector.name)
    })
  }

  alter(stopped: StoppedConnector, offsets: readonly GivenOffset[]): Promise<string> {
    return this.#change(stopped, {
      source: (source) => alterSourceOffsets(source, offsets),
      sink: (sink) => alterSinkOffsets(sink, offsets)
    })
  }

  reset(stopped: StoppedConnector): Promise<string> {
    return this.#change(stopped, { source: resetSourceOffsets, sink: resetSinkOffsets })
  }

  async #change(
    { connector, fence }: StoppedConnector,
    change: {
      source(source: StoppedSource): Promise<string>
      sink(sink: StoppedSink): Promise<string>
    }
  ): Promise<string> {
    const { broker, references } = this.#parts
    const raw = await references.resolve(connector.config).catch(unusable)
    const plugin = await this.#plugin({ config: raw })
    const shared = { name: connector.name, raw }
    if (plugin.kind === 'sink') {
      return change.sink({ ...shared, plugin, broker, group: groupOf(connector) })
    }
    return this.#withOffsets(connector, (store) =>
      change.source({ ...shared, plugin, store, fence })
    )
  }

  async #withOffsets<T>(
    { config }: ConnectorConfig,
    work: (store: SourceOffsets) => Promise<T>
  ): Promise<T> {
    const { references, openOffsets, openOwnOffsets } = this.#parts
    const place = Object.entries(config).filter(([key]) => PLACE.test(key))
    const own = await openOwnOffsets(
      await references.resolve(Object.fromEntries(place)).catch(unusable)
    )
    try {
      return await work(own ?? (await openOffsets()))
    } finally {
      await own?.close()
    }
  }

  #plugin({ config }: Pick<ConnectorConfig, 'config'>): Promise<Connector> {
    const className = config['connector.class'] ?? ''
    return this.#parts.plugins.find('connector', className, config).catch(unusable)
  }
}

/** The keys that say where the offsets of a source are. */
const PLACE = /^(?:offsets\.storage\.topic$|producer\.override\.)/

/** @throws {RequestError} 400: with such a config the connector could not run either */
function unusable(error: unknown): never {
  throw new RequestError(400, describeError(error), { cause: error })
}

/** The consumer group of a sink, as its tasks name it. */
function groupOf({ name, config }: ConnectorConfig): string {
  return config['consumer.override.group.id'] ?? `connect-${name}`
}
