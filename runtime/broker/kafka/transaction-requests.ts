import type { TopicPartition } from '../../api/record.ts'
import type { Answer, WireRequest } from './node-connection.ts'

/** A producer as the brokers know it; a higher epoch fences the lower ones of the same id. */
export interface ProducerIdentity {
  readonly producerId: bigint
  readonly producerEpoch: number
}

export const NO_IDENTITY: ProducerIdentity = { producerId: -1n, producerEpoch: -1 }

export interface CodeAnswer extends Answer {
  readonly code: number
}

export interface InitProducerIdAnswer extends CodeAnswer, ProducerIdentity {}

/**
 * InitProducerId version 3 (Kafka 2.5). With the last identity, the
 * coordinator raises the epoch only for the producer that still owns it and fences all others, so
 * that a stale producer cannot take the transactional id back while it recovers from an error
 * (KIP-360).
 */
export function initProducerIdRequest(
  transactionalId: string | null,
  { timeoutMs, last }: { timeoutMs: number; last: ProducerIdentity }
): WireRequest<InitProducerIdAnswer> {
  return {
    apiKey: 22,
    apiVersion: 3,
    apiName: 'InitProducerId',
    flexible: true,
    write: (writer) => {
      writer.compactString(transactionalId).int32(timeoutMs)
      writer.int64(last.producerId).int16(last.producerEpoch).uvarint(0)
    },
    read: (reader) => ({
      throttleMs: reader.int32(),
      code: reader.int16(),
      producerId: reader.bigint64(),
      producerEpoch: reader.int16()
    })
  }
}

/** AddPartitionsToTxn version 1: the newest without tagged fields, and for clients. */
export function addPartitionsRequest(
  transactionalId: string,
  { producerId, producerEpoch }: ProducerIdentity,
  partitions: readonly TopicPartition[]
): WireRequest<CodeAnswer> {
  return {
    apiKey: 24,
    apiVersion: 1,
    apiName: 'AddPartitionsToTxn',
    write: (writer) => {
      writer.string(transactionalId).int64(producerId).int16(producerEpoch)
      const topics = [...Map.groupBy(partitions, ({ topic }) => topic)]
      writer.array(topics, ([topic, parts]) => {
        writer.string(topic)
        writer.array(parts, ({ partition }) => writer.int32(partition))
      })
    },
    read: (reader) => {
      const throttleMs = reader.int32()
      const codes = reader
        .array(() => {
          reader.string()
          return reader.array(() => {
            reader.int32()
            return reader.int16()
          })
        })
        .flat()
      return { throttleMs, code: worstOf(codes) }
    }
  }
}

/** EndTxn version 1; asked twice for the same end, the coordinator agrees twice. */
export function endTransactionRequest(
  transactionalId: string,
  { producerId, producerEpoch }: ProducerIdentity,
  commit: boolean
): WireRequest<CodeAnswer> {
  return {
    apiKey: 26,
    apiVersion: 1,
    apiName: 'EndTxn',
    write: (writer) => {
      writer.string(transactionalId).int64(producerId).int16(producerEpoch).boolean(commit)
    },
    read: (reader) => ({ throttleMs: reader.int32(), code: reader.int16() })
  }
}

export interface TransactionDescription extends CodeAnswer, ProducerIdentity {
  /** `Ongoing`, `Empty`, `CompleteCommit`... */
  readonly state: string
}

/** DescribeTransactions version 0 (Kafka 3.0). */
export function describeTransactionRequest(
  transactionalId: string
): WireRequest<TransactionDescription> {
  return {
    apiKey: 65,
    apiVersion: 0,
    apiName: 'DescribeTransactions',
    flexible: true,
    write: (writer) => writer.uvarint(2).compactString(transactionalId).uvarint(0),
    read: (reader) => {
      const throttleMs = reader.int32()
      const [found] = reader.compactArray(() => {
        const code = reader.int16()
        reader.compactString()
        const state = reader.compactString()
        reader.int32()
        reader.int64()
        const producerId = reader.bigint64()
        const description = { code, state, producerId, producerEpoch: reader.int16() }
        reader.compactArray(() => {
          reader.compactString()
          reader.compactArray(() => reader.int32())
          reader.skipTags()
        })
        reader.skipTags()
        return description
      })
      return { throttleMs, ...(found ?? { ...NO_IDENTITY, code: 0, state: '' }) }
    }
  }
}

const NOT_ATTEMPTED = 55

/** The error that counts: others are only not attempted because of it. */
function worstOf(codes: readonly number[]): number {
  return codes.find((code) => code !== 0 && code !== NOT_ATTEMPTED) ?? codes.find(Boolean) ?? 0
}
