import { type Clock, sleep } from '../api/clock.ts'
import { ConnectError, describeError } from '../api/errors.ts'
import type { TopicPartitionOffset } from '../api/record.ts'
import type { Logger } from '../api/task.ts'
import type {
  Broker,
  FetchedBatch,
  LogRecord,
  Producer,
  Reader,
  TopicSpec
} from '../broker/broker.ts'
import { partitionOfKey } from './murmur2.ts'

const READ_BYTES = 4 * 1024 * 1024
const FOLLOW_WAIT_MS = 60_000
const RETRY_MS = 500

/** A record of an internal topic. */
export interface CompactedRecord {
  readonly key: string
  /** Null is a tombstone. */
  readonly value: string | null
  readonly offset: number
  readonly timestamp: number
}

/** A record to write. */
export interface KeyedText {
  readonly key: string
  readonly value: string | null
}

export interface CompactedTopicOptions {
  readonly broker: Broker
  readonly clock: Clock
  /** Created when missing, always with `cleanup.policy=compact`. */
  readonly spec: TopicSpec
  readonly clientId: string
  readonly logger: Logger
  /** Called for every record, in order within a partition. */
  onRecord(record: CompactedRecord): void
}

/**
 * One of the internal topics: read to its end, then followed or read on when asked. Keys go to
 * partitions as Kafka's default partitioner sends them.
 */
export class CompactedTopic {
  readonly #broker: Broker
  readonly #options: CompactedTopicOptions
  readonly #reader: Reader
  readonly #partitions: number
  readonly #positions: number[]
  readonly #waiters = new Set<{ ends: readonly TopicPartitionOffset[]; done: () => void }>()
  readonly #closing = new AbortController()
  #producer: Promise<Producer> | undefined
  #reading: Promise<void> = Promise.resolve()
  #writing: Promise<unknown> = Promise.resolve()
  #following: Promise<void> | undefined

  private constructor(options: CompactedTopicOptions, reader: Reader, starts: readonly number[]) {
    this.#broker = options.broker
    this.#options = options
    this.#reader = reader
    this.#partitions = starts.length
    this.#positions = [...starts]
  }

  /**
   * Creates the topic when it is missing and reads it to its end.
   * @throws {ConnectError} INTERNAL_TOPIC_NOT_COMPACTED when it exists with another cleanup policy:
   * its records would expire
   */
  static async open(options: CompactedTopicOptions, signal?: AbortSignal): Promise<CompactedTopic> {
    const { broker, spec } = options
    await broker.createTopics([
      { ...spec, configs: { ...spec.configs, 'cleanup.policy': 'compact' } }
    ])
    const [found] = await broker.describeTopics([spec.name])
    const policy = found?.configs['cleanup.policy'] ?? 'compact'
    if (policy !== 'compact') throw notCompacted(spec.name, policy)
    const count = found?.partitions ?? spec.partitions
    const all = Array.from({ length: count }, (_, partition) => ({ topic: spec.name, partition }))
    const starts = await broker.offsets(all, 'earliest')
    const reader = await broker.reader()
    reader.assign(starts)
    const topic = new CompactedTopic(
      options,
      reader,
      starts.map((start) => start.offset)
    )
    await topic.readToEnd(signal)
    return topic
  }

  get name(): string {
    return this.#options.spec.name
  }

  /** Where a record with this key belongs. */
  partitionOf(key: string): number {
    return partitionOfKey(Buffer.from(key), this.#partitions)
  }

  /** Resolves when everything that could be read at the time of the call has been handed to `onRecord`. */
  readToEnd(signal?: AbortSignal): Promise<void> {
    return this.#readTo('latest', signal)
  }

  /**
   * Resolves when everything that was written before the call has been handed to `onRecord`, or was
   * aborted. Where a transaction is still open it waits: Kafka also ends a committed one only some time
   * after it says so, and shows nothing that comes later in the partition before.
   */
  readWritten(signal?: AbortSignal): Promise<void> {
    return this.#readTo('written', signal)
  }

  async #readTo(end: 'latest' | 'written', signal?: AbortSignal): Promise<void> {
    const all = this.#positions.map((_, partition) => ({ topic: this.name, partition }))
    const ends = await this.#broker.offsets(all, end)
    if (this.#following) {
      await new Promise<void>((done) => {
        this.#waiters.add({ ends, done })
        this.#wakeWaiters()
      })
      return
    }
    const read = this.#reading.then(async () => {
      while (!this.#reached(ends)) {
        signal?.throwIfAborted()
        if (this.#closing.signal.aborted) throw closed(this.name)
        if (await this.#readOnce(1000, signal)) continue
        // A reader of a closed broker returns nothing, at once and for ever; this throws then.
        await this.#broker.offsets(all.slice(0, 1), 'earliest')
      }
    })
    // The next reader must not see this one's failure, only wait for its end.
    this.#reading = read.catch(() => undefined)
    await read
  }

