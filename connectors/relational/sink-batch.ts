import type { SinkRecord } from '../../runtime/api/record.ts'
import type { TableName } from './sink-naming.ts'
import type { RowPlan, RowValues } from './sink-plan.ts'
import type { Change } from './sink-reader.ts'
import type { InsertMode } from './sink-settings.ts'

/** Rows of one shape that one kind of statement can take, in order. */
export interface Step {
  readonly kind: 'insert' | 'upsert' | 'update' | 'delete' | 'move' | 'truncate'
  readonly plan: RowPlan | null
  readonly rows: RowValues[]
  /** The record of each row. */
  readonly records: SinkRecord[]
}

interface Write {
  readonly plan: RowPlan
  readonly values: RowValues
  readonly record: SinkRecord
}

interface Pending {
  /** The row as it was has to go, before it is written again, if it is. */
  remove: Write | null
  write: Write | null
}

/**
 * What records do to one table, reduced to as few statements as give the same result as one
 * after the other: of the changes of a key only the last one counts.
 */
export class TableBatch {
  readonly name: TableName
  readonly #mode: InsertMode
  #steps: Step[] = []
  #pending = new Map<unknown, Pending>()

  constructor(name: TableName, mode: InsertMode) {
    this.name = name
    this.#mode = mode
  }

  /** @throws {DataError} when a part of the key is null */
  add(change: Change, record: SinkRecord): void {
    if (change.kind === 'truncate') {
      this.#seal()
      this.#steps.push({ kind: 'truncate', plan: null, rows: [], records: [record] })
    } else if (change.kind === 'delete') {
      this.#delete({ plan: change.plan, values: change.values, record })
    } else if (change.kind === 'move') {
      this.#move({ plan: change.plan, values: change.values, record })
    } else if (change.kind === 'write') {
      const write = { plan: change.plan, values: change.values, record }
      this.#write(change.update ? withoutHidden(write) : write)
    }
  }

  /** All steps in order; the batch is empty then. */
  take(): Step[] {
    this.#seal()
    const steps = this.#steps
    this.#steps = []
    return steps
  }

  #delete(write: Write): void {
    const key = write.plan.keyOf(write.values)
    if (this.#mode === 'insert') {
      this.#append('delete', write)
      return
    }
    // Taken out and put in again, so that it comes after what was changed before it.
    this.#pending.delete(key)
    this.#pending.set(key, { remove: write, write: null })
  }

  /** Each for itself: rows may move to keys that others have just left. */
  #move({ plan, values, record }: Write): void {
    this.#seal()
    this.#steps.push({ kind: 'move', plan, rows: [values], records: [record] })
  }

  #write(write: Write): void {
    const { plan } = write
    if (plan.keys.length === 0 || this.#mode === 'insert') {
      this.#append(plan.partial ? 'update' : 'insert', write)
      return
    }
    const key = plan.keyOf(write.values)
    const before = this.#pending.get(key)
    if (before?.write && !covers(plan, before.write.plan)) {
      const merged = merge(before.write, write)
      if (merged !== null) {
        before.write = merged
        return
      }
      this.#seal()
      this.#pending.set(key, { remove: null, write })
      return
    }
    if (before) this.#pending.delete(key)
    this.#pending.set(key, { remove: before?.remove ?? null, write })
  }

  /** For rows that cannot be reduced: those before them are written first. */
  #append(kind: Step['kind'], write: Write): void {
    this.#seal()
    addTo(this.#steps, kind, write)
  }

  #seal(): void {
    if (this.#pending.size === 0) return
    const deletes: Step[] = []
    const writes: Step[] = []
    for (const { remove, write } of this.#pending.values()) {
      if (remove) addTo(deletes, 'delete', remove)
      if (write) {
        const kind = write.plan.partial || this.#mode === 'update' ? 'update' : 'upsert'
        addToOwn(writes, kind, write)
      }
    }
    this.#steps.push(...deletes, ...writes)
    this.#pending = new Map()
  }
}

/** To the last step when it takes such rows, else to a new one: order is kept. */
function addTo(steps: Step[], kind: Step['kind'], write: Write): void {
  const last = steps.at(-1)
  if (last?.kind === kind && last.plan === write.plan) {
    last.rows.push(write.values)
    last.records.push(write.record)
    return
  }
  steps.push({ kind, plan: write.plan, rows: [write.values], records: [write.record] })
}

/** To the step for such rows, wherever it is: rows of different keys may change places. */
function addToOwn(steps: Step[], kind: Step['kind'], write: Write): void {
  const last = steps.at(-1)
  const own =
    last?.kind === kind && last.plan === write.plan
      ? last
      : steps.find((step) => step.kind === kind && step.plan === write.plan)
  if (own === undefined) {
    steps.push({ kind, plan: write.plan, rows: [write.values], records: [write.record] })
    return
  }
  own.rows.push(write.values)
  own.records.push(write.record)
}

/** Leaves out the columns that the source did not tell. */
function withoutHidden(write: Write): Write {
  const hidden = write.plan.hidden(write.values)
  return hidden === null ? write : { ...write, plan: write.plan.without(hidden, { partial: true }) }
}

/** Whether a row of one plan leaves nothing of an earlier row of another. */
function covers(plan: RowPlan, other: RowPlan): boolean {
  if (plan === other) return true
  // An update alone would not make the row that the earlier one makes.
  if (plan.partial && !other.partial) return false
  const names = new Set(plan.columns.map((column) => column.name))
  return other.columns.every((column) => names.has(column.name))
}

/**
 * The earlier row with what the later one says on top; null when their values do not match by
 * position, and both have to be written.
 */
function merge(earlier: Write, later: Write): Write | null {
  const values = [...earlier.values]
  for (const column of later.plan.columns) {
    const same = earlier.plan.columns.find(({ name }) => name === column.name)
    if (same?.index !== column.index || same.schema !== column.schema) return null
    values[column.index] = later.values[column.index]
  }
  return { plan: earlier.plan, values, record: later.record }
}
