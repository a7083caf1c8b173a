import { randomUUID } from 'node:crypto'
import { boolean, int, oneOf } from '../../runtime/api/config.ts'
import type { OffsetValue, SourceOffset, SourceRecord } from '../../runtime/api/record.ts'
import type { Struct } from '../../runtime/api/schema.ts'
import type { Logger } from '../../runtime/api/task.ts'
import type { RecordTable } from './change-records.ts'
import { ChunkReader } from './chunk-reader.ts'
import type { ChunkSource } from './chunk-source.ts'
import { ChunkWindow } from './chunk-window.ts'
import {
  type IncrementalPlan,
  NOTHING_PLANNED,
  type PlannedTable,
  planFields,
  storedPlan,
  without
} from './incremental-plan.ts'
import { NameFilter } from './name-filter.ts'
import type { Notifications } from './notifications.ts'
import { conditionFor, type ExecuteSnapshot, matchingTables } from './signals.ts'
import type { SignalRow, Watermarks } from './watermarks.ts'

/** Keys of incremental snapshots. */
export const incrementalKeys = {
  'incremental.snapshot.chunk.size': int({
    doc: 'Rows that an incremental snapshot reads at a time, and keeps in memory until the stream has come to where they were read.',
    default: 1024,
    min: 1,
    importance: 'MEDIUM'
  }),
  'incremental.snapshot.watermarking.strategy': oneOf(['insert_insert', 'insert_delete'], {
    doc: 'How the signal table marks a chunk: a row at its beginning and one at its end, or one row that is deleted again.',
    default: 'insert_insert',
    importance: 'LOW'
  }),
  'incremental.snapshot.allow.schema.changes': boolean({
    doc: 'Whether tables may be altered while an incremental snapshot reads them. They always may: a chunk is read again when the stream knows of the change.',
    default: false
  }),
  'read.only': boolean({
    doc: 'Whether incremental snapshots leave the database alone: chunks are placed by positions of its log instead of rows in the signal table.',
    default: false
  })
} as const

/** Whole rows are compared from here on, when rows of one surrogate key never stop changing. */
const MAX_TRIES = 10

/**
 * Reads tables again while changes go on, chunk by chunk. The database is read beside the stream; what was read is
 * passed on when the stream has come to the end of its window, without the rows that changed in between.
 *
 *     const snapshot = new IncrementalSnapshot({ source, watermarks, read, wake, ... })
 *     snapshot.resume(storedOffset)                       // once, at the start
 *     // in the stream, for each row event of a captured table:
 *     snapshot.changed(table.id, before, after)
 *     // and for each inserted or deleted row of the signal table, after its own record:
 *     snapshot.passed({ op: 'c', id }, out)
 *     // once per poll, between two events:
 *     snapshot.advance(out)
 *     offset = { ...offset, ...snapshot.offsetFields() }
 *
 * A row that it passes on is as it was at the place in the stream where it is passed on; so the last record of a
 * key is the newest. After a restart the chunk that was not passed on is read again.
 */