  /** Hands on new records as they come, until `close`. */
  follow(): void {
    this.#following ??= this.#reading.then(() => this.#follow(this.#closing.signal))
  }

  /** Appends records; durable when it resolves. Records of one partition are one batch. */
  write(records: readonly KeyedText[]): Promise<void> {
    const written = this.#writing.then(async () => {
      this.#producer ??= this.#broker.producer({ clientId: this.#options.clientId })
      await this.#append(await this.#producer, records)
    })
    this.#writing = written.catch(() => {
      this.#producer = undefined
    })
    return written
  }

  /** As `write`, in one transaction of the given producer. */
  async writeAs(producer: Producer, records: readonly KeyedText[]): Promise<void> {
    await this.#append(producer, records)
    await producer.commit()
  }

  async #append(producer: Producer, records: readonly KeyedText[]): Promise<void> {
    const timestamp = this.#options.clock.wallTime()
    const byPartition = Map.groupBy(records, ({ key }) => this.partitionOf(key))
    for (const [partition, group] of byPartition) {
      const batch = group.map(({ key, value }): LogRecord => {
        return { key, value, headers: [], timestamp }
      })
      await producer.append(this.name, partition, batch)
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#writing
    await this.#following
    await this.#reading
    for (const waiter of this.#waiters) waiter.done()
    await this.#reader.close()
    await (await this.#producer)?.close()
  }

  async #follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#readOnce(FOLLOW_WAIT_MS, signal)
      } catch (error) {
        if (signal.aborted) return
        this.#options.logger.warn('Cannot read an internal topic; trying again.', {
          topic: this.name,
          error: describeError(error)
        })
        await sleep(this.#options.clock, RETRY_MS, signal)
      }
    }
  }

  /** @returns whether there was anything */
  async #readOnce(maxWaitMs: number, signal: AbortSignal | undefined): Promise<boolean> {
    const limits = { maxBytes: READ_BYTES, maxWaitMs }
    const batches = await this.#reader.read(signal ? { ...limits, signal } : limits)
    for (const batch of batches) this.#take(batch)
    this.#wakeWaiters()
    return batches.length > 0
  }

  #take(batch: FetchedBatch): void {
    for (const { key, value, offset, timestamp } of batch.records) {
      if (key === null) continue
      this.#options.onRecord({
        key: key.toString('utf8'),
        value: value === null ? null : value.toString('utf8'),
        offset,
        timestamp
      })
    }
    this.#positions[batch.partition] = batch.nextOffset
  }

  #reached(ends: readonly TopicPartitionOffset[]): boolean {
    return ends.every(({ partition, offset }) => (this.#positions[partition] ?? 0) >= offset)
  }

  #wakeWaiters(): void {
    for (const waiter of this.#waiters) {
      if (!this.#reached(waiter.ends)) continue
      this.#waiters.delete(waiter)
      waiter.done()
    }
  }
}

function closed(topic: string): ConnectError {
  return new ConnectError('BROKER_CLOSED', `Topic ${topic} was closed while it was read`)
}

function notCompacted(topic: string, policy: string): ConnectError {
  return new ConnectError(
    'INTERNAL_TOPIC_NOT_COMPACTED',
    `Topic '${topic}' has cleanup.policy '${policy}', but an internal topic must have 'compact': what it holds would be deleted`,
    { hint: `set cleanup.policy=compact on topic '${topic}', or name another topic` }
  )
}
