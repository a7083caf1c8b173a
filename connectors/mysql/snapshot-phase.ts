import type { SourceBatch, SourceOffset, SourceRecord } from '../../runtime/api/record.ts'
import { snapshotIsComplete, snapshotStarts } from '../relational/snapshot-messages.ts'
import type { LogPoint } from './log-point.ts'
import { type Position, positionAt, snapshotOffset, streamOffset } from './offset.ts'
import type { Phase, TaskParts } from './phase.ts'
import type { ListedTable } from './schema/read-schema.ts'
import type { TableModel } from './schema/table-model.ts'
import { SnapshotReader, type SnapshotTable } from './snapshot.ts'
import { snapshotNotes } from './snapshot-notes.ts'
import { selectStatement } from './snapshot-overrides.ts'
import { snapshotKey } from './snapshot-select.ts'
import { SnapshotSession } from './snapshot-session.ts'
import { SnapshotState } from './snapshot-state.ts'

export interface SnapshotStart {
  /** Of a snapshot that was cut: where the stream will start, and what was read. Null: nothing yet. */
  readonly cut: { readonly position: Position; readonly state: SnapshotState } | null
  /** False: only the shapes are read. */
  readonly rows: boolean
}

interface Opened {
  readonly session: SnapshotSession
  readonly reader: SnapshotReader
  readonly state: SnapshotState
  readonly position: Position
  readonly first: readonly SourceRecord[] | null
  readonly totalRows: number
}

/** Reads the tables, table by table, and remembers with every batch how far it is. */
export class SnapshotPhase implements Phase {
  readonly #parts: TaskParts
  readonly #opened: Opened
  readonly #readsRows: boolean
  /** Records about shapes, which come before all rows; null when they were passed on. */
  #first: readonly SourceRecord[] | null
  #isOver = false
  /** Whether the first offset is durable: from then on a restart goes on instead of starting over. */
  #isDurable = false

  private constructor(parts: TaskParts, opened: Opened, readsRows: boolean) {
    this.#parts = parts
    this.#opened = opened
    this.#readsRows = readsRows
    this.#first = opened.first
  }

  static async open(parts: TaskParts, start: SnapshotStart): Promise<SnapshotPhase> {
    const { config, context, filter, flavor, server, settings } = parts
    const listed = (await server.listTables(filter)).filter((table) =>
      filter.captures(table.database, table.name)
    )
    const session = await SnapshotSession.open(settings, {
      flavor,
      // The rest of a snapshot that was cut is of another instant anyway.
      lockingMode: start.cut === null ? config['snapshot.locking.mode'] : 'none',
      lockTimeoutMs: config['snapshot.lock.timeout.ms'],
      tables: listed,
      signal: context.signal
    })
    try {
      const opened = await prepare(parts, session, { start, listed })
      session.shapesAreRead()
      if (!session.isAtPoint || start.cut !== null) await parts.laterView.taken(parts.session)
      if (start.rows) parts.notifications.initial.started()
      const before = start.cut === null ? null : opened.state.rows
      context.logger.info(snapshotStarts(listed.length, before))
      return new SnapshotPhase(parts, opened, start.rows)
    } catch (error) {
      session.close()
      throw error
    }
  }

  /** Where the stream starts when the snapshot is over. */
  get position(): Position {
    return this.#opened.position
  }

