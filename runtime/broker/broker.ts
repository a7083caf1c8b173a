import type { TopicPartition, TopicPartitionOffset } from '../api/record.ts'
import type { GroupCoordinator, GroupOptions } from './group-coordinator.ts'

/**
 * A record on its way into a topic, already converted. Strings are encoded as UTF-8 straight into
 * the batch; null key, null value and null header values are kept as null.
 */
export interface LogRecord {
  readonly key: string | Uint8Array | null
  readonly value: string | Uint8Array | null
  readonly headers: readonly LogHeader[]
  /** Milliseconds since 1970. */
  readonly timestamp: number
}

export interface LogHeader {
  readonly key: string
  readonly value: string | Uint8Array | null
}

/** A record read from a topic. Byte arrays may be views into a larger buffer: copy to keep. */
export interface StoredRecord {
  readonly offset: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[]
  readonly timestamp: number
}

/** What one read returned for one partition: records in order, and where to go on. */
export interface FetchedBatch extends TopicPartition {
  readonly records: readonly StoredRecord[]
  /** The offset to read next: beyond the last record, and beyond markers and aborted records. */
  readonly nextOffset: number
  /** The end of what this reader may see: the next offset to be written, or the last stable one. */
  readonly endOffset: number
}

export interface TopicSpec {
  readonly name: string
  readonly partitions: number
  /** Kafka's topic configs: `cleanup.policy`, `retention.ms`, `retention.bytes`, `max.message.bytes`... */
  readonly configs?: Readonly<Record<string, string>>
  /** For Kafka; -1 is the broker's default. */
  readonly replicationFactor?: number
}

export interface TopicDescription {
  readonly name: string
  readonly partitions: number
  readonly configs: Readonly<Record<string, string>>
}

/**
 * A position to look up: the first record, the end of what readers may see, the end of everything that
 * is written (with transactions that are still open), or the first record at or after a time (ms since
 * 1970).
 */
export type OffsetSpec = 'earliest' | 'latest' | 'written' | { readonly timestamp: number }

export interface ProducerOptions {
  readonly clientId: string
  /**
   * Makes the producer transactional. Opening a second producer with the same id fences the first,
   * in this process or any other: its next call throws FencedError, and its open transaction aborts.
   */
  readonly transactionalId?: string
  /**
   * For a producer without transactions, which nothing fences: asked right before each write, also one
   * that is tried again. What it throws ends the append, with nothing written.
   */
  guard?(): void
}

/**
 * Appends records. With a transactional id, `append` buffers or sends inside a transaction that
 * starts by itself and ends with `commit` or `abort`; without one, each append is durable when it
 * resolves. Calls are made one after another, each awaited; a batch larger than the broker takes
 * is split by bytes.
 */
export interface Producer {
  /**
   * Encodes the records before it resolves: then their bytes are the caller's to use again.
   *
   * @returns the offset of the first record, or -1 where it is not yet known (inside a transaction)
   * @throws {FencedError} when a newer producer took over
   * @throws {RetriableError} when the broker cannot be reached; a transaction is then aborted
   */
  append(topic: string, partition: number, records: readonly LogRecord[]): Promise<number>
  /** Makes everything since the last commit visible and durable, all or nothing. Empty is fine. */
  commit(): Promise<void>
  /** Throws away everything since the last commit. */
  abort(): Promise<void>
  close(): Promise<void>
}

export interface ReadLimits {
  /** Bound on the bytes of all batches together; one batch is returned even when it is larger. */
  readonly maxBytes: number
  /** How long to wait for something new when there is nothing, in milliseconds. */
  readonly maxWaitMs: number
  readonly signal?: AbortSignal
}

/** Reads committed records only: those of open and aborted transactions never show. */
export interface Reader {
  /** Replaces the positions to read from. A position out of range is an OFFSET_OUT_OF_RANGE error at `read`. */
  assign(positions: readonly TopicPartitionOffset[]): void
  /** Returns as soon as there is something; partitions take turns, so that none starves another. */
  read(limits: ReadLimits): Promise<readonly FetchedBatch[]>
  close(): Promise<void>
}

/**
 * Where topics live. Nothing above `runtime/broker` knows which implementation runs, and the
 * records in a topic are the same bytes in both.
 */
export interface Broker {
  /** Creates what is missing; an existing topic is left as it is. */
  createTopics(topics: readonly TopicSpec[]): Promise<void>
  /** Describes the named topics (leaving out those that do not exist), or all. */
  describeTopics(names?: readonly string[]): Promise<readonly TopicDescription[]>
  deleteTopics(names: readonly string[]): Promise<void>
  /** Deletes the records before the given offsets. */
  deleteRecords(before: readonly TopicPartitionOffset[]): Promise<void>
  /** Offsets in the order asked; a timestamp after the last record gives the end offset. */
  offsets(
    partitions: readonly TopicPartition[],
    spec: OffsetSpec
  ): Promise<readonly TopicPartitionOffset[]>
  producer(options: ProducerOptions): Promise<Producer>
  reader(): Promise<Reader>
  /** The committed offsets of a consumer group; partitions without one are left out. */
  groupOffsets(group: string): Promise<readonly TopicPartitionOffset[]>
  commitGroupOffsets(group: string, offsets: readonly TopicPartitionOffset[]): Promise<void>
  /** Forgets offsets of some partitions, known or not; the group has no members. */
  deleteGroupOffsets(group: string, partitions: readonly TopicPartition[]): Promise<void>
  deleteGroup(group: string): Promise<void>
  /** Membership of a group of workers. Nothing is joined yet. */
  coordinator(options: GroupOptions): Promise<GroupCoordinator>
  /** Kafka's id of the cluster, or one of the same form that the embedded log keeps. */
  clusterId(): Promise<string>
  /**
   * Applies retention and compaction, where the broker does not do so by itself. Called every minute
   * by each worker; one of them does it.
   */
  maintain?(signal?: AbortSignal): Promise<unknown>
  close(): Promise<void>
}
