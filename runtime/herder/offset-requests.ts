import type { Connector } from '../api/connector.ts'
import { describeError } from '../api/errors.ts'
import type { Broker } from '../broker/broker.ts'
import type { Plugins } from '../config/plugins.ts'
import type { References } from '../config/references.ts'
import type { ConnectorConfig } from '../stores/config-log.ts'
import type { OffsetStore } from '../stores/offset-store.ts'
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
}

type Placed =
  | { readonly kind: 'source'; readonly source: StoppedSource }
  | { readonly kind: 'sink'; readonly sink: StoppedSink }

/** Offsets in the offsets topic, in consumer groups and in the targets of sinks. */
export class StoredOffsets implements OffsetRequests {
  readonly #parts: StoredOffsetsParts

  constructor(parts: StoredOffsetsParts) {
    this.#parts = parts
  }

  async list(connector: ConnectorConfig): Promise<readonly ConnectorOffset[]> {
    const { kind } = await this.#plugin(connector)
    if (kind === 'sink') return sinkOffsets(this.#parts.broker, groupOf(connector))
    const store = await this.#parts.openOffsets()
    await store.look()
    return store.list(connector.name)
  }

  async alter(stopped: StoppedConnector, offsets: readonly GivenOffset[]): Promise<string> {
    const placed = await this.#place(stopped)
    return placed.kind === 'sink'
      ? alterSinkOffsets(placed.sink, offsets)
      : alterSourceOffsets(placed.source, offsets)
  }

  async reset(stopped: StoppedConnector): Promise<string> {
    const placed = await this.#place(stopped)
    return placed.kind === 'sink'
      ? resetSinkOffsets(placed.sink)
      : resetSourceOffsets(placed.source)
  }

  async #place({ connector, fence }: StoppedConnector): Promise<Placed> {
    const { broker, references, openOffsets } = this.#parts
    const plugin = await this.#plugin(connector)
    const raw = await references.resolve(connector.config).catch(unusable)
    const shared = { name: connector.name, raw }
    if (plugin.kind === 'sink') {
      return { kind: 'sink', sink: { ...shared, plugin, broker, group: groupOf(connector) } }
    }
    return { kind: 'source', source: { ...shared, plugin, store: await openOffsets(), fence } }
  }

  #plugin({ config }: ConnectorConfig): Promise<Connector> {
    const className = config['connector.class'] ?? ''
    return this.#parts.plugins.find('connector', className).catch(unusable)
  }
}

/** @throws {RequestError} 400: with such a config the connector could not run either */
function unusable(error: unknown): never {
  throw new RequestError(400, describeError(error), { cause: error })
}

/** The consumer group of a sink, as its tasks name it. */
function groupOf({ name, config }: ConnectorConfig): string {
  return config['consumer.override.group.id'] ?? `connect-${name}`
}
