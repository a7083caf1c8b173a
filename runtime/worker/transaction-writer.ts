import type { SourceOffset, SourcePartition } from '../api/record.ts'
import type { LogRecord, Producer } from '../broker/broker.ts'
import { printExactJson } from '../stores/exact-json.ts'
import type { OffsetEntry, OffsetRecord } from '../stores/offset-store.ts'
import { TextArena } from './text-arena.ts'

/** Records on their way to one topic partition. */
export interface PartitionBuffer {
  readonly topic: string
  readonly partition: number
  records: LogRecord[]
}

export interface TransactionLimits {
  /** A transaction is closed at this size... */
  readonly closeBytes: number
  /** ...or after so many records... */
  readonly closeRecords: number
  /** ...or so many milliseconds after its first record; when the task runs idle, at once. */
  readonly closeAfterMs: number
  /** Bound on what is open and what is being committed, together. */
  readonly maxBytes: number
}

export interface TransactionWriterOptions {
  readonly producer: Producer
  /** The offsets topic, and the records that store these offsets in it. */
  readonly offsetsTopic: string
  offsetRecords(entries: readonly OffsetEntry[]): readonly OffsetRecord[]
  readonly limits: TransactionLimits
  readonly now: () => number
  /** A transaction with these offsets is durable. */
  onDurable(entries: readonly OffsetEntry[], counts: TransactionCounts): void
  /** Room was made, or a commit failed: see `error`. */
  onSettled(): void
}

export interface TransactionCounts {
  /** Records written. */
  readonly records: number
  /** Records polled for it: those that transforms dropped, too. */
  readonly polled: number
  readonly bytes: number
  /** How long the commit took, in milliseconds. */
  readonly ms: number
}

/** Roughly what a record costs besides its key and value. */
const RECORD_OVERHEAD = 64

interface Part {
  readonly topic: string
  readonly partition: number
  readonly records: readonly LogRecord[]
}

/**
 * Gathers converted records and source offsets and writes both in one transaction. While one
 * transaction commits the next is gathered; what has gathered by then is the next transaction, so
 * that latency is that of one commit when quiet and the cost of a commit is shared when busy.
 */
export class TransactionWriter {
  readonly #options: TransactionWriterOptions
  /** What the open transaction's records are encoded in, and what the next one's will be. */
  #arena = new TextArena()
  #nextArena = new TextArena()
  #dirty: PartitionBuffer[] = []
  #offsets = new Map<string, OffsetEntry>()
  #bytes = 0
  #records = 0
  #polled = 0
  /** Of the open transaction, spilled ones included. */
  #totalBytes = 0
  #openedAt = 0
  #inBatch = false
  #closeWanted = false
  #committing: Promise<void> | undefined
  #committingBytes = 0
  #error: unknown

  constructor(options: TransactionWriterOptions) {
    this.#options = options
  }

  /** Why the last commit failed. The writer takes nothing more after that. */
  get error(): unknown {
    return this.#error
  }

  /** Whether more may be gathered without passing the bound on bytes. */
  get hasRoom(): boolean {
    return this.bytesInFlight < this.#options.limits.maxBytes
  }

  /** What is open and what is being committed, in bytes. */
  get bytesInFlight(): number {
    return this.#bytes + this.#committingBytes
  }

