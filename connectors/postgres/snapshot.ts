import type { SourceRecord } from '../../runtime/api/record.ts'
import type { Struct } from '../../runtime/api/schema.ts'
import { markOf, SMALL_TABLE_BYTES, SnapshotSources } from '../relational/snapshot-marks.ts'
import type { KeyText } from '../relational/snapshot-progress.ts'
import { waitFor } from '../relational/wait.ts'
import type { CapturedTable } from './captured-table.ts'
import { frameEnd } from './copy-socket.ts'
import { splitCopyLine } from './copy-text.ts'
import { quoteName, quoteText } from './errors.ts'
import { qualified } from './publication.ts'
import type { RecordFactory } from './records.ts'
import type { SnapshotState } from './snapshot-plan.ts'
import type { CopyOut, SnapshotSession } from './snapshot-session.ts'
import type { TableName } from './table-list.ts'

/** A table to read, and how. */
export interface SnapshotTable {
  readonly table: CapturedTable
  readonly name: TableName
}

export interface SnapshotOptions {
  readonly session: SnapshotSession
  readonly tables: readonly SnapshotTable[]
  readonly state: SnapshotState
  readonly factory: RecordFactory
  readonly maxBatchSize: number
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/** A table that is being read. */
interface Reading {
  readonly table: CapturedTable
  readonly copy: CopyOut
  /** All rows go into one batch. */
  readonly atomic: boolean
  /** Rows come in key order, so that the last key tells how far the table is. */
  readonly keyed: boolean
  readonly isFirstTable: boolean
  /** Whether a row was passed on, now or before a restart. */
  begun: boolean
  ended: boolean
  /** The block under way and where in it. */
  block: Buffer | undefined
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
  #heldValues: readonly (string | null)[] = []

  constructor(options: SnapshotOptions) {
    this.#options = options
    const { xid, micros, lsn } = options.session.point
    const origin = { xid, micros, lastCommit: null, origin: null, originLsn: null }
    this.#sources = new SnapshotSources((table, mark) =>
      options.factory.source(table, { ...origin, mark }, lsn)
    )
  }

  /** Whether the last row of all was passed on. */
  get finished(): boolean {
    return this.#finished
  }

  /** The table that is being read, for progress. */
  get tableName(): string {
    const table = this.#reading?.table
    return table ? `${table.schema}.${table.name}` : ''
  }

  /** The next rows, or none when the signal aborts; `state` then says how far they go. */
  async read(): Promise<SourceRecord[]> {
    const { maxBatchSize, signal, factory } = this.#options
    const out: SourceRecord[] = []
    factory.tick()
    while (out.length < maxBatchSize) {
      const reading = this.#reading ?? this.#open()
      if (reading === undefined) {
        this.#release(out, true)
        this.#finished = true
        return out
      }
      reading.block ??= reading.copy.take()
      if (reading.block !== undefined) {
        this.#consume(reading, out)
      } else if (reading.copy.error) {
        throw reading.copy.error
      } else if (reading.copy.ended) {
        this.#end(reading)
      } else {
        if (out.length > 0 || signal.aborted) return out
        await waitFor((wake) => reading.copy.onChange(wake), { signal })
      }
    }
    return out
  }

  /** Starts reading the next table that is not complete. */
  #open(): Reading | undefined {
    const { tables, state, session, maxBytes } = this.#options
    for (; this.#next < tables.length; this.#next++) {
      const next = tables[this.#next]
      if (next === undefined || state.isDone(next.table.oid)) continue
      const { table, name } = next
      const resume = validKey(table, state.resumeKey(table.oid))
      const atomic = resume === null && name.bytes <= SMALL_TABLE_BYTES
      const keyed = !atomic && table.keyColumns.length > 0
      const copy = session.copy(selectOf(next, keyed, resume), {
        maxBytes,
        table: qualified(table)
      })
      this.#reading = {
        table,
        copy,
        atomic,
        keyed,
        isFirstTable: this.#next === 0,
        begun: resume !== null,
        ended: false,
        block: undefined,
        at: 0
      }
      this.#next++
      return this.#reading
    }
    return undefined
  }

  #consume(reading: Reading, out: SourceRecord[]): void {
    const { maxBatchSize } = this.#options
    const { codec } = reading.table
    const block = reading.block
    if (block === undefined) return
    while (reading.at < block.length && out.length < maxBatchSize) {
      const end = frameEnd(block, reading.at)
      // The payload is one line; its last byte is the newline.
      const values = splitCopyLine(block.toString('utf8', reading.at + 5, end - 1))
      reading.at = end
      const row = codec.readSnapshotRow(values)
      if (this.#heldOf !== undefined && (this.#heldOf !== reading || !reading.atomic)) {
        this.#release(out, false)
      }
      this.#held.push(row)
      this.#heldOf = reading
      this.#heldValues = values
    }
    if (reading.at < block.length) return
    reading.block = undefined
    reading.at = 0
  }

  #end(reading: Reading): void {
    reading.ended = true
    this.#reading = undefined
    if (this.#heldOf !== reading) this.#options.state.advance(reading.table.oid, 'done')
  }

  /** Passes on what was held back. */
  #release(out: SourceRecord[], isEnd: boolean): void {
    const of = this.#heldOf
    if (of === undefined) return
    const { state, factory } = this.#options
    for (const [i, row] of this.#held.entries()) {
      const isLast = of.ended && i === this.#held.length - 1
      const mark = markOf({ isLast, isEnd, isFirst: !of.begun, isFirstTable: of.isFirstTable })
      of.begun = true
      out.push(factory.read(of.table, row, this.#sources.of(of.table, mark)))
    }
    state.rows += this.#held.length
    if (of.ended) state.advance(of.table.oid, 'done')
    else if (of.keyed) state.advance(of.table.oid, keyOf(of.table, this.#heldValues))
    if (of.ended || this.#held.length > 1) this.#held = []
    else this.#held.length = 0
    this.#heldOf = undefined
  }
}

function keyOf(table: CapturedTable, values: readonly (string | null)[]): KeyText {
  return table.keyColumns.map(({ index }) => values[index] ?? '')
}

/** A stored key is of no use when the primary key has changed since. */
function validKey(table: CapturedTable, key: KeyText | null): KeyText | null {
  return key !== null && key.length === table.keyColumns.length ? key : null
}

function selectOf(next: SnapshotTable, keyed: boolean, after: KeyText | null): string {
  const { table, name } = next
  const columns = table.columns.map(quoteName).join(', ')
  // Rows of a child table belong to the child; only a partitioned table has none of its own.
  const only = name.kind === 'p' ? '' : 'ONLY '
  let sql = `SELECT ${columns} FROM ${only}${qualified(table)}`
  if (!keyed) return sql
  const keys = table.keyColumns.map((column) => quoteName(column.name)).join(', ')
  if (after !== null) {
    const values = table.keyColumns.map((column, i) => {
      return `${quoteText(after[i] ?? '')}::${column.typeName}`
    })
    sql += ` WHERE ROW(${keys}) > ROW(${values.join(', ')})`
  }
  return `${sql} ORDER BY ${keys}`
}
