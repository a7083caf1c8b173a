import { ConnectError } from '../../runtime/api/errors.ts'
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

/** The key columns of a row as PostgreSQL's text. */
export type KeyText = readonly string[]

/** How much of a table was read: up to a key in key order, or all of it. */
export type TableProgress = KeyText | 'done'

/**
 * How far the initial snapshot is: for every table that was begun, by its oid, what was read of it.
 * Tables stand side by side, so that several can be read at a time.
 */
export class SnapshotState {
  /**
   * Changes that this point sees are part of the snapshot, although the slot, being older, sends
   * them. Null when the slot starts where the snapshot was taken.
   */
  readonly base: ReadPoint | null
  /** Rows passed on so far, for progress. */
  rows: number
  readonly #tables: Map<number, TableProgress>
  #done: string | undefined

  constructor(base: ReadPoint | null, rows = 0, tables = new Map<number, TableProgress>()) {
    this.base = base
    this.rows = rows
    this.#tables = tables
  }

  isDone(oid: number): boolean {
    return this.#tables.get(oid) === 'done'
  }

  /** The key up to which a table was read, or null: read it from its beginning. */
  resumeKey(oid: number): KeyText | null {
    const progress = this.#tables.get(oid)
    return progress === undefined || progress === 'done' ? null : progress
  }

  /** Notes that the rows up to here were passed on. */
  advance(oid: number, progress: TableProgress): void {
    this.#tables.set(oid, progress)
    if (progress !== 'done' || this.#done === undefined) return
    this.#done += `${this.#done === '' ? '' : ','}${oid}`
  }

  /** The text for the stored offset. Complete tables change seldom, so their part is kept. */
  toString(): string {
    const begun: string[] = []
    for (const [oid, progress] of this.#tables) {
      if (progress !== 'done') begun.push(`"${oid}":${JSON.stringify(progress)}`)
    }
    this.#done ??= [...this.#tables.keys()].filter((oid) => this.isDone(oid)).join(',')
    const base = this.base ? JSON.stringify([this.base.text, this.base.endLsn]) : 'null'
    return `{"version":1,"base":${base},"rows":${this.rows},"done":[${this.#done}],"begun":{${begun.join(',')}}}`
  }
}

interface StoredState {
  readonly version: number
  readonly base: readonly [string, Lsn] | null
  readonly rows: number
  readonly done: readonly number[]
  readonly begun: Readonly<Record<string, KeyText>>
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
  const tables = new Map<number, TableProgress>()
  for (const oid of stored.done) tables.set(oid, 'done')
  for (const [oid, key] of Object.entries(stored.begun)) tables.set(Number(oid), key)
  return new SnapshotState(stored.base ? new ReadPoint(...stored.base) : null, stored.rows, tables)
}
