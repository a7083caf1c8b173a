import type { RawConfig } from '../api/config.ts'
import type { TopicSpec } from '../broker/broker.ts'
import type { WorkerConfig } from '../config/worker-keys.ts'

/** The topic that keeps the offsets of all sources, as it is created when it is missing. */
export function offsetsTopicSpec(worker: WorkerConfig): TopicSpec {
  return {
    name: worker['offset.storage.topic'],
    partitions: worker['offset.storage.partitions'],
    replicationFactor: worker['offset.storage.replication.factor']
  }
}

/**
 * The topic that a source keeps its offsets in besides, or null. One that writes to another cluster
 * has one there, of the same name unless it says another, so that its transactions can carry offsets
 * (`Worker.offsetStoreForExactlyOnceSourceTask` of Kafka Connect).
 *
 * @param config of the connector, with references resolved
 */
export function ownOffsetsTopic(worker: WorkerConfig, config: RawConfig): string | null {
  const shared = worker['offset.storage.topic']
  const topic = config['offsets.storage.topic'] ?? shared
  return topic === shared && !writesElsewhere(config) ? null : topic
}

/** Whether a source's producers have brokers of their own. */
export function writesElsewhere(config: RawConfig): boolean {
  return config['producer.override.bootstrap.servers'] !== undefined
}
