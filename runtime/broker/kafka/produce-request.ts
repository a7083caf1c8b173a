import type { TopicPartition } from '../../api/record.ts'
import type { Answer, WireRequest } from './node-connection.ts'

/** One partition's record batch, encoded. */
export interface ProducedBatch extends TopicPartition {
  readonly bytes: Buffer
}

export interface ProducedPartition extends TopicPartition {
  readonly code: number
  /** The offset of the first record, -1 after an error. */
  readonly baseOffset: number
}

export interface ProduceAnswer extends Answer {
  readonly partitions: readonly ProducedPartition[]
}

/** How long the leader may wait for its followers. */
const ACK_TIMEOUT_MS = 30_000
const ALL_REPLICAS = -1

/**
 * Produce version 7 (the first with zstd, Kafka 2.1) with acks of all in-sync replicas. The broker
 * takes one batch per partition and request from an idempotent producer.
 *
 * @param guard see `WireRequest`
 */
export function produceRequest(
  batches: readonly ProducedBatch[],
  transactionalId: string | null,
  guard: () => void
): WireRequest<ProduceAnswer> {
  return {
    guard,
    apiKey: 0,
    apiVersion: 7,
    apiName: 'Produce',
    write: (writer) => {
      writer.string(transactionalId).int16(ALL_REPLICAS).int32(ACK_TIMEOUT_MS)
      const topics = [...Map.groupBy(batches, ({ topic }) => topic)]
      writer.array(topics, ([topic, parts]) => {
        writer.string(topic)
        writer.array(parts, ({ partition, bytes }) => writer.int32(partition).bytes(bytes))
      })
    },
    read: (reader) => {
      const topics = reader.array(() => {
        const topic = reader.string()
        return reader.array(() => {
          const partition = reader.int32()
          const result = { topic, partition, code: reader.int16(), baseOffset: reader.int64() }
          reader.int64()
          reader.int64()
          return result
        })
      })
      return { partitions: topics.flat(), throttleMs: reader.int32() }
    }
  }
}
