import type { SourceRecord } from '../../runtime/api/record.ts'
import type { RowSink, RowsReading } from './rows-reading.ts'

/** Rows that are passed on one after the other, over as many batches as it takes. */
export class PendingRows {
  readonly #readings: readonly RowsReading[]
  readonly #done: () => void
  #next = 0
  /** Rows still to leave out: they were passed on before a restart. */
  #skip: number
  /** Rows of those before the reading under way. */
  #before = 0

  /** @param done called when all have been read */
  constructor(readings: readonly RowsReading[], skip: number, done: () => void) {
    this.#readings = readings
    this.#skip = skip
    this.#done = done
  }

  /** Rows that were passed on or left out. */
  get rows(): number {
    return this.#before + (this.#readings[this.#next]?.rows ?? 0)
  }

  /** Number, within its event, of the row that was read last. */
  get lastRow(): number {
    const reading = this.#readings[Math.min(this.#next, this.#readings.length - 1)]
    return Math.max(0, (reading?.rows ?? 0) - 1)
  }

  /**
   * Appends records until `out` has enough.
   * @returns whether all rows have been read
   */
  read(out: SourceRecord[], maxRecords: number, sink: RowSink): boolean {
    for (; this.#next < this.#readings.length; this.#next++) {
      const reading = this.#readings[this.#next]
      if (reading === undefined) break
      const before = reading.rows
      const complete = reading.read(out, maxRecords, sink, this.#skip)
      this.#skip = Math.max(0, this.#skip - (reading.rows - before))
      if (!complete) {
        reading.keep()
        return false
      }
      this.#before += reading.rows
    }
    this.#done()
    return true
  }
}