export class IncrementalSnapshot {
  readonly #about: {
    readonly reader: ChunkReader
    readonly watermarks: Watermarks
    readonly notifications: Notifications
    readonly logger: Logger
    readonly read: (table: RecordTable, row: Struct) => SourceRecord
    readonly wake: () => void
  }
  /** What the records that were passed on leave to read: what the offset says. */
  #plan: IncrementalPlan = NOTHING_PLANNED
  #isPaused = false
  #window: ChunkWindow | null = null
  #reading: Promise<void> | null = null
  /** Changes of the plan since the reader has begun its work on it. */
  #changes: ((plan: IncrementalPlan) => IncrementalPlan)[] = []
  #failure: { readonly error: unknown } | null = null

  /**
   * @param options read: makes the record of a row (op `r`, mark `incremental`); wake: called when
   * {@link advance} has something to do while the stream may be quiet
   */
  constructor(options: {
    readonly source: ChunkSource
    readonly watermarks: Watermarks
    readonly chunkSize: number
    readonly notifications: Notifications
    readonly logger: Logger
    readonly read: (table: RecordTable, row: Struct) => SourceRecord
    readonly wake: () => void
  }) {
    const { source, chunkSize, notifications, logger } = options
    this.#about = {
      ...options,
      reader: new ChunkReader({ source, chunkSize, notifications, logger })
    }
  }

  /** Whether tables are still to be read. */
  get isRunning(): boolean {
    return this.#plan.tables.length > 0
  }

  /** Goes on with what a stored offset was in the middle of. */
  resume(offset: SourceOffset): void {
    const { plan, isPaused } = storedPlan(offset)
    this.#plan = plan
    this.#isPaused = isPaused
    if (!this.isRunning) return
    const { tables, lastKey } = plan
    this.#about.logger.info('Going on with the incremental snapshot', {
      tables: tables.map(({ id }) => id),
      after: lastKey
    })
  }

  /**
   * Tables to read, after those that a signal asked for before.
   * @param captured names of all captured tables
   */
  execute(signal: ExecuteSnapshot, captured: readonly string[]): void {
    const tables: PlannedTable[] = matchingTables(signal.collections, captured).map((id) => ({
      id,
      condition: conditionFor(signal.conditions, id),
      surrogateKey: signal.surrogateKey,
      signal: signal.id
    }))
    this.#change((plan) => ({ ...plan, tables: [...plan.tables, ...tables] }))
    this.#about.notifications.incremental(signal.id).started(tables.map(({ id }) => id))
  }

  /** Forgets tables, those in progress too. @param patterns null: all of them */
  stop(patterns: readonly string[] | null): void {
    const filter = new NameFilter(patterns ?? [])
    const stopped = this.#plan.tables.filter(({ id }) => filter.includes(id))
    if (stopped.length === 0) {
      this.#about.logger.warn(
        'No incremental snapshot of such tables is running: nothing is stopped'
      )
      return
    }
    const ids = new Set(stopped.map(({ id }) => id))
    this.#change((plan) => without(plan, ids))
    if (!this.isRunning) this.#isPaused = false
    const signal = stopped[0]?.signal ?? null
    this.#about.notifications.incremental(signal).aborted(patterns === null ? null : [...ids])
  }

  /** Reads no further chunk until {@link unpause}. The one that is being read is passed on. */
  pause(): void {
    if (this.#isPaused || !this.isRunning) return
    this.#isPaused = true
    this.#notifications().paused(this.#plan.tables.map(({ id }) => id))
  }

  unpause(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#notifications().resumed(this.#plan.tables.map(({ id }) => id))
    this.#about.wake()
  }

  /** A row of a table was inserted (before is null), updated, or deleted (after is null). */
  changed(table: string, before: Struct | null, after: Struct | null): void {
    if (this.#window === null) return
    if (this.#plan.tables.some(({ id }) => id === table)) this.#window.changed(table, before, after)
  }

  /** A table was truncated, altered, renamed or dropped: the chunk in progress is read again. */
  altered(table: string): void {
    if (this.#window !== null && this.#plan.tables.some(({ id }) => id === table)) {
      this.#window.isSpoilt = true
    }
  }

  /** The stream has come to a row of the signal table. May append the rows of a chunk. */
  passed(row: SignalRow, out: SourceRecord[]): void {
    const window = this.#window
    if (window === null) return
    const mark = this.#about.watermarks.passed(window.id, row)
    if (mark === 'open') window.open()
    else if (mark === 'close') this.#close(window, out)
  }

  /**
   * Begins to read the next chunk, when it is time for it. Never waits. May append the rows of a chunk, and appends
   * the notifications of all snapshots.
   *
   * @throws what kept a chunk from being read
   */
  advance(out: SourceRecord[]): void {
    if (this.#failure !== null) throw this.#failure.error
    const window = this.#window
    if (window !== null && this.#reading === null && this.#about.watermarks.hasClosed()) {
      this.#close(window, out)
    }
    if (this.isRunning && !this.#isPaused && this.#window === null && this.#reading === null) {
      this.#reading = this.#readChunk().finally(() => {
        this.#reading = null
        this.#about.wake()
      })
    }
    for (const record of this.#about.notifications.take()) out.push(record)
  }

  /** Waits until no statement is under way. */
  async stopped(): Promise<void> {
    await this.#reading
  }

  /** For the offset after the last record that was appended. */
  offsetFields(): Readonly<Record<string, OffsetValue>> {
    return planFields(this.#plan, this.#isPaused)
  }

  /** Never rejects: {@link advance} throws what went wrong. */
  async #readChunk(): Promise<void> {
    const { reader, watermarks } = this.#about
    const window = new ChunkWindow(randomUUID(), watermarks.isSilent)
    const plan = this.#plan
    this.#window = window
    this.#changes = []
    try {
      await watermarks.open(window.id)
      window.after = await reader.fill(window, plan)
      await watermarks.close(window.id)
    } catch (error) {
      this.#failure = { error }
    }
  }

  /** The stream is where the chunk ended. */
  #close(window: ChunkWindow, out: SourceRecord[]): void {
    const { after } = window
    this.#window = null
    this.#about.wake()
    if (after === null) return
    this.#settle(window, after, out)
    if (!this.isRunning) this.#isPaused = false
  }

  #settle(window: ChunkWindow, after: IncrementalPlan, out: SourceRecord[]): void {
    const { table, before, isSpoilt } = window
    const { rows, again } = window.settle(this.#plan.tries >= MAX_TRIES)
    const changed = (plan: IncrementalPlan) => this.#changes.reduce((one, next) => next(one), plan)
    if (table === null || before === null) {
      this.#plan = changed(after)
      return
    }
    const { id } = table.record
    const isStopped = !this.#plan.tables.some((planned) => planned.id === id)
    if (isSpoilt || isStopped) {
      this.#plan = changed(before)
      return
    }
    for (const row of rows) out.push(this.#about.read(table.record, row))
    const tries = again.length > 0 ? after.tries + 1 : 0
    this.#plan = changed({ ...after, again: [...after.again, ...again], tries })
  }

  #change(change: (plan: IncrementalPlan) => IncrementalPlan): void {
    this.#plan = change(this.#plan)
    this.#changes.push(change)
    this.#about.wake()
  }

  #notifications() {
    return this.#about.notifications.incremental(this.#plan.tables[0]?.signal ?? null)
  }
}
