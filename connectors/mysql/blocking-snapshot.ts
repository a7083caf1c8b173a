import type { SourceRecord } from '../../runtime/api/record.ts'
import type { BlockingSnapshot } from '../relational/signal-handler.ts'
import type { TaskParts } from './phase.ts'
import type { Place } from './place.ts'
import { SnapshotReader, type SnapshotTable } from './snapshot.ts'
import { snapshotNotes } from './snapshot-notes.ts'
import { snapshotKey } from './snapshot-select.ts'
import { SnapshotSession } from './snapshot-session.ts'
import { SnapshotState } from './snapshot-state.ts'

/** Reads tables that a signal asked for, while the stream stands still. */
export class BlockingReading {
  readonly #parts: TaskParts
  readonly #session: SnapshotSession
  readonly #reader: SnapshotReader

  private constructor(parts: TaskParts, session: SnapshotSession, reader: SnapshotReader) {
    this.#parts = parts
    this.#session = session
    this.#reader = reader
  }

  /** @param place where the stream stands: what the records say about the log */
  static async open(
    parts: TaskParts,
    asked: BlockingSnapshot,
    place: Place
  ): Promise<BlockingReading> {
    const { config, context, flavor, settings, records, notifications, maxBytes } = parts
    notifications.initial.started()
    const session = await SnapshotSession.open(settings, {
      flavor,
      lockingMode: 'none',
      lockTimeoutMs: config['snapshot.lock.timeout.ms'],
      tables: [],
      signal: context.signal
    })
    try {
      await parts.laterView.taken(parts.session)
      const tables = await tablesOf(parts, asked)
      const ids = tables.map(({ table }) => table.id)
      const reader = new SnapshotReader({
        session,
        tables,
        state: new SnapshotState(),
        records,
        origin: place,
        maxBatchSize: config['max.batch.size'],
        maxBytes,
        signal: context.signal,
        observer: snapshotNotes(notifications, { read: ids, all: ids })
      })
      return new BlockingReading(parts, session, reader)
    } catch (error) {
      session.close()
      throw error
    }
  }

  get finished(): boolean {
    return this.#reader.finished
  }

  async read(): Promise<SourceRecord[]> {
    const { notifications } = this.#parts
    const records = await this.#reader.read()
    if (this.finished) {
      this.close()
      notifications.initial.completed()
    }
    return [...records, ...notifications.take()]
  }

  close(): void {
    this.#session.close()
  }
}

async function tablesOf(parts: TaskParts, asked: BlockingSnapshot): Promise<SnapshotTable[]> {
  const tables: SnapshotTable[] = []
  for (const { id, statement } of asked.tables) {
    const dot = id.indexOf('.')
    const found = await parts.server.readTable({
      database: id.slice(0, dot),
      name: id.slice(dot + 1)
    })
    if (found === null) continue
    const table = parts.compiler.compile(found.table)
    const selected = table.codec.selected.map(({ name }) => name)
    const key = statement === null ? snapshotKey(found.table, selected) : null
    // Nothing is resumed here, so that how much there is does not matter.
    tables.push({ table, bytes: Number.POSITIVE_INFINITY, rows: 0, key, statement })
  }
  return tables
}
