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
const FOLLOW_WAIT_MS = 5000
const RETRY_MS = 500
/**
 * How long to wait for a transaction that is open in the topic. The broker itself ends those of
 * producers that are gone, after transaction.timeout.ms (60 seconds) and a little more.
 */
const OPEN_LIMIT_MS = 90_000

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
   * Creates the topic when it is missing and reads what can be read at once: an open transaction may
   * be one that only a task can end which waits for this topic.
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
    await topic.#reach(await broker.offsets(all, 'latest'), Number.POSITIVE_INFINITY, signal)
    return topic
  }

  get name(): string {
    return this.#options.spec.name
  }

  /** Where a record with this key belongs. */
  partitionOf(key: string): number {
    return partitionOfKey(Buffer.from(key), this.#partitions)
  }

  /**
   * Resolves when everything that was committed before the call has been handed to `onRecord`. What
   * is open then is waited for: what was committed behind it cannot be read before it ends.
   */
  async readToEnd(signal?: AbortSignal): Promise<void> {
    const { logger } = this.#options
    const all = this.#positions.map((_, partition) => ({ topic: this.name, partition }))
    const ends = await this.#broker.offsets(all, 'end')
    if (await this.#reach(ends, OPEN_LIMIT_MS, signal)) return
    logger.warn('A transaction in an internal topic does not end; going on without what follows.', {
      topic: this.name
    })
    const stable = await this.#broker.offsets(all, 'latest')
    await this.#reach(stable, Number.POSITIVE_INFINITY, signal)
  }

  /** @returns whether the ends were reached within the time */
  #reach(
    ends: readonly TopicPartitionOffset[],
    limitMs: number,
    signal: AbortSignal | undefined
  ): Promise<boolean> {
    if (this.#following) return this.#reachByFollowing(ends, limitMs)
    const { clock } = this.#options
    const read = this.#reading.then(async () => {
      const deadline = clock.now() + limitMs
      while (!this.#reached(ends)) {
        signal?.throwIfAborted()
        if (clock.now() > deadline) return false
        await this.#readOnce(1000, signal)
      }
      return true
    })
    // The next reader must not see this one's failure, only wait for its end.
    this.#reading = read.then(
      () => undefined,
      () => undefined
    )
    return read
  }

  #reachByFollowing(ends: readonly TopicPartitionOffset[], limitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const waiter = {
        ends,
        done: () => {
          cancel?.()
          resolve(true)
        }
      }
      const cancel = Number.isFinite(limitMs)
        ? this.#options.clock.after(limitMs, () => {
            this.#waiters.delete(waiter)
            resolve(false)
          })
        : null
      this.#waiters.add(waiter)
      this.#wakeWaiters()
    })
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

  async #readOnce(maxWaitMs: number, signal: AbortSignal | undefined): Promise<void> {
    const limits = { maxBytes: READ_BYTES, maxWaitMs }
    for (const batch of await this.#reader.read(signal ? { ...limits, signal } : limits)) {
      this.#take(batch)
    }
    this.#wakeWaiters()
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

function notCompacted(topic: string, policy: string): ConnectError {
  return new ConnectError(
    'INTERNAL_TOPIC_NOT_COMPACTED',
    `Topic '${topic}' has cleanup.policy '${policy}', but an internal topic must have 'compact': what it holds would be deleted`,
    { hint: `set cleanup.policy=compact on topic '${topic}', or name another topic` }
  )
}
