import type { ConnectError } from '../../runtime/api/errors.ts'
import type { SinkRecord, TopicPartition, TopicPartitionOffset } from '../../runtime/api/record.ts'
import type { SinkTaskContext } from '../../runtime/api/task.ts'
import type { OffsetClaims } from './sink-claims.ts'
import type { SkipReason } from './sink-reader.ts'

/** How many records had no effect, by reason. */
export type Skipped = ReadonlyMap<SkipReason, number>

/**
 * Writes some records, none of which has an effect when it fails.
 *
 * @returns the failure, or null
 * @throws what failed before it
 */
export type Attempt = (records: readonly SinkRecord[]) => Promise<unknown>

/** One connection to a target. */
export interface SinkSession {
  /**
   * Makes the table for offsets where it is missing, and takes partitions over there. Waits for a
   * transaction of their former owner that is still open.
   *
   * @returns the stored positions
   * @throws {FencedError} when a task of a newer generation owns one of them
   */
  claim(
    partitions: readonly TopicPartition[],
    generation: number
  ): Promise<readonly TopicPartitionOffset[]>

  /**
   * Reads the stored positions again, after a transaction whose end is not known.
   *
   * @throws {FencedError} when somebody else has claimed a partition meanwhile
   */
  refresh(): Promise<void>

  /**
   * Writes records and the positions after them in one transaction, which fences.
   *
   * @throws {FencedError} when another task owns one of the partitions
   * @throws {WriteFailure} when a statement failed; nothing is written then
   */
  write(records: readonly SinkRecord[], next: readonly TopicPartitionOffset[]): Promise<Skipped>

  /**
   * As `write`, in parts: `work` has each part of the records attempted, in order. What is checked
   * at the end of a transaction is checked at once, so that the row at fault is found.
   */
  writeParts(
    records: readonly SinkRecord[],
    next: readonly TopicPartitionOffset[],
    work: (attempt: Attempt) => Promise<void>
  ): Promise<void>

  /** Forgets what it knows of the tables. */
  forget(): void
  /** Calls back when the connection is gone, if it was not closed. */
  onLost(then: () => void): void
  /** Closes without waiting for what the connection is doing: its transaction is rolled back. */
  destroy(): void
  end(): Promise<void>
}

/** A database as a sink sees it. */
export interface SinkTarget {
  /** The claims of a connector's task, or null when offsets are not kept in the target. */
  claims(connector: string): OffsetClaims | null
  open(context: SinkTaskContext, claims: OffsetClaims | null): Promise<SinkSession>
  /** Whether one of the rows is at fault, so that the others can be written. */
  isRowFault(error: unknown): boolean
  /** Whether the same at once may succeed, once the tables are looked at again. */
  isPassing(error: unknown): boolean
  /** Why one record could not be written. */
  explainRow(error: unknown, record: SinkRecord, table: string | null): ConnectError
  /** Any other failure, with what to do about it. */
  explainWrite(error: unknown, table: string | null): ConnectError
  /** The error for a connection that is gone. */
  lost(): ConnectError
}
