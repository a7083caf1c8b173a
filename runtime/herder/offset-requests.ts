import type { Broker } from '../broker/broker.ts'
import type { ConnectorConfig } from '../stores/config-log.ts'
import type { OffsetStore } from '../stores/offset-store.ts'
import type { ConnectorOffset } from './herder.ts'

/** What can be asked about the offsets of a connector. */
export interface OffsetRequests {
  list(connector: ConnectorConfig): Promise<readonly ConnectorOffset[]>
  /** @returns the message of Kafka Connect. @throws {RequestError} 400, 500 */
  alter(connector: ConnectorConfig, offsets: readonly ConnectorOffset[]): Promise<string>
  /** @returns the message of Kafka Connect. @throws {RequestError} 400, 500 */
  reset(connector: ConnectorConfig): Promise<string>
}

export class StoredOffsets implements OffsetRequests {
  constructor(_parts: { broker: Broker; openOffsets(): Promise<OffsetStore> }) {}
  async list(): Promise<readonly ConnectorOffset[]> {
    return []
  }
  async alter(): Promise<string> {
    return ''
  }
  async reset(): Promise<string> {
    return ''
  }
}