  async poll(): Promise<readonly SourceBatch[] | null> {
    if (this.#isOver) return null
    const { store, context } = this.#parts
    if (this.#first !== null) {
      // Without rows, so that where the stream starts is known for good as soon as can be.
      const records = [...this.#first, ...this.#parts.notifications.take()]
      this.#first = null
      this.#isOver = !this.#readsRows
      if (this.#isOver) this.close()
      return [...store.take(), this.#batch(records)]
    }
    const rows = await this.#opened.reader.read()
    if (context.signal.aborted && rows.length === 0) return []
    this.#isOver = this.#opened.reader.finished
    if (this.#isOver) this.#parts.notifications.initial.completed()
    const records = [...rows, ...this.#parts.notifications.take()]
    this.#showProgress()
    if (this.#isOver) {
      // At once: the view keeps the server from forgetting old rows.
      this.close()
      context.logger.info(snapshotIsComplete(this.#opened.state.rows))
    }
    return [this.#batch(records)]
  }

  commit(): void {
    this.#isDurable = true
  }

  close(): void {
    this.#opened.session.close()
  }

  #batch(records: readonly SourceRecord[]): SourceBatch {
    return {
      sourcePartition: { server: this.#parts.config['topic.prefix'] },
      sourceOffset: this.#offset(),
      records
    }
  }

  #offset(): SourceOffset {
    const { position, state } = this.#opened
    const { identity, laterView } = this.#parts
    const extras = { millrace_server: identity, ...laterView.offsetFields(position) }
    if (this.#isOver) return streamOffset(position, extras)
    return snapshotOffset(position, state, extras)
  }

  #showProgress(): void {
    if (!this.#isDurable) return
    const { state, totalRows, reader } = this.#opened
    const done = state.rows
    this.#parts.context.progress({
      phase: 'snapshotting',
      done,
      total: this.#isOver ? done : Math.max(done, totalRows),
      detail: reader.tableName
    })
  }
}

async function prepare(
  parts: TaskParts,
  session: SnapshotSession,
  about: { readonly start: SnapshotStart; readonly listed: readonly ListedTable[] }
): Promise<Opened> {
  const { config, records, context, maxBytes } = parts
  const { cut, rows } = about.start
  const schema = await parts.server.readAll(parts.filter)
  const first = cut === null ? keepShapes(parts, session, schema, rows) : null
  const state = cut?.state ?? new SnapshotState()
  const position = cut?.position ?? { ...positionAt(session.point), seconds: session.seconds }
  const models = new Map(schema.tables.map((model) => [`${model.database}.${model.name}`, model]))
  const tables = inOrder(about.listed, config['snapshot.tables.order.by.row.count'])
    .filter((table) => parts.filter.snapshots(table))
    .filter(({ database, name }) => `${database}.${name}` !== config['signal.data.collection'])
    .flatMap((table) => {
      const model = models.get(`${table.database}.${table.name}`)
      return model === undefined ? [] : [toRead(parts, table, model)]
    })
  const { file, pos } = session.point
  const all = about.listed.map(({ database, name }) => `${database}.${name}`)
  const read = tables.map(({ table }) => table.id)
  const reader = new SnapshotReader({
    session,
    tables,
    state,
    records,
    origin: { ...NOWHERE, micros: session.seconds * 1_000_000, file, pos },
    maxBatchSize: config['max.batch.size'],
    maxBytes,
    signal: context.signal,
    observer: snapshotNotes(parts.notifications, { read, all })
  })
  const totalRows = tables.reduce((sum, table) => sum + table.rows, 0)
  return { session, reader, state, position, first, totalRows }
}

/** What a row that was not read from the log says about its place there. */
const NOWHERE = { serverId: 0, gtid: null, thread: null, query: null }

/** Stores the shapes of tables, from which the stream goes on. @returns records about them */
function keepShapes(
  parts: TaskParts,
  session: { readonly point: LogPoint },
  schema: Awaited<ReturnType<TaskParts['server']['readAll']>>,
  rows: boolean
): SourceRecord[] {
  const { tables, store, changeRecords } = parts
  for (const table of schema.tables) {
    tables.set(table)
    store.write(table, { table, since: session.point })
  }
  const out: SourceRecord[] = []
  const { file, pos } = session.point
  const place = { ...NOWHERE, micros: Date.now() * 1000, file, pos }
  changeRecords?.appendSnapshot(out, schema.changes, place, rows ? 'true' : 'last')
  return out
}

function toRead(parts: TaskParts, listed: ListedTable, model: TableModel): SnapshotTable {
  const table = parts.compiler.compile(model)
  const statement = selectStatement(parts.config, parts.raw, table.id)
  const selected = table.codec.selected.map(({ name }) => name)
  return {
    table,
    bytes: listed.bytes,
    rows: listed.rows,
    key: statement === null ? snapshotKey(model, selected) : null,
    statement
  }
}

function inOrder(
  tables: readonly ListedTable[],
  order: TaskParts['config']['snapshot.tables.order.by.row.count']
): readonly ListedTable[] {
  if (order === 'disabled') return tables
  const sign = order === 'ascending' ? 1 : -1
  return tables.toSorted((a, b) => sign * (a.rows - b.rows))
}
