import type { Struct } from '../../runtime/api/schema.ts'
import type { RecordTable } from './change-records.ts'

/**
 * Values of the columns that chunks are read by, as texts that the source can put back into SQL and that
 * come back from a stored offset; null is NULL.
 */
export type ChunkKey = readonly (string | null)[]

/** A table that is read in chunks. */
export interface ChunkTable {
  readonly record: RecordTable
  /** The primary key, or the surrogate key of the signal. Empty: the table cannot be read in chunks. */
  readonly keyColumns: readonly string[]
  /** Whether no two rows have the same key and none has NULL in it, as in a primary key. */
  readonly isUnique: boolean
  /**
   * What tells a row from the others, in a chunk and in the stream: `codec.key(row)?.values`, or the value of
   * the surrogate key. Rows without it (null, an empty list) are never taken for each other.
   */
  identity(row: Struct): readonly unknown[] | null
  /** A key as notifications show it; by default its texts with commas between. */
  keyText?(key: ChunkKey): string
}

export interface ChunkRow {
  readonly key: ChunkKey
  readonly row: Struct
}

/** Which rows of a table to read. */
export type ChunkRange =
  /** The first `limit` rows above `after` (null: from the beginning), up to `upTo` and including it. */
  | {
      readonly kind: 'between'
      readonly after: ChunkKey | null
      readonly upTo: ChunkKey
      readonly limit: number
    }
  /** All rows with this key; that of NULL is `[null]`. */
  | { readonly kind: 'equal'; readonly key: ChunkKey }

/**
 * Reads chunks from the database, each statement in a transaction of its own. Errors that pass are
 * {@link RetriableError}: they restart the task, which goes on with the chunk. After any other error it is read
 * once more, when the stream has come to where that was: the table may have other columns by now than the stream
 * knew of. The second error gives up the table alone, with a warning and a notification.
 *
 * `condition` is the SQL of an additional condition, or null. Rows are ordered by the key columns; compare them
 * as the primary key does: `(a > 1) OR (a = 1 AND b > 2)`.
 */
export interface ChunkSource {
  /** @returns null when no captured table has this name */
  describe(table: string, surrogateKey: string | null): Promise<ChunkTable | null>
  /** The largest key (not NULL); null when no row has one. */
  maximumKey(table: ChunkTable, condition: string | null): Promise<ChunkKey | null>
  chunk(
    table: ChunkTable,
    range: ChunkRange,
    condition: string | null
  ): Promise<readonly ChunkRow[]>
}
