import type { SourceRecord } from '../../runtime/api/record.ts'
import type { Struct } from '../../runtime/api/schema.ts'
import { markOf, SMALL_TABLE_BYTES, SnapshotSources } from '../relational/snapshot-marks.ts'
import type { CapturedTable } from './captured-table.ts'
import type { MysqlRecords, Origin } from './records.ts'
import type { BytesRow } from './row-stream.ts'
import { asAltered } from './snapshot-altered.ts'
import { keyOf, type SnapshotKey, selectOf } from './snapshot-select.ts'
import type { SnapshotSession } from './snapshot-session.ts'
import type { SnapshotState } from './snapshot-state.ts'

/** Sizes are estimates, and those of a table that was just filled are far off. */
const SMALL_TABLE_ROWS = 10_000

/** A table to read, and how. */
export interface SnapshotTable {
  readonly table: CapturedTable
  /** As the server estimates. */
  readonly bytes: number
  readonly rows: number
  /** The primary key, to read the table in order; null when that is not possible. */
  readonly key: SnapshotKey | null
  /** A statement of the user to read instead of the table; null for none. */
  readonly statement: string | null
}

export interface SnapshotOptions {
  readonly session: SnapshotSession
  readonly tables: readonly SnapshotTable[]
  readonly state: SnapshotState
  readonly records: MysqlRecords
  readonly origin: Omit<Origin, 'database' | 'table' | 'mark'>
  readonly maxBatchSize: number
  readonly maxBytes: number
  readonly signal: AbortSignal
  /** Told what becomes of each table. */
  readonly observer: SnapshotObserver
}

export interface SnapshotObserver {
  /** A table is about to be read. */
  begun(table: string): void
  /** The last row of a table was read. */
  ended(table: string, rows: number): void
}

/** A table that is being read. */
interface Reading {
  readonly table: CapturedTable
  readonly stream: AsyncGenerator<BytesRow[], void, void>
  /** All rows go into one batch. */
  atomic: boolean
  /** Rows come in key order, so that the last key tells how far the table is. */
  readonly key: SnapshotKey | null
  readonly isFirstTable: boolean
  /** Whether a row was passed on, now or before a restart. */
  begun: boolean
  ended: boolean
  rows: number
  /** The group of rows under way and where in it. */
  group: BytesRow[]
  at: number
}

/**
 * Reads tables one after another. The last row is always held back: whether it is the last of its
 * table, or of all, shows only later.
 */
export class SnapshotReader {
  readonly #options: SnapshotOptions
  readonly #sources: SnapshotSources<CapturedTable>
  #next = 0
  #finished = false
  #reading: Reading | undefined
  #held: Struct[] = []
  #heldOf: Reading | undefined
  #heldValues: BytesRow = []
  /** The last row of a keyed table that was passed on. */
  #passed: { readonly of: Reading; readonly values: BytesRow } | undefined

  constructor(options: SnapshotOptions) {
    this.#options = options
    const { records, origin } = options
    this.#sources = new SnapshotSources((table, mark) => {
      const { database, name } = table
      return records.source({ ...origin, database, table: name, mark }, 0)
    })
  }

  /** Whether the last row of all was passed on. */
  get finished(): boolean {
    return this.#finished
  }

  /** The table that is being read, for progress. */
  get tableName(): string {
    return this.#reading?.table.id ?? ''
  }

  /** The next rows, or none when the signal aborts; `state` then says how far they go. */
  async read(): Promise<SourceRecord[]> {
    const out: SourceRecord[] = []
    this.#options.records.tick()
    await this.#fill(out)
    if (this.#passed !== undefined) {
      const { of, values } = this.#passed
      if (of.key !== null) this.#options.state.advance(of.table.id, keyOf(of.key, values))
      this.#passed = undefined
    }
    return out
  }

  async #fill(out: SourceRecord[]): Promise<void> {
    const { maxBatchSize, signal } = this.#options
    while (out.length < maxBatchSize && !signal.aborted) {
      const reading = this.#reading ?? this.#open()
      if (reading === undefined) {
        this.#release(out, true)
        this.#finished = true
        return
      }
      if (reading.at < reading.group.length) {
        this.#consume(reading, out)
        continue
      }
      const next = await reading.stream.next().catch((error: unknown) => {
        throw asAltered(error, reading.table.id)
      })
      reading.at = 0
      reading.group = next.value ?? []
      if (next.done) this.#end(reading)
    }
  }

  /** Starts reading the next table that is not complete. */
  #open(): Reading | undefined {
    const { tables, state, session, maxBytes } = this.#options
    for (; this.#next < tables.length; this.#next++) {
      const next = tables[this.#next]
      if (next === undefined || state.isDone(next.table.id)) continue
      const stored = state.resumeKey(next.table.id)
      // A stored key is of no use when the primary key has changed since.
      const resume = stored !== null && stored.length === next.key?.length ? stored : null
      const atomic = resume === null && next.bytes <= SMALL_TABLE_BYTES
      const select = selectOf(next, resume)
      this.#reading = {
        table: next.table,
        stream: session.read(select, maxBytes),
        atomic,
        key: next.key,
        isFirstTable: this.#next === 0,
        begun: resume !== null,
        ended: false,
        rows: 0,
        group: [],
        at: 0
      }
      this.#next++
      this.#options.observer.begun(next.table.id)
      return this.#reading
    }
    return undefined
  }

  #consume(reading: Reading, out: SourceRecord[]): void {
    const { maxBatchSize } = this.#options
    const { group, table } = reading
    while (reading.at < group.length && out.length < maxBatchSize) {
      const values = group[reading.at] as BytesRow
      reading.at++
      const row = table.codec.readTextRow(values)
      if (this.#held.length >= SMALL_TABLE_ROWS) reading.atomic = false
      if (this.#heldOf !== undefined && (this.#heldOf !== reading || !reading.atomic)) {
        this.#release(out, false)
      }
      reading.rows++
      this.#held.push(row)
      this.#heldOf = reading
      this.#heldValues = values
    }
  }

  #end(reading: Reading): void {
    reading.ended = true
    this.#reading = undefined
    this.#options.observer.ended(reading.table.id, reading.rows)
    if (this.#heldOf !== reading) this.#options.state.advance(reading.table.id, 'done')
  }

  /** Passes on what was held back. */
  #release(out: SourceRecord[], isEnd: boolean): void {
    const of = this.#heldOf
    if (of === undefined) return
    const { state, records } = this.#options
    for (const [i, row] of this.#held.entries()) {
      const isLast = of.ended && i === this.#held.length - 1
      const mark = markOf({ isLast, isEnd, isFirst: !of.begun, isFirstTable: of.isFirstTable })
      of.begun = true
      out.push(records.read(of.table, row, this.#sources.of(of.table, mark)))
    }
    state.rows += this.#held.length
    if (of.ended) {
      state.advance(of.table.id, 'done')
      this.#passed = undefined
    } else if (of.key !== null) {
      this.#passed = { of, values: this.#heldValues }
    }
    if (of.ended || this.#held.length > 1) this.#held = []
    else this.#held.length = 0
    this.#heldOf = undefined
  }
}
