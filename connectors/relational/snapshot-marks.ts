import type { Struct } from '../../runtime/api/schema.ts'
import type { SnapshotMark } from './envelope.ts'

/**
 * A table up to this size, as the server estimates it, is passed on as one batch, so that a restart reads it
 * again from its beginning without repeating a row.
 */
export const SMALL_TABLE_BYTES = 1 << 20

/** The mark of a row by its place: the first and the last of its table, in the first table, the last of all. */
export function markOf(at: {
  readonly isLast: boolean
  readonly isEnd: boolean
  readonly isFirst: boolean
  readonly isFirstTable: boolean
}): SnapshotMark {
  if (at.isLast && at.isEnd) return 'last'
  if (at.isFirst && at.isFirstTable) return 'first'
  if (at.isLast) return 'last_in_data_collection'
  return at.isFirst ? 'first_in_data_collection' : 'true'
}

/** The source blocks of a snapshot. Rows of a table that have the same mark share one. */
export class SnapshotSources<Table> {
  readonly #make: (table: Table, mark: SnapshotMark) => Struct
  readonly #made = new Map<SnapshotMark, Struct>()
  #table: Table | undefined

  constructor(make: (table: Table, mark: SnapshotMark) => Struct) {
    this.#make = make
  }

  /** Tables come one after another. */
  of(table: Table, mark: SnapshotMark): Struct {
    if (this.#table !== table) this.#made.clear()
    this.#table = table
    const made = this.#made.get(mark)
    if (made !== undefined) return made
    const source = this.#make(table, mark)
    // Thousands of rows share it: frozen, it is converted once.
    Object.freeze(source.values)
    this.#made.set(mark, source)
    return source
  }
}
