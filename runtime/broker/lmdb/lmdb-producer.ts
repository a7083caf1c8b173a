import { type ConnectError, DataError, FencedError } from '../../api/errors.ts'
import type { LogRecord, Producer } from '../broker.ts'
import { RecordBatchBuilder } from '../record-batch.ts'
import { readInt64 } from '../record-batch-format.ts'
import { unknownTopic } from './log-error.ts'
import { CREATION_KEY, encodeNumbers, type PartitionId, producerKey, stateKey } from './log-keys.ts'
import type { LogStore } from './log-store.ts'
import type { LogTransaction, WriteQueue } from './log-transaction.ts'
import { appendBatch } from './partition-log.ts'
import type { TopicRegistry } from './topic-registry.ts'

/** Kafka's default of `max.message.bytes`, which bounds a batch. */
const DEFAULT_BATCH_BYTES = 1_048_588

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

/** The bound on a batch, and whether the topic's own config asks for it. */
function batchLimit(topic: { configs: Readonly<Record<string, string>> }): {
  bytes: number
  strict: boolean
} {
  const configured = Number(topic.configs['max.message.bytes'] ?? Number.NaN)
  if (Number.isSafeInteger(configured) && configured > 0) return { bytes: configured, strict: true }
  return { bytes: DEFAULT_BATCH_BYTES, strict: false }
}

/** Encodes records into batches of one partition. */
class BatchEncoder {
  readonly #topic: string
  readonly #id: PartitionId
  readonly #limit: { bytes: number; strict: boolean }
  readonly #builder: RecordBatchBuilder
  readonly #full: PendingBatch[] = []

  constructor(topics: TopicRegistry, topic: string, partition: number) {
    this.#topic = topic
    this.#id = topics.locate({ topic, partition })
    this.#limit = batchLimit(topics.get(topic))
    this.#builder = new RecordBatchBuilder({ maxBytes: this.#limit.bytes })
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
    const bytes = this.#builder.finish()
    const { bytes: limit, strict } = this.#limit
    if (strict && bytes.length > limit) throw recordTooLarge(this.#topic, bytes.length, limit)
    this.#full.push({ topic: this.#topic, id: this.#id, bytes })
  }
}

/** Each append is one durable write of its own. */
export class LmdbProducer implements Producer {
  readonly #options: LmdbProducerOptions

  constructor(options: LmdbProducerOptions) {
    this.#options = options
  }

  async append(topic: string, partition: number, records: readonly LogRecord[]): Promise<number> {
    const { store, topics, queue } = this.#options
    store.refresh()
    const encoder = new BatchEncoder(topics, topic, partition)
    encoder.add(records)
    const batches = encoder.batches()
    return queue.run((transaction) => appendAll(transaction, batches)[0] ?? -1)
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
  #encoders = new Map<string, BatchEncoder>()
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
  }

  async append(topic: string, partition: number, records: readonly LogRecord[]): Promise<number> {
    const { store, topics } = this.#options
    store.refresh()
    this.#checkEpoch(store.meta(this.#key)?.value)
    const place = `${partition} ${topic}`
    let encoder = this.#encoders.get(place)
    if (encoder === undefined) {
      encoder = new BatchEncoder(topics, topic, partition)
      this.#encoders.set(place, encoder)
    }
    encoder.add(records)
    return -1
  }

  async commit(): Promise<void> {
    const batches = [...this.#encoders.values()].flatMap((encoder) => encoder.batches())
    this.#encoders = new Map()
    await this.#options.queue.run((transaction) => {
      this.#checkEpoch(transaction.read(this.#key))
      appendAll(transaction, batches)
    })
  }

  async abort(): Promise<void> {
    this.#encoders = new Map()
    const { store } = this.#options
    store.refresh()
    this.#checkEpoch(store.meta(this.#key)?.value)
  }

  async close(): Promise<void> {
    this.#encoders = new Map()
  }

  #checkEpoch(stored: Buffer | undefined): void {
    if (!this.#fenced && stored !== undefined && readInt64(stored, 0) === this.#epoch) return
    this.#fenced = true
    this.#encoders = new Map()
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