  /** Whether the open transaction has reached its size or age. */
  get isDue(): boolean {
    const { closeBytes, closeRecords, closeAfterMs } = this.#options.limits
    if (this.#bytes >= closeBytes || this.#records >= closeRecords) return true
    return !this.#isEmpty && this.#options.now() - this.#openedAt >= closeAfterMs
  }

  /** Whether records inside one batch should be sent on before the batch ends. */
  get mustSpill(): boolean {
    return this.#bytes >= this.#options.limits.closeBytes
  }

  /** A transaction never ends between this and {@link endBatch}. */
  beginBatch(): void {
    this.#inBatch = true
    if (this.#isEmpty) this.#openedAt = this.#options.now()
  }

  add(buffer: PartitionBuffer, record: LogRecord): void {
    const { headers, timestamp } = record
    const key = this.#encode(record.key)
    const value = this.#encode(record.value)
    if (buffer.records.length === 0) this.#dirty.push(buffer)
    buffer.records.push({ key, value, headers, timestamp })
    const bytes = (key?.length ?? 0) + (value?.length ?? 0) + RECORD_OVERHEAD
    this.#bytes += bytes
    this.#totalBytes += bytes
    this.#records++
  }

  /**
   * @param offset the position after the batch; null leaves the stored one
   * @param polled how many records the batch had
   */
  endBatch(partition: SourcePartition, offset: SourceOffset | null, polled: number): void {
    this.#inBatch = false
    this.#polled += polled
    if (offset !== null) this.#offsets.set(identity(partition), { partition, offset })
  }

  /** Ends the open transaction, now or as soon as the one before it is durable. */
  close(): void {
    if (this.#isEmpty || this.#error !== undefined) return
    if (this.#committing || this.#inBatch) this.#closeWanted = true
    else this.#begin()
  }

  /** Appends what one large batch has gathered so far, and leaves the transaction open. */
  async spill(): Promise<void> {
    await this.#committing
    if (this.#error !== undefined) throw this.#error
    const { parts, arena } = this.#takeParts()
    await this.#append(parts)
    arena.clear()
  }

  /** Closes the open transaction and waits until everything is durable, or a commit fails. */
  async drain(): Promise<void> {
    while (this.#error === undefined && (!this.#isEmpty || this.#committing)) {
      this.close()
      await this.#committing
    }
    if (this.#error !== undefined) throw this.#error
  }

  get #isEmpty(): boolean {
    return this.#records === 0 && this.#offsets.size === 0
  }

  #begin(): void {
    this.#closeWanted = false
    const offsets = [...this.#offsets.values()]
    this.#offsets = new Map()
    const counts = { records: this.#records, polled: this.#polled, bytes: this.#totalBytes }
    const begunAt = this.#options.now()
    this.#records = 0
    this.#polled = 0
    this.#totalBytes = 0
    const { parts, bytes, arena } = this.#takeParts()
    this.#committingBytes = bytes
    this.#committing = this.#commit(parts, offsets).then(
      () => {
        arena.clear()
        const ms = this.#options.now() - begunAt
        this.#settle(() => this.#options.onDurable(offsets, { ...counts, ms }))
      },
      (error: unknown) => this.#settle(() => this.#fail(error))
    )
  }

  #fail(error: unknown): void {
    this.#error = error ?? new Error('The transaction failed without a reason.')
  }

  #settle(tell: () => void): void {
    this.#committing = undefined
    this.#committingBytes = 0
    tell()
    if (this.#closeWanted && !this.#inBatch) this.close()
    this.#options.onSettled()
  }

  #encode(field: string | Uint8Array | null): Uint8Array | null {
    return typeof field === 'string' ? this.#arena.encode(field) : field
  }

  /** Only one arena is taken at a time: nothing is taken while a transaction commits. */
  #takeParts(): { parts: readonly Part[]; bytes: number; arena: TextArena } {
    const bytes = this.#bytes
    const arena = this.#arena
    this.#arena = this.#nextArena
    this.#nextArena = arena
    const parts = this.#dirty.map((buffer) => {
      const { topic, partition, records } = buffer
      buffer.records = []
      return { topic, partition, records }
    })
    this.#dirty = []
    this.#bytes = 0
    return { parts, bytes, arena }
  }

  async #commit(parts: readonly Part[], offsets: readonly OffsetEntry[]): Promise<void> {
    await this.#append(parts)
    const { producer, offsetsTopic } = this.#options
    // Without a transaction this order is what keeps the offset behind the records.
    for (const { partition, record } of this.#options.offsetRecords(offsets)) {
      await producer.append(offsetsTopic, partition, [record])
    }
    await producer.commit()
  }

  async #append(parts: readonly Part[]): Promise<void> {
    for (const { topic, partition, records } of parts) {
      await this.#options.producer.append(topic, partition, records)
    }
  }
}

const identities = new WeakMap<SourcePartition, string>()

/** Connectors hand out one partition object over and over: its text is made once. */
function identity(partition: SourcePartition): string {
  let known = identities.get(partition)
  if (known === undefined) {
    const names = Object.keys(partition).sort()
    known = printExactJson(names.map((name) => [name, partition[name]]))
    identities.set(partition, known)
  }
  return known
}
