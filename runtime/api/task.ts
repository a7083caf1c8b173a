import type {
  SinkRecord,
  SourceBatch,
  SourceOffset,
  SourcePartition,
  TopicPartition,
  TopicPartitionOffset
} from './record.ts'

/** A structured logger; fields are added to the line. Never pass a secret. */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}

/** How far a task is, for status, logs and progress bars. */
export interface Progress {
  /** Such as `snapshotting` or `streaming`. */
  readonly phase: string
  /** Rows or records done so far in this phase. */
  readonly done?: number
  /** Expected total; an estimate is fine. */
  readonly total?: number
  /** Such as a table name. */
  readonly detail?: string
  /** How far behind the source the task is, in milliseconds. */
  readonly lagMs?: number
}

export interface TaskContext {
  /** The connector's name. */
  readonly connector: string
  /** The task's number, from 0. */
  readonly task: number
  /** Grows whenever the task moves or restarts; whoever holds an older one is fenced. */
  readonly generation: number
  readonly logger: Logger
  /** Aborts when the task has to stop. Every wait inside a task takes it. */
  readonly signal: AbortSignal
  /** Shows progress; cheap, call as often as you like. */
  progress(progress: Progress): void
  /** Changes metrics of the task: `name` in snake_case, such as `slot_lag_bytes`. */
  metric(name: string, value: number): void
}

export interface SourceTaskContext extends TaskContext {
  /** The last durable offset of a source partition, or null on a first run. */
  committed(partition: SourcePartition): Promise<SourceOffset | null>
}

/**
 * Reads from a source. Calls never overlap, but for `commit`, which may come while a `poll` waits.
 * A throw of a retriable error (see `runtime/api/errors.ts`) from `start` or `poll` makes the runtime
 * stop the task, wait with backoff and start a new one from the last durable offset; any other
 * throw fails the task.
 */
export interface SourceTask {
  start(context: SourceTaskContext): Promise<void>
  /**
   * Waits for records; returns what is there, in order, without waiting for more. May return an
   * empty list at any time, and must soon after the signal aborts.
   */
  poll(): Promise<readonly SourceBatch[]>
  /** The records up to `offset` and the offset itself are durable: only now may the source forget. */
  commit?(partition: SourcePartition, offset: SourceOffset): Promise<void> | void
  /** Safe without `start`, and safe to call twice. */
  stop(): Promise<void>
}

export interface SinkTaskContext extends TaskContext {
  /**
   * Sets one bad record aside, by the connector's error policy: dead letter queue, skip with a
   * counter and a log line, or (by default) a throw that fails the task.
   * @throws the error itself when it is not tolerated
   */
  reject(record: SinkRecord, error: Error): Promise<void>
}

export interface SinkTask {
  /** Called once, before `open`. */
  start(context: SinkTaskContext): Promise<void>
  /**
   * Tells the task its topic partitions; called again when they change. A target that stores
   * offsets with its rows (exactly-once) returns the stored positions: the next offset to read.
   * They win over the group's committed offsets.
   */
  open?(partitions: readonly TopicPartition[]): Promise<readonly TopicPartitionOffset[]>
  /**
   * Writes records, in order. Resolving means durable in the target; the runtime commits the
   * offsets after it. `next` holds the positions after this batch, one for each topic partition in
   * it: what an exactly-once target stores in the same transaction.
   * A retriable throw makes the runtime call again with the same records after a backoff.
   */
  put(records: readonly SinkRecord[], next: readonly TopicPartitionOffset[]): Promise<void>
  /** Safe without `start`, and safe to call twice. */
  stop(): Promise<void>
}
