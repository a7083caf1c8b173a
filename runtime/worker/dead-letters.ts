import { ConnectError, describeError } from '../api/errors.ts'
import type { SinkRecord, TopicPartitionOffset } from '../api/record.ts'
import type { Broker, LogHeader, LogRecord, Producer, StoredRecord } from '../broker/broker.ts'
import { partitionOfKey } from '../stores/murmur2.ts'
import type { ErrorPolicy, Failure } from './error-policy.ts'

/** The `errors.deadletterqueue.*` keys of a sink. */
export interface DeadLetterSettings {
  readonly topic: string
  readonly replicationFactor: number
  readonly contextHeaders: boolean
}

/** A record as it was read, and where. */
export interface RejectedRecord {
  readonly topic: string
  readonly partition: number
  readonly stored: StoredRecord
}

export interface DeadLettersOptions {
  readonly broker: Broker
  readonly policy: ErrorPolicy
  readonly connector: string
  readonly task: number
  /** Null when there is no dead letter topic. */
  readonly settings: DeadLetterSettings | null
}

/**
 * What a sink sets aside: the error policy decides, and with a dead letter topic the record goes
 * there first, as its original bytes (KIP-298; headers in the order that Kafka Connect writes them).
 */
export class DeadLetters {
  readonly #options: DeadLettersOptions
  readonly #stored = new WeakMap<TopicPartitionOffset, StoredRecord>()
  #producer: Producer | undefined
  #partitions = 1
  #waiting: LogRecord[] = []

  constructor(options: DeadLettersOptions) {
    this.#options = options
  }

  /**
   * Creates the dead letter topic, so that its absence is not found out with the first bad record.
   * @throws {ConnectError} DEAD_LETTER_TOPIC when it cannot be created
   */
  async open(): Promise<void> {
    const { broker, settings, connector, task } = this.#options
    if (settings === null) return
    const { topic, replicationFactor } = settings
    try {
      let [found] = await broker.describeTopics([topic])
      if (found === undefined) {
        await broker.createTopics([{ name: topic, partitions: 1, replicationFactor }])
        ;[found] = await broker.describeTopics([topic])
      }
      this.#partitions = found?.partitions ?? 1
      this.#producer = await broker.producer({
        clientId: `connector-dlq-producer-${connector}-${task}`
      })
    } catch (cause) {
      throw new ConnectError(
        'DEAD_LETTER_TOPIC',
        `Could not initialize dead letter queue with topic=${topic}: ${describeError(cause)}`,
        {
          cause,
          hint: 'correct errors.deadletterqueue.topic.name, or lower errors.deadletterqueue.topic.replication.factor to at most the number of brokers',
          retriable: cause instanceof ConnectError && cause.retriable
        }
      )
    }
  }

  /** Keeps the bytes of a record that the task may reject later. */
  remember(original: TopicPartitionOffset, stored: StoredRecord): void {
    if (this.#options.settings !== null) this.#stored.set(original, stored)
  }

  /**
   * Sets a record aside. It is in the dead letter topic after the next {@link flush}, also when the
   * policy does not tolerate it.
   * @throws {ConnectError} TOLERANCE_EXCEEDED
   */
  reject(rejected: RejectedRecord, failure: Failure): void {
    const { topic, partition, stored } = rejected
    const { offset, timestamp } = stored
    if (this.#options.settings !== null) this.#waiting.push(this.#letter(rejected, failure))
    this.#options.policy.handle({ ...failure, consumed: { topic, partition, offset, timestamp } })
  }

  /** As {@link reject}, for a record that the task itself refuses. Durable when it resolves. */
  async rejectFromTask(record: SinkRecord, error: Error, className: string): Promise<void> {
    const { topic, partition, offset } = record.original
    const { timestamp } = record
    const failure = { stage: 'TASK_PUT', className, error } as const
    const stored = this.#stored.get(record.original)
    try {
      if (stored !== undefined) this.reject({ topic, partition, stored }, failure)
      else {
        const consumed = { topic, partition, offset, timestamp }
        this.#options.policy.handle({ ...failure, consumed })
      }
    } finally {
      await this.flush()
    }
  }

  /** Makes all dead letters durable. Offsets of their records may be committed only after it. */
  async flush(): Promise<void> {
    if (this.#waiting.length === 0) return
    const { settings, policy } = this.#options
    const letters = this.#waiting
    this.#waiting = []
    if (settings === null || this.#producer === undefined) return
    const byPartition = Map.groupBy(letters, ({ key }) =>
      key === null ? 0 : partitionOfKey(Buffer.from(key), this.#partitions)
    )
    policy.countDeadLetters(letters.length)
    for (const [partition, records] of byPartition) {
      try {
        await this.#producer.append(settings.topic, partition, records)
      } catch (error) {
        policy.countLostLetters(records.length)
        throw error
      }
    }
  }

  async close(): Promise<void> {
    await this.#producer?.close()
  }

  #letter({ topic, partition, stored }: RejectedRecord, failure: Failure): LogRecord {
    const { connector, task, settings } = this.#options
    const headers: LogHeader[] = [...stored.headers]
    if (settings?.contextHeaders) {
      const { stage, className, error } = failure
      const name = error instanceof Error ? error.name : typeof error
      const context = {
        topic,
        partition,
        offset: stored.offset,
        'connector.name': connector,
        'task.id': task,
        stage,
        'class.name': className,
        'exception.class.name': name,
        'exception.message': describeError(error),
        'exception.stacktrace': stackOf(error)
      }
      for (const [key, value] of Object.entries(context)) {
        headers.push({ key: `__connect.errors.${key}`, value: String(value) })
      }
    }
    const { key, value, timestamp } = stored
    return { key, value, headers, timestamp }
  }
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const stack = error.stack ?? error.message
  return error.cause === undefined ? stack : `${stack}\nCaused by: ${stackOf(error.cause)}`
}
