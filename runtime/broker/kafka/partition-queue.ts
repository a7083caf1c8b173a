import type { TopicPartition } from '../../api/record.ts'
import type { LogRecord } from '../broker.ts'
import { decodeBatches, RecordBatchBuilder } from '../record-batch.ts'
import { HEADER_BYTES } from '../record-batch-format.ts'
import { compressBatch } from './batch-compression.ts'
import type { ClientSettings } from './client-config.ts'
import type { ProducedBatch } from './produce-request.ts'
import type { ProducerIdentity } from './transaction-requests.ts'

/** An encoded batch on its way to a partition. */
export interface PendingBatch extends ProducedBatch {
  readonly queue: PartitionQueue
  readonly count: number
  /** Bytes of its records before compression. */
  readonly weight: number
  readonly baseSequence: number
  /** The records of the partition before it: unlike the sequence number, this does not wrap. */
  readonly order: number
  /** `performance.now()` of the first try to send it. */
  since: number
}

export interface QueueContext {
  readonly settings: ClientSettings
  readonly transactional: boolean
  identity(): ProducerIdentity
}

/**
 * The records on their way to one partition: a batch that is being filled, sealed batches, and those
 * in flight. Sealing gives a batch its sequence number, by which the broker drops a batch it has
 * already and refuses one that comes too early; so a batch that is sent again is the same bytes.
 */
export class PartitionQueue implements TopicPartition {
  readonly topic: string
  readonly partition: number
  /** Offset of the first record acknowledged since `add` was called on an empty queue, or -1. */
  firstOffset = -1
  /** Nothing is sent before this `performance.now()`. */
  notBefore = 0
  readonly #context: QueueContext
  #builder: RecordBatchBuilder
  #maxBytes: number
  #ready: PendingBatch[] = []
  #inFlight: PendingBatch[] = []
  #retrying = false
  /** The broker has taken a batch since the start or the last failure. */
  #proven = false
  #nextSequence = 0
  #nextOrder = 0

  constructor({ topic, partition }: TopicPartition, context: QueueContext) {
    this.topic = topic
    this.partition = partition
    this.#context = context
    this.#maxBytes = context.settings.maxRequestBytes
    this.#builder = new RecordBatchBuilder({ maxBytes: this.#maxBytes })
  }

  get isEmpty(): boolean {
    return !this.hasWork && this.#inFlight.length === 0
  }

  get hasWork(): boolean {
    return this.#ready.length > 0 || this.#builder.count > 0
  }

  /**
   * After a failure, batches go out again in order, which needs all of them to be back first. The
   * first batch goes alone: a broker that knows nothing of the producer takes any sequence number,
   * so that a second batch would get in although the first one was refused.
   */
  get mustWait(): boolean {
    const alone = this.#retrying || !this.#proven
    return (alone && this.#inFlight.length > 0) || this.notBefore > performance.now()
  }

  get maxBytes(): number {
    return this.#maxBytes
  }

  /** Encodes records. Returns by how many bytes the queue grew, before compression. */
  add(records: readonly LogRecord[]): number {
    if (this.isEmpty) this.firstOffset = -1
    let bytes = -this.#builder.bytes
    for (const record of records) {
      if (this.#builder.append(record)) continue
      bytes += this.#builder.bytes
      this.#seal()
      bytes -= this.#builder.bytes
      this.#builder.append(record)
    }
    return bytes + this.#builder.bytes
  }

  /** The next batch to send if it has room, moved in flight. */
  take(room: number): PendingBatch | null {
    if (this.#ready.length === 0 && this.#builder.count > 0) this.#seal()
    const batch = this.#ready[0]
    if (batch === undefined || batch.bytes.length > room) return null
    this.#ready.shift()
    this.#inFlight.push(batch)
    if (batch.since === 0) batch.since = performance.now()
    this.#retrying = false
    return batch
  }

  isFirst(batch: PendingBatch): boolean {
    return this.#inFlight.every(({ order }) => order >= batch.order) && !this.#retrying
  }

  acknowledge(batch: PendingBatch, baseOffset: number): void {
    this.#proven = true
    this.#inFlight = this.#inFlight.filter((other) => other !== batch)
    if (baseOffset >= 0 && (this.firstOffset < 0 || baseOffset < this.firstOffset)) {
      this.firstOffset = baseOffset
    }
  }

  /** Puts a batch that was in flight back in its place. */
  sendAgain(batch: PendingBatch, delayMs: number): void {
    this.#putBack(batch, [batch])
    this.notBefore = performance.now() + delayMs
  }

  /** Puts a batch back as smaller ones, with the same sequence numbers for the same records. */
  split(batch: PendingBatch): void {
    this.#maxBytes = Math.max(1024, Math.ceil(Math.min(batch.bytes.length, this.#maxBytes) / 2))
    const builder = new RecordBatchBuilder({ maxBytes: this.#maxBytes })
    const parts: PendingBatch[] = []
    let sequence = batch.baseSequence
    let order = batch.order
    const cut = () => {
      const part = this.#encode(builder, sequence, order)
      parts.push(part)
      sequence = sequenceAfter(sequence, part.count)
      order += part.count
    }
    for (const record of decodeBatches(batch.bytes)[0]?.records ?? []) {
      if (builder.append(record)) continue
      cut()
      builder.append(record)
    }
    cut()
    this.#putBack(batch, parts)
    if (this.#builder.count > 0) this.#seal()
    this.#builder = new RecordBatchBuilder({ maxBytes: this.#maxBytes })
  }

  #putBack(batch: PendingBatch, parts: readonly PendingBatch[]): void {
    this.#inFlight = this.#inFlight.filter((other) => other !== batch)
    this.#ready = [...parts, ...this.#ready].sort((a, b) => a.order - b.order)
    this.#retrying = true
    this.#proven = false
  }

  #seal(): void {
    const batch = this.#encode(this.#builder, this.#nextSequence, this.#nextOrder)
    this.#nextOrder += batch.count
    this.#nextSequence = sequenceAfter(this.#nextSequence, batch.count)
    this.#ready.push(batch)
  }

  #encode(builder: RecordBatchBuilder, baseSequence: number, order: number): PendingBatch {
    const { settings, transactional, identity } = this.#context
    const count = builder.count
    const plain = builder.finish({ ...identity(), baseSequence, transactional })
    const bytes = compressBatch(plain, settings)
    const { topic, partition } = this
    const weight = plain.length - HEADER_BYTES
    return { queue: this, topic, partition, bytes, count, weight, baseSequence, order, since: 0 }
  }
}

/** Sequence numbers are int32 and start again at 0. */
function sequenceAfter(sequence: number, count: number): number {
  return (sequence + count) % 0x80000000
}
