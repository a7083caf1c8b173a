import type { SourceOffset, SourceRecord } from '../../runtime/api/record.ts'
import { snapshotIsComplete, snapshotStarts } from '../relational/snapshot-messages.ts'
import type { Lsn } from './lsn.ts'
import { type Position, type StoredOffset, snapshotOffset } from './offset.ts'
import type { Phase, TaskParts } from './phase.ts'
import { checkReadable } from './privileges.ts'
import { SnapshotReader } from './snapshot.ts'
import { SnapshotState } from './snapshot-plan.ts'
import { SnapshotSession } from './snapshot-session.ts'
import type { TableName } from './table-list.ts'

export interface SnapshotStart {
  readonly tables: readonly TableName[]
  /** Where the stream will start. */
  readonly startLsn: Lsn
  /** The snapshot that was exported with the slot, or null: the instant is now. */
  readonly snapshotName: string | null
  /** What an interrupted snapshot has read, or null: nothing yet. */
  readonly state: SnapshotState | null
}

/** Reads the tables, table by table, and remembers with every batch how far it is. */
export class SnapshotPhase implements Phase {
  readonly #parts: TaskParts
  readonly #session: SnapshotSession
  readonly #reader: SnapshotReader
  readonly #state: SnapshotState
  readonly #position: Position
  readonly #totalRows: number
  #isOver = false
  #isBegun = false
  /** Whether the first offset is durable: from then on a restart goes on instead of starting over. */
  #isDurable = false

  private constructor(
    parts: TaskParts,
    session: SnapshotSession,
    reading: { reader: SnapshotReader; state: SnapshotState; startLsn: Lsn; totalRows: number }
  ) {
    this.#parts = parts
    this.#session = session
    this.#reader = reading.reader
    this.#state = reading.state
    this.#totalRows = reading.totalRows
    const { xid, micros, lsn } = session.point
    const start = reading.startLsn || lsn
    this.#position = { commitLsn: start, lsn: start, xid, micros, messageType: null, events: 0 }
  }

  static async open(parts: TaskParts, start: SnapshotStart): Promise<SnapshotPhase> {
    const { settings, context, catalog, config, factory, maxBytes } = parts
    const session = await SnapshotSession.open(settings, start.snapshotName, context.signal)
    try {
      const state = start.state ?? new SnapshotState(start.snapshotName ? null : session.point.read)
      const oids = start.tables.map((table) => table.oid)
      await checkReadable(session.query, start.tables, settings.user)
      const loaded = await catalog.load(oids, session.query)
      const tables = start.tables.flatMap((name) => {
        const table = loaded.get(name.oid)
        return table ? [{ table, name }] : []
      })
      const reader = new SnapshotReader({
        session,
        tables,
        state,
        factory,
        maxBatchSize: config['max.batch.size'],
        maxBytes,
        signal: context.signal
      })
      const totalRows = tables.reduce((sum, { name }) => sum + name.estimatedRows, 0)
      context.logger.info(snapshotStarts(tables.length, start.state ? state.rows : null))
      const { startLsn } = start
      return new SnapshotPhase(parts, session, { reader, state, startLsn, totalRows })
    } catch (error) {
      session.close()
      throw error
    }
  }

  /** Where the stream starts when the snapshot is over. */
  get stored(): StoredOffset {
    return {
      position: this.#position,
      skipThrough: null,
      snapshotDone: true,
      snapshot: this.#state.base === null ? null : this.#state,
      systemId: this.#parts.systemId
    }
  }

  async poll(): Promise<{ records: SourceRecord[]; offset: SourceOffset } | null> {
    if (this.#isOver) return null
    const { context } = this.#parts
    if (!this.#isBegun) {
      // Alone, so that where the slot starts is known for good as soon as can be.
      this.#isBegun = true
      return { records: [], offset: this.#offset(false) }
    }
    const records = await this.#reader.read()
    if (context.signal.aborted && records.length === 0) return null
    const { finished } = this.#reader
    this.#isOver = finished
    const done = this.#state.rows
    if (this.#isDurable) {
      context.progress({
        phase: 'snapshotting',
        done,
        total: finished ? done : Math.max(done, this.#totalRows),
        detail: this.#reader.tableName
      })
    }
    if (finished) {
      // At once: the transaction keeps the tables from being altered.
      this.#session.close()
      context.logger.info(snapshotIsComplete(done))
    }
    return { records, offset: this.#offset(finished) }
  }

  /** The slot stays where it is until the snapshot is complete. */
  commit(): void {
    this.#isDurable = true
  }

  close(): void {
    this.#session.close()
  }

  #offset(finished: boolean): SourceOffset {
    const snapshot = finished && this.#state.base === null ? null : this.#state.toString()
    return snapshotOffset(this.#position, finished, { systemId: this.#parts.systemId, snapshot })
  }
}
