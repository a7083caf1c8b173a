import type { TopicPartition, TopicPartitionOffset } from '../../api/record.ts'
import type { Answer, WireRequest } from './node-connection.ts'

export interface FetchOptions {
  readonly positions: readonly TopicPartitionOffset[]
  readonly maxBytes: number
  readonly partitionMaxBytes: number
  readonly maxWaitMs: number
}

export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: number
}

export interface FetchedPartition extends TopicPartition {
  readonly code: number
  readonly lastStableOffset: number
  readonly aborted: readonly AbortedTransaction[]
  /** Record batches as stored; the last may be cut off. A view into the answer. */
  readonly batches: Buffer
}

export interface FetchAnswer extends Answer {
  readonly code: number
  readonly partitions: readonly FetchedPartition[]
}

const READ_COMMITTED = 1
const CONSUMER = -1
const UNKNOWN = -1
/** Session id and epoch of a fetch that is complete in itself. */
const NO_SESSION = 0
const NO_SESSION_EPOCH = -1

/**
 * Fetch version 11 (Kafka 2.3), answered at the first byte. The broker fills the answer in the order
 * of the partitions up to `maxBytes`, but gives one whole batch however large.
 */
export function fetchRequest(options: FetchOptions): WireRequest<FetchAnswer> {
  return {
    apiKey: 1,
    apiVersion: 11,
    apiName: 'Fetch',
    waitMs: options.maxWaitMs,
    write: (writer) => {
      writer.int32(CONSUMER).int32(options.maxWaitMs).int32(1)
      writer.int32(Math.min(options.maxBytes, 0x7fffffff))
      writer.int8(READ_COMMITTED).int32(NO_SESSION).int32(NO_SESSION_EPOCH)
      const topics = [...Map.groupBy(options.positions, ({ topic }) => topic)]
      writer.array(topics, ([topic, positions]) => {
        writer.string(topic)
        writer.array(positions, ({ partition, offset }) => {
          writer.int32(partition).int32(UNKNOWN).int64(offset).int64(UNKNOWN)
          writer.int32(options.partitionMaxBytes)
        })
      })
      writer.int32(0).string('')
    },
    read: (reader) => {
      const throttleMs = reader.int32()
      const code = reader.int16()
      reader.int32()
      const topics = reader.array(() => {
        const topic = reader.string()
        return reader.array(() => {
          const head = { topic, partition: reader.int32(), code: reader.int16() }
          reader.int64()
          const lastStableOffset = reader.int64()
          reader.int64()
          const aborted = reader.array(() => ({
            producerId: reader.bigint64(),
            firstOffset: reader.int64()
          }))
          reader.int32()
          return { ...head, lastStableOffset, aborted, batches: reader.bytes() }
        })
      })
      return { throttleMs, code, partitions: topics.flat() }
    }
  }
}
