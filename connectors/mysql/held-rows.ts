import { ConnectError } from '../../runtime/api/errors.ts'
import type { RowsReading } from './rows-reading.ts'

/** Memory for rows of a transaction with savepoints. */
const MAX_BYTES = 64 << 20

/** Rows of a transaction under way that may still be rolled back, although they are in the log. */
export class HeldRows {
  #readings: RowsReading[] = []
  readonly #savepoints = new Map<string, number>()
  #bytes = 0
  /** Rows that became too many to be held. */
  #isFull = false
  readonly #bounded: boolean

  /** @param bounded whether rows may be passed on before the end when there are many */
  constructor(bounded: boolean) {
    this.#bounded = bounded
  }

  /** Whether rows are passed on as they come, because there were too many. */
  get isFull(): boolean {
    return this.#isFull
  }

  /** @returns false when there is no room: the row is to be passed on */
  add(reading: RowsReading): boolean {
    if (this.#isFull) return false
    reading.keep()
    this.#bytes += reading.bytes
    this.#readings.push(reading)
    return true
  }

  /** Takes all rows when they have become too many; nothing is held from then on. */
  overflow(): RowsReading[] {
    if (!this.#bounded || this.#isFull || this.#bytes <= MAX_BYTES) return []
    this.#isFull = true
    return this.take()
  }

  take(): RowsReading[] {
    const readings = this.#readings
    this.#readings = []
    return readings
  }

  savepoint(name: string): void {
    this.#savepoints.delete(name)
    this.#savepoints.set(name, this.#readings.length)
  }

  /**
   * Forgets the rows since a savepoint.
   * @throws {ConnectError} MYSQL_ROLLED_BACK when they were passed on
   */
  rollbackTo(name: string): void {
    if (this.#isFull) {
      throw new ConnectError(
        'MYSQL_ROLLED_BACK',
        `A transaction rolls back to savepoint ${name} after more than ${MAX_BYTES >> 20} MiB of rows, which were passed on`,
        {
          hint: 'Use smaller transactions where savepoints are mixed with tables of engines without transactions; then reset the offsets of the connector for a new snapshot'
        }
      )
    }
    const length = this.#savepoints.get(name)
    if (length !== undefined) this.#readings.length = length
  }
}
