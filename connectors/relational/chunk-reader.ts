import { describeError, isRetriable } from '../../runtime/api/errors.ts'
import type { Logger } from '../../runtime/api/task.ts'
import type { ChunkKey, ChunkRow, ChunkSource, ChunkTable } from './chunk-source.ts'
import type { ChunkWindow } from './chunk-window.ts'
import { type IncrementalPlan, type PlannedTable, withoutFirst } from './incremental-plan.ts'
import type { IncrementalNotifications, Notifications, TableStatus } from './notifications.ts'

/** Stands in a plan for "rows without key were read": then come those with one, from the beginning. */
const NULL_KEY: ChunkKey = [null]

interface Chunk {
  readonly rows: readonly ChunkRow[]
  /** The plan after these rows. */
  readonly after: IncrementalPlan
}

/** Reads the next chunk of a plan, passing over tables that have none left. */
export class ChunkReader {
  readonly #source: ChunkSource
  readonly #chunkSize: number
  readonly #notifications: Notifications
  readonly #logger: Logger

  constructor(options: {
    readonly source: ChunkSource
    readonly chunkSize: number
    readonly notifications: Notifications
    readonly logger: Logger
  }) {
    this.#source = options.source
    this.#chunkSize = options.chunkSize
    this.#notifications = options.notifications
    this.#logger = options.logger
  }

  /**
   * Fills a window with the next rows. It stays empty when there are none, or when they cannot be read for the first
   * time.
   *
   * @returns the plan when the rows are passed on
   */
  async fill(window: ChunkWindow, start: IncrementalPlan): Promise<IncrementalPlan> {
    let plan = start
    for (;;) {
      const planned = plan.tables[0]
      if (planned === undefined) return plan
      const found = await this.#tryNext(planned, plan)
      if (found === 'later') return { ...plan, hasFailed: true }
      if (typeof found === 'string') {
        plan = this.#done(planned, plan, found)
        continue
      }
      const { table, chunk } = found
      window.fill(table, chunk.rows, plan)
      this.#notificationsOf(planned).inProgress(planned.id, {
        maximumKey: keyText(table, chunk.after.maximumKey),
        lastKey: keyText(table, chunk.after.lastKey),
        tables: sameSignal(plan, planned)
      })
      return chunk.after
    }
  }

  /** @returns a chunk, what became of a table that has none, or `later` */
  async #tryNext(
    planned: PlannedTable,
    plan: IncrementalPlan
  ): Promise<{ table: ChunkTable; chunk: Chunk } | TableStatus | 'later'> {
    try {
      const table = await this.#source.describe(planned.id, planned.surrogateKey)
      if (table === null) return 'UNKNOWN_SCHEMA'
      if (table.keyColumns.length === 0) return 'NO_PRIMARY_KEY'
      const chunk = await this.#next(table, planned, plan)
      if (chunk.rows.length > 0) return { table, chunk }
      return chunk.after.maximumKey === null && plan.rows === 0 ? 'EMPTY' : 'SUCCEEDED'
    } catch (error) {
      if (isRetriable(error)) throw error
      // The table may have changed: the stream comes to know of that before the next try.
      if (!plan.hasFailed) return 'later'
      this.#logger.warn('A table cannot be read by the incremental snapshot, and is left out', {
        table: planned.id,
        condition: planned.condition,
        error: describeError(error)
      })
      return 'SQL_EXCEPTION'
    }
  }

  async #next(
    table: ChunkTable,
    { condition }: PlannedTable,
    start: IncrementalPlan
  ): Promise<Chunk> {
    const read = { table, condition }
    const plan = { ...forKey(table, start), hasFailed: false }
    const again = await this.#equal(read, plan.again)
    if (again.length > 0) {
      return { rows: again, after: { ...plan, again: [], rows: plan.rows + again.length } }
    }
    const maximumKey = plan.maximumKey ?? (await this.#source.maximumKey(table, condition))
    const isFirst = plan.lastKey === null
    const nulls = isFirst && !table.isUnique ? await this.#equal(read, [NULL_KEY]) : []
    const keyed = maximumKey === null ? [] : await this.#between(read, plan.lastKey, maximumKey)
    const rows = [...nulls, ...keyed]
    const lastKey = keyed.at(-1)?.key ?? (nulls.length > 0 ? NULL_KEY : plan.lastKey)
    const after = { ...plan, again: [], maximumKey, lastKey, rows: plan.rows + rows.length }
    return { rows, after }
  }

  async #equal(
    { table, condition }: { table: ChunkTable; condition: string | null },
    keys: readonly ChunkKey[]
  ): Promise<ChunkRow[]> {
    const rows: ChunkRow[] = []
    for (const key of keys) {
      rows.push(...(await this.#source.chunk(table, { kind: 'equal', key }, condition)))
    }
    return rows
  }

  /** A chunk that does not end between rows of the same key. */
  async #between(
    read: { table: ChunkTable; condition: string | null },
    lastKey: ChunkKey | null,
    upTo: ChunkKey
  ): Promise<readonly ChunkRow[]> {
    const { table, condition } = read
    const limit = this.#chunkSize
    const after = lastKey !== null && same(lastKey, NULL_KEY) ? null : lastKey
    const range = { kind: 'between', after, upTo, limit } as const
    const rows = await this.#source.chunk(table, range, condition)
    const last = rows.at(-1)
    if (last === undefined || table.isUnique || rows.length < limit) return rows
    const ties = await this.#equal(read, [last.key])
    return [...rows.filter(({ key }) => !same(key, last.key)), ...ties]
  }

  #done(planned: PlannedTable, plan: IncrementalPlan, status: TableStatus): IncrementalPlan {
    if (status === 'UNKNOWN_SCHEMA' || status === 'NO_PRIMARY_KEY') {
      const why = status === 'NO_PRIMARY_KEY' ? 'it has no primary key' : 'it is not captured'
      this.#logger.warn(`A table is left out of the incremental snapshot: ${why}`, {
        table: planned.id
      })
    }
    const tables = sameSignal(plan, planned)
    const notifications = this.#notificationsOf(planned)
    notifications.tableScanned(planned.id, { rows: plan.rows, status, tables })
    if (tables.length === 1) notifications.completed()
    return withoutFirst(plan)
  }

  #notificationsOf(planned: PlannedTable): IncrementalNotifications {
    return this.#notifications.incremental(planned.signal)
  }
}

/** A table with another key than it was begun with is begun anew. */
function forKey({ keyColumns }: ChunkTable, plan: IncrementalPlan): IncrementalPlan {
  const isSame = plan.maximumKey === null || plan.maximumKey.length === keyColumns.length
  return isSame ? plan : { ...plan, lastKey: null, maximumKey: null, again: [] }
}

/** The tables that the same signal still waits for. */
function sameSignal(plan: IncrementalPlan, { signal }: PlannedTable): string[] {
  return plan.tables.filter((table) => table.signal === signal).map(({ id }) => id)
}

function same(left: ChunkKey, right: ChunkKey): boolean {
  return left.length === right.length && left.every((value, i) => value === right[i])
}

function keyText(table: ChunkTable, key: ChunkKey | null): string {
  if (key === null || same(key, NULL_KEY)) return '<null>'
  return table.keyText?.(key) ?? key.join(',')
}
