import type { SourceRecord } from '../../runtime/api/record.ts'
import type { Struct } from '../../runtime/api/schema.ts'
import type { RowGaps } from '../relational/row-gaps.ts'
import type { RowsEvent } from './binlog/binlog-event.ts'
import type { ReadRows } from './captured-table.ts'
import type { LaterView } from './later-view.ts'
import type { MysqlRecords, Origin } from './records.ts'
import { replacesIn } from './statement-kind.ts'
import type { RowCursor } from './types/column-codec.ts'

/** Where rows go. */
export interface RowSink {
  readonly records: MysqlRecords
  /** Told about every row, behind its records; null when nobody wants to know. */
  readonly onRow:
    | ((table: string, before: Struct | null, after: Struct | null, out: SourceRecord[]) => void)
    | null
}

const NOTHING = new Uint8Array()

/** The rows of one event on their way to records. */
export class RowsReading {
  readonly #event: RowsEvent
  readonly #rows: ReadRows
  readonly #origin: Origin
  readonly #cursor: RowCursor
  /** The columns that the images have; of an insert there is none before, of a delete none after. */
  readonly #before: Uint8Array
  readonly #after: Uint8Array
  #end: number
  /** What the row images leave out; null when they have everything. */
  readonly #gaps: RowGaps | null = null
  /** Rows after are new ones, although the log has them as updates. */
  readonly #isReplaced: boolean = false
  /** Rows that were read. */
  rows = 0

  /**
   * @param about statement: the text of the one that the rows come from; null when it is not known
   * @throws {ConnectError} MYSQL_ROW_IMAGE when their record keys cannot be known
   */
  constructor(
    event: RowsEvent,
    rows: ReadRows,
    origin: Origin,
    about: { readonly statement: string | null; readonly laterView: LaterView }
  ) {
    const { statement, laterView } = about
    this.#event = event
    this.#rows = rows
    this.#origin = origin
    this.#cursor = { buffer: event.buffer, position: event.start }
    this.#end = event.end
    this.#before = event.before ?? NOTHING
    this.#after = event.after ?? NOTHING
    if (rows.reader.isWhole(event)) return
    this.#isReplaced =
      event.change === 'update' && statement !== null && replacesIn(statement, event.table.name)
    const gaps = rows.gaps({ ...event, isReplaced: this.#isReplaced })
    this.#gaps = gaps !== null && laterView.includes(origin) ? { ...gaps, mayBeGone: true } : gaps
  }

  /** Of the rows that are left. */
  get bytes(): number {
    return this.#end - this.#cursor.position
  }

  get endOfStatement(): boolean {
    return this.#event.endOfStatement
  }

  /** Number of the last row that was read. */
  get lastRow(): number {
    return Math.max(0, this.rows - 1)
  }

  /** Copies what is left: the buffer of an event is soon used for another one. */
  keep(): void {
    const { buffer, position } = this.#cursor
    this.#cursor.buffer = Buffer.from(buffer.subarray(position, this.#end))
    this.#cursor.position = 0
    this.#end = this.#cursor.buffer.length
  }

  /**
   * Appends the records of rows until `out` has enough.
   * @param skip rows to leave out first
   * @returns whether all rows have been read
   */
  read(out: SourceRecord[], maxRecords: number, sink: RowSink, skip: number): boolean {
    const { change } = this.#event
    const skipUntil = this.rows + skip
    while (this.#cursor.position < this.#end) {
      if (out.length >= maxRecords) return false
      const isSkipped = this.rows < skipUntil
      if (change === 'insert') this.#insert(out, sink, isSkipped)
      else if (change === 'update') this.#update(out, sink, isSkipped)
      else this.#delete(out, sink, isSkipped)
      this.rows++
    }
    return true
  }

  #insert(out: SourceRecord[], sink: RowSink, isSkipped: boolean): void {
    const { table, reader, isCaptured } = this.#rows
    const after = reader.readInserted(this.#cursor, this.#after)
    if (isSkipped) return
    const { records } = sink
    if (isCaptured) {
      const source = records.source(this.#origin, this.rows)
      records.insert(out, table, after, source, this.#gaps)
    }
    sink.onRow?.(table.id, null, after, out)
  }

  #update(out: SourceRecord[], sink: RowSink, isSkipped: boolean): void {
    const { table, reader, isCaptured } = this.#rows
    const before = reader.read(this.#cursor, this.#before, null)
    const after = this.#readAfter(before)
    if (isSkipped) return
    const { records } = sink
    if (isCaptured) {
      const keyChanged = table.keyDiffers(before, after)
      const rows = { before, after, keyChanged, gaps: this.#gaps }
      records.update(out, table, rows, records.source(this.#origin, this.rows))
    }
    sink.onRow?.(table.id, before, after, out)
  }

  #readAfter(before: Struct): Struct {
    const { reader } = this.#rows
    if (this.#isReplaced) return reader.readInserted(this.#cursor, this.#after)
    return this.#event.partial
      ? reader.readPartialUpdate(this.#cursor, this.#after, before)
      : reader.read(this.#cursor, this.#after, before)
  }

  #delete(out: SourceRecord[], sink: RowSink, isSkipped: boolean): void {
    const { table, reader, isCaptured } = this.#rows
    const before = reader.read(this.#cursor, this.#before, null)
    if (isSkipped) return
    const { records } = sink
    if (isCaptured) {
      const source = records.source(this.#origin, this.rows)
      records.delete(out, table, before, source, this.#gaps)
    }
    sink.onRow?.(table.id, before, null, out)
  }
}
