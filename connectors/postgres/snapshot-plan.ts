import { ConnectError } from '../../runtime/api/errors.ts'
import {
  progressTables,
  SnapshotProgress,
  type StoredProgress,
  type TableProgress
} from '../relational/snapshot-progress.ts'
import type { Lsn } from './lsn.ts'

/**
 * What a database looked like at one instant: which transactions had committed. Text form of
 * PostgreSQL's `txid_current_snapshot()`: `xmin:xmax:xid,xid...`.
 */
export class ReadPoint {
  readonly text: string
  /** Every transaction that this point sees has its commit before here. */
  readonly endLsn: Lsn
  readonly #xmin: number
  readonly #xmax: number
  readonly #running: ReadonlySet<number>

  constructor(text: string, endLsn: Lsn) {
    const [xmin, xmax, running] = text.split(':')
    if (xmin === undefined || xmax === undefined) {
      throw new ConnectError('POSTGRES_OFFSET', `'${text}' is not a transaction snapshot`, {
        hint: 'Reset the offsets of the connector'
      })
    }
    this.text = text
    this.endLsn = endLsn
    this.#xmin = low32(xmin)
    this.#xmax = low32(xmax)
    this.#running = new Set((running ?? '').split(',').filter(Boolean).map(low32))
  }

  /** @param xid a committed transaction, as the stream tells it: the lower 32 bits */
  sees(xid: number): boolean {
    // Transaction numbers are a circle: the difference as a signed number says which came first.
    if (((xid - this.#xmin) | 0) < 0) return true
    if (((xid - this.#xmax) | 0) >= 0) return false
    return !this.#running.has(xid)
  }
}

function low32(text: string): number {
  return Number(BigInt.asUintN(32, BigInt(text)))
}

/** How far the initial snapshot is, by the oids of its tables. */
export class SnapshotState extends SnapshotProgress<number> {
  /**
   * Changes that this point sees are part of the snapshot, although the slot, being older, sends
   * them. Null when the slot starts where the snapshot was taken.
   */
  readonly base: ReadPoint | null

  constructor(base: ReadPoint | null, rows = 0, tables = new Map<number, TableProgress>()) {
    super(rows, tables)
    this.base = base
  }

  /** The text for the stored offset. */
  override toString(): string {
    const base = this.base ? JSON.stringify([this.base.text, this.base.endLsn]) : 'null'
    return `{"version":1,"base":${base},${this.members()}}`
  }
}

interface StoredState extends StoredProgress<number> {
  readonly version: number
  readonly base: readonly [string, Lsn] | null
}

/** @throws {ConnectError} POSTGRES_OFFSET for text that a later version wrote, or nobody */
export function parseSnapshotState(text: string): SnapshotState {
  let stored: StoredState
  try {
    stored = JSON.parse(text) as StoredState
  } catch (error) {
    throw new ConnectError('POSTGRES_OFFSET', 'The stored snapshot state is not readable', {
      cause: error,
      hint: 'Reset the offsets of the connector'
    })
  }
  if (stored.version !== 1) {
    throw new ConnectError(
      'POSTGRES_OFFSET',
      `The stored snapshot state has version ${stored.version}: a newer Millrace wrote it`,
      { hint: 'Run that version or a newer one, or reset the offsets of the connector' }
    )
  }
  const base = stored.base ? new ReadPoint(...stored.base) : null
  return new SnapshotState(base, stored.rows, progressTables(stored, Number))
}
