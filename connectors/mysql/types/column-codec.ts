import type { Schema } from '../../../runtime/api/schema.ts'
import type { BinlogColumn } from '../binlog/binlog-event.ts'
import type { ColumnModel } from '../schema/table-model.ts'

/**
 * Where a row image is being read. Readers move `position` past what they read, and may move it past the
 * end of the buffer when the bytes are not what the table map says: whoever reads rows looks after each.
 */
export interface RowCursor {
  buffer: Buffer
  position: number
}

/**
 * Reads one value that is not null.
 * @throws {UnconvertibleValue} when the schema has no way to say it; the position is past it all the same
 */
export type BinlogReader = (cursor: RowCursor) => unknown

/**
 * How the values of one column are written. A value read as text (a snapshot) and the same value read from
 * the log give the same result.
 */
export interface ColumnCodec {
  /** Neither optional nor with a default; but Debezium's Geometry is always optional. */
  readonly schema: Schema
  /**
   * From the text protocol of a session with `character_set_results = NULL` and `time_zone = '+00:00'`, as
   * a SELECT of {@link selectExpression} gives it: README.md, "What the snapshot's session is like".
   * @param bytes only good until it returns
   * @returns null for a value that has no equivalent, such as a zero date
   * @throws {UnconvertibleValue} when the schema has no way to say it
   */
  readText(bytes: Buffer): unknown
  /**
   * Compiles a reader of the log for how a table map describes the column.
   * @throws {TableMismatch} when the column in the log is of another type
   */
  reader(column: BinlogColumn): BinlogReader
  /** Stands in where a NOT NULL column has no value. */
  readonly zero: unknown
  /** Stands for a value that a row image leaves out; null when values of the type cannot say that. */
  readonly unavailable: unknown
  /**
   * The default that the schema shows.
   * @returns undefined when none is shown
   */
  defaultOf(column: ColumnModel): unknown
}

/** Makes the codec of a column of one type. */
export type MakeCodec = (column: ColumnModel, options: ValueOptions) => ColumnCodec

/** {@link ColumnCodec.defaultOf} of types whose defaults Debezium does not show. */
export const noDefault = (): undefined => undefined

/** Keys of the connector that decide how values are written, by their Debezium names. */
export interface ValueOptions {
  readonly decimal: 'precise' | 'double' | 'string'
  readonly time:
    | 'adaptive_time_microseconds'
    | 'connect'
    | 'isostring'
    | 'microseconds'
    | 'nanoseconds'
  readonly binary: 'bytes' | 'base64' | 'base64-url-safe' | 'hex'
  readonly bigintUnsigned: 'long' | 'precise'
  /** `enable.time.adjuster`: years of two digits become years of four. */
  readonly timeAdjuster: boolean
  /** `unavailable.value.placeholder` */
  readonly placeholder: string
  /** Which server it is: the two differ in what their types mean. */
  readonly flavor: Flavor
}

export type Flavor = 'mysql' | 'mariadb'
