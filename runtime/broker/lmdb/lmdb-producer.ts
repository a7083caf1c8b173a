import { type ConnectError, DataError, FencedError } from '../../api/errors.ts'
import type { TopicPartition } from '../../api/record.ts'
import type { LogRecord, Producer } from '../broker.ts'
import { RecordBatchBuilder } from '../record-batch.ts'
import { readInt64 } from '../record-batch-format.ts'
import { BatchMemory } from './batch-memory.ts'
import { unknownTopic } from './log-error.ts'
import { CREATION_KEY, encodeNumbers, type PartitionId, producerKey, stateKey } from './log-keys.ts'
import type { LogStore } from './log-store.ts'
import type { LogTransaction, WriteQueue } from './log-transaction.ts'
import { appendBatch } from './partition-log.ts'
import type { TopicRegistry } from './topic-registry.ts'

/** Kafka's default of `max.message.bytes`, which bounds a batch. */
const DEFAULT_BATCH_BYTES = 1_048_588
/** More partitions than this, and a producer gives its memory back after every transaction. */
const KEPT_ENCODERS = 16

export interface LmdbProducerOptions {
  readonly store: LogStore
  readonly queue: WriteQueue
  readonly topics: TopicRegistry
}

/** A batch that is complete but for its base offset. */
interface PendingBatch {
  readonly topic: string
  readonly id: PartitionId
  readonly bytes: Buffer
}

interface BatchLimit {
  readonly bytes: number
  /** The topic's own config asks for it, so that a record larger than this is refused. */
  readonly strict: boolean
}

function batchLimit(topic: { configs: Readonly<Record<string, string>> }): BatchLimit {
  const configured = Number(topic.configs['max.message.bytes'] ?? Number.NaN)
  if (Number.isSafeInteger(configured) && configured > 0) return { bytes: configured, strict: true }
  return { bytes: DEFAULT_BATCH_BYTES, strict: false }
}

/** Encodes records into batches of one partition, over and over in the same memory. */
class BatchEncoder {
  readonly #place: TopicPartition
  readonly #memory: BatchMemory
  #id: PartitionId
  #limit: BatchLimit
  #builder: RecordBatchBuilder
  #full: PendingBatch[] = []

  constructor(topics: TopicRegistry, place: TopicPartition, memory: BatchMemory) {
    this.#place = place
    this.#memory = memory
    this.#id = topics.locate(place)
    this.#limit = batchLimit(topics.get(place.topic))
    this.#builder = new RecordBatchBuilder({ maxBytes: this.#limit.bytes })
  }

