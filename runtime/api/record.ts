import type { Schema } from './schema.ts'

/** One header. Headers keep their order, may repeat, and may be null. */
export interface Header {
  readonly key: string
  readonly schema: Schema | null
  readonly value: unknown
}

/** What source and sink records share. A null schema goes with a schemaless value: plain JSON. */
export interface ConnectRecord {
  readonly topic: string
  readonly keySchema: Schema | null
  readonly key: unknown
  readonly valueSchema: Schema | null
  /** Null is a tombstone. */
  readonly value: unknown
  /** Records may share one list; it must not change afterwards. */
  readonly headers: readonly Header[]
  /** Milliseconds since 1970, or null: the time at which the record is appended. */
  readonly timestamp: number | null
}

/** A record on its way from a source to a topic. */
export interface SourceRecord extends ConnectRecord {
  /** Topic partition, or null: chosen by the hash of the key, as Kafka's default partitioner does. */
  readonly partition: number | null
}

/** A record on its way from a topic to a sink. Topic may have been changed by a transform. */
export interface SinkRecord extends ConnectRecord {
  readonly partition: number
  readonly offset: number
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  /** Where the record was read, whatever transforms made of its topic (KIP-793). */
  readonly original: TopicPartitionOffset
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export interface TopicPartitionOffset extends TopicPartition {
  readonly offset: number
}

/** A value of a source partition or offset: Kafka Connect allows strings and primitives only. */
export type OffsetValue = string | number | bigint | boolean | null

/** Which stream of the source a batch came from, such as `{ server: 'shop' }`. */
export type SourcePartition = Readonly<Record<string, OffsetValue>>

/** Where to resume that stream, such as `{ lsn: 24023128 }`. Opaque to the runtime. */
export type SourceOffset = Readonly<Record<string, OffsetValue>>

/** Records of one source partition, and the position to resume from once they are durable. */
export interface SourceBatch {
  readonly sourcePartition: SourcePartition
  /** The offset after the last record. Null leaves the stored offset as it is. */
  readonly sourceOffset: SourceOffset | null
  /** May be empty: then only the offset moves on. */
  readonly records: readonly SourceRecord[]
}
