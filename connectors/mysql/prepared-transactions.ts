import { ConnectError } from '../../runtime/api/errors.ts'
import { type Gtids, parseGtids } from './binlog/gtids.ts'
import type { HeldRows } from './held-rows.ts'
import { isBefore, type LogPoint } from './log-point.ts'
import type { Position } from './offset.ts'
import type { Flavor } from './types/column-codec.ts'

interface Prepared {
  /** Null until its rows have been read again after a restart. */
  readonly rows: HeldRows | null
  /** Where its part of the log begins. */
  readonly since: LogPoint
}

/**
 * XA transactions that are prepared: their rows are in the log, but only XA COMMIT, which may come much later,
 * makes them changes. A restart reads the log again from the oldest of them on, and leaves out what is between.
 */
export class PreparedTransactions {
  readonly #prepared = new Map<string, Prepared>()
  /** Where the stream goes on, while the log before is read again. */
  #until: Position | null = null
  #untilGtids: Gtids | null = null

  /**
   * @param stored what {@link text} said; null for nothing
   * @throws {ConnectError} MYSQL_OFFSET
   */
  constructor(flavor: Flavor, stored: string | null, until: Position) {
    for (const [xid, since] of stored === null ? [] : parse(stored)) {
      this.#prepared.set(xid, { rows: null, since })
    }
    if (this.#prepared.size === 0) return
    this.#until = until
    this.#untilGtids = until.gtids === null ? null : parseGtids(flavor, until.gtids)
  }

  /** Whether the log before the place to go on from is read. */
  get isCatchingUp(): boolean {
    return this.#until !== null
  }

  /** Where to begin to read; null when nothing is prepared. */
  get oldest(): LogPoint | null {
    const points = [...this.#prepared.values()].map(({ since }) => since)
    return points.reduce<LogPoint | null>((oldest, point) => {
      if (oldest === null) return point
      return isBefore(point, oldest) ? point : oldest
    }, null)
  }

  /** For the stored offset; null when nothing is prepared. */
  get text(): string | null {
    if (this.#prepared.size === 0) return null
    return JSON.stringify([...this.#prepared].map(([xid, { since }]) => [xid, since]))
  }

  /** A transaction begins there. */
  begin(gtid: string | null, at: LogPoint): void {
    const until = this.#until
    if (until === null) return
    const isReached =
      gtid !== null && this.#untilGtids !== null
        ? !this.#untilGtids.has(gtid)
        : !isBefore(at, until)
    if (isReached) this.#until = null
  }

  add(xid: string, rows: HeldRows, since: LogPoint): void {
    this.#prepared.set(xid, { rows, since })
  }

  /** The rows of a transaction that is committed; null when nobody has prepared it. */
  rowsOf(xid: string): HeldRows | null {
    return this.#prepared.get(xid)?.rows ?? null
  }

  /** The transaction is over, and all its rows were passed on. */
  end(xid: string): void {
    this.#prepared.delete(xid)
  }
}

function parse(text: string): [string, LogPoint][] {
  try {
    const list = JSON.parse(text) as [string, LogPoint][]
    return list.map(([xid, { file, pos, gtids }]) => [xid, { file, pos, gtids }])
  } catch (error) {
    throw new ConnectError('MYSQL_OFFSET', `The stored offset has millrace_xa = ${text}`, {
      cause: error,
      hint: 'Reset the offsets of the connector'
    })
  }
}