  /** Empties it, and looks the topic up again: it may have been deleted and made anew. */
  restart(topics: TopicRegistry): void {
    this.#full = []
    this.#builder.reset()
    this.#id = topics.locate(this.#place)
    const limit = batchLimit(topics.get(this.#place.topic))
    if (limit.bytes !== this.#limit.bytes) {
      this.#builder = new RecordBatchBuilder({ maxBytes: limit.bytes })
    }
    this.#limit = limit
  }

  add(records: readonly LogRecord[]): void {
    for (const record of records) {
      if (this.#builder.append(record)) continue
      this.#finish()
      this.#builder.append(record)
    }
  }

  /** Everything that was added, in order. */
  batches(): readonly PendingBatch[] {
    if (this.#builder.count > 0) this.#finish()
    return this.#full
  }

  #finish(): void {
    const bytes = this.#builder.finish({ allocate: this.#memory.allocate })
    const { topic } = this.#place
    const { bytes: limit, strict } = this.#limit
    if (strict && bytes.length > limit) throw recordTooLarge(topic, bytes.length, limit)
    this.#full.push({ topic, id: this.#id, bytes })
  }
}

/** The encoders that a producer has used, kept for their memory. */
class BatchEncoders {
  readonly #topics: TopicRegistry
  readonly #memory = new BatchMemory()
  readonly #encoders = new Map<string, BatchEncoder>()
  #started = new Map<string, BatchEncoder>()

  constructor(topics: TopicRegistry) {
    this.#topics = topics
  }

  /** @throws {ConnectError} UNKNOWN_TOPIC, UNKNOWN_PARTITION, INVALID_TIMESTAMP */
  add(place: TopicPartition, records: readonly LogRecord[]): void {
    const name = `${place.partition} ${place.topic}`
    const encoder = this.#started.get(name) ?? this.#start(name, place)
    encoder.add(records)
  }

  /** Takes out everything that was added since the last time. */
  take(): readonly PendingBatch[] {
    const started = [...this.#started.values()]
    this.clear()
    return started.flatMap((encoder) => encoder.batches())
  }

  /** Gives back the memory of batches that are on disk. */
  free(batches: readonly PendingBatch[]): void {
    this.#memory.free(batches.map(({ bytes }) => bytes))
  }

  clear(): void {
    this.#started = new Map()
    if (this.#encoders.size > KEPT_ENCODERS) this.#encoders.clear()
  }

  #start(name: string, place: TopicPartition): BatchEncoder {
    const known = this.#encoders.get(name)
    const encoder = known ?? new BatchEncoder(this.#topics, place, this.#memory)
    known?.restart(this.#topics)
    this.#encoders.set(name, encoder)
    this.#started.set(name, encoder)
    return encoder
  }
}

/** Each append is one durable write of its own. */
export class LmdbProducer implements Producer {
  readonly #store: LogStore
  readonly #queue: WriteQueue
  readonly #encoders: BatchEncoders
  readonly #guard: () => void

  /** @param guard see `ProducerOptions` */
  constructor({ store, queue, topics }: LmdbProducerOptions, guard: () => void = () => {}) {
    this.#guard = guard
    this.#store = store
    this.#queue = queue
    this.#encoders = new BatchEncoders(topics)
  }

  async append(topic: string, partition: number, records: readonly LogRecord[]): Promise<number> {
    this.#store.refresh()
    this.#encoders.clear()
    this.#encoders.add({ topic, partition }, records)
    const batches = this.#encoders.take()
    return this.#queue.run((transaction) => {
      // Planned again when somebody else has written to the partition: then the answer may be another.
      this.#guard()
      return appendAll(transaction, batches)[0] ?? -1
    })
  }

  async commit(): Promise<void> {}

  async abort(): Promise<void> {}

  async close(): Promise<void> {}
}

/**
 * Keeps encoded batches in memory and writes them all in one LMDB transaction, in which it also
 * checks that no newer producer has taken its transactional id.
 */
export class LmdbTransactionalProducer implements Producer {
  readonly #options: LmdbProducerOptions
  readonly #transactionalId: string
  readonly #key: Buffer
  readonly #epoch: number
  readonly #encoders: BatchEncoders
  #fenced = false

  /** Takes over the transactional id: producers that had it before are fenced from now on. */
  static async open(
    options: LmdbProducerOptions,
    transactionalId: string
  ): Promise<LmdbTransactionalProducer> {
    const key = producerKey(transactionalId)
    const epoch = await options.queue.run((transaction) => {
      const stored = transaction.read(key)
      if (stored === undefined) transaction.touch(CREATION_KEY)
      const next = stored === undefined ? 0 : readInt64(stored, 0) + 1
      transaction.put(key, encodeNumbers([next]))
      return next
    })
    return new LmdbTransactionalProducer(options, { transactionalId, epoch })
  }

  private constructor(
    options: LmdbProducerOptions,
    { transactionalId, epoch }: { transactionalId: string; epoch: number }
  ) {
    this.#options = options
    this.#transactionalId = transactionalId
    this.#key = producerKey(transactionalId)
    this.#epoch = epoch
    this.#encoders = new BatchEncoders(options.topics)
  }

  async append(topic: string, partition: number, records: readonly LogRecord[]): Promise<number> {
    const { store } = this.#options
    store.refresh()
    this.#checkEpoch(store.meta(this.#key)?.value)
    this.#encoders.add({ topic, partition }, records)
    return -1
  }

  async commit(): Promise<void> {
    const batches = this.#encoders.take()
    await this.#options.queue.run((transaction) => {
      this.#checkEpoch(transaction.read(this.#key))
      appendAll(transaction, batches)
    })
    this.#encoders.free(batches)
  }

  async abort(): Promise<void> {
    this.#encoders.clear()
    const { store } = this.#options
    store.refresh()
    this.#checkEpoch(store.meta(this.#key)?.value)
  }

  async close(): Promise<void> {
    this.#encoders.clear()
  }

  #checkEpoch(stored: Buffer | undefined): void {
    if (!this.#fenced && stored !== undefined && readInt64(stored, 0) === this.#epoch) return
    this.#fenced = true
    this.#encoders.clear()
    throw new FencedError(
      `A newer producer has taken the transactional id ${this.#transactionalId}`
    )
  }
}

/** @throws {RetriableError} UNKNOWN_TOPIC before anything is planned */
function appendAll(transaction: LogTransaction, batches: readonly PendingBatch[]): number[] {
  for (const { id, topic } of batches) {
    if (transaction.read(stateKey(id)) === undefined) throw unknownTopic(topic)
  }
  return batches.map(({ id, bytes }) => appendBatch(transaction, id, bytes) ?? -1)
}

function recordTooLarge(topic: string, bytes: number, limit: number): ConnectError {
  return new DataError(
    'RECORD_TOO_LARGE',
    `A record for topic ${topic} takes ${bytes} bytes, more than its max.message.bytes of ${limit}`,
    { hint: 'raise max.message.bytes of the topic, or leave out large columns' }
  )
}
