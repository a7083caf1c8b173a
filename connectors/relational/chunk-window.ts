import { Struct } from '../../runtime/api/schema.ts'
import type { ChunkKey, ChunkRow, ChunkTable } from './chunk-source.ts'
import type { IncrementalPlan } from './incremental-plan.ts'

/** Changes that one window remembers at most; beyond it the chunk is read again later. */
const MAX_CHANGES = 100_000

/**
 * One chunk, from before it is read until the stream has come to where it was read. Rows that change in
 * between are in the stream anyway, and newer there.
 */
export class ChunkWindow {
  readonly id: string
  /** The plan as it is when the rows have been passed on. Set when the chunk has been read. */
  after: IncrementalPlan | null = null
  /** The plan before its rows: tables without further rows are done with in both. */
  before: IncrementalPlan | null = null
  /** The rows are not to be passed on, and to be read again. */
  isSpoilt = false
  #isOpen: boolean
  #table: ChunkTable | null = null
  #rows: readonly ChunkRow[] = []
  /** Rows that changed since the window is open, by table, as they were and as they are. */
  readonly #changed = new Map<string, Struct[]>()
  #changes = 0

  /** @param isOpen whether changes count from now on */
  constructor(id: string, isOpen: boolean) {
    this.id = id
    this.#isOpen = isOpen
  }

  get table(): ChunkTable | null {
    return this.#table
  }

  open(): void {
    this.#isOpen = true
  }

  fill(table: ChunkTable, rows: readonly ChunkRow[], before: IncrementalPlan): void {
    this.before = before
    this.#table = table
    this.#rows = rows
  }

  changed(table: string, before: Struct | null, after: Struct | null): void {
    if (!this.#isOpen || this.isSpoilt) return
    let rows = this.#changed.get(table)
    if (rows === undefined) {
      rows = []
      this.#changed.set(table, rows)
    }
    if (before !== null) rows.push(before)
    if (after !== null) rows.push(after)
    if (++this.#changes > MAX_CHANGES) {
      this.isSpoilt = true
      this.#changed.clear()
    }
  }

  /**
   * The rows that did not change, in their order, and the keys that have to be read again: where several rows
   * may have the same key, a change of one of them says nothing about the others.
   *
   * @param byWholeRow takes rows for each other only if all of their values are equal, and asks for no key again
   */
  settle(byWholeRow: boolean): { rows: readonly Struct[]; again: readonly ChunkKey[] } {
    const table = this.#table
    const changed = table === null ? undefined : this.#changed.get(table.record.id)
    if (table === null || changed === undefined) {
      return { rows: this.#rows.map(({ row }) => row), again: [] }
    }
    const identify = (row: Struct) => identityText(byWholeRow ? row.values : table.identity(row))
    const identities = new Set(changed.map(identify))
    const rows: Struct[] = []
    const again = new Map<string, ChunkKey>()
    for (const { key, row } of this.#rows) {
      const identity = identify(row)
      if (identity === null || !identities.has(identity)) rows.push(row)
      else if (!table.isUnique && !byWholeRow) again.set(JSON.stringify(key), key)
    }
    return { rows, again: [...again.values()] }
  }
}

/** A text that is the same for equal values, and for no others. */
function identityText(values: readonly unknown[] | null): string | null {
  if (values === null || values.length === 0) return null
  return JSON.stringify(values.map(comparable))
}

function comparable(value: unknown): unknown {
  if (typeof value === 'bigint') return { n: String(value) }
  if (value instanceof Uint8Array) return { b: Buffer.from(value).toString('hex') }
  if (value instanceof Struct) return { s: value.values.map(comparable) }
  return value
}
