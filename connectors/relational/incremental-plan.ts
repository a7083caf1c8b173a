import type { OffsetValue, SourceOffset } from '../../runtime/api/record.ts'
import type { ChunkKey } from './chunk-source.ts'
import { serializedIntegers } from './java-key.ts'

/** A table that a signal asked for. */
export interface PlannedTable {
  readonly id: string
  readonly condition: string | null
  readonly surrogateKey: string | null
  /** Of the signal; null when the offset does not tell. */
  readonly signal: string | null
}

/** What is still to be read of an incremental snapshot. Immutable. */
export interface IncrementalPlan {
  /** The one in progress first. */
  readonly tables: readonly PlannedTable[]
  /** Of the first table: the last row that was read; null at its beginning. */
  readonly lastKey: ChunkKey | null
  /** Of the first table: its largest key when it was begun; null before that. */
  readonly maximumKey: ChunkKey | null
  /** Keys of the first table that are to be read again, because rows with them changed. */
  readonly again: readonly ChunkKey[]
  /** How often in a row that was so. */
  readonly tries: number
  /** Whether the next chunk could not be read the last time. */
  readonly hasFailed: boolean
  /** Rows of the first table that were read, for notifications. */
  readonly rows: number
}

export const NOTHING_PLANNED: IncrementalPlan = {
  tables: [],
  lastKey: null,
  maximumKey: null,
  again: [],
  tries: 0,
  hasFailed: false,
  rows: 0
}

/** The plan after its first table is done with. */
export function withoutFirst(plan: IncrementalPlan): IncrementalPlan {
  return { ...NOTHING_PLANNED, tables: plan.tables.slice(1) }
}

/** The plan without the tables of some names. */
export function without(plan: IncrementalPlan, ids: ReadonlySet<string>): IncrementalPlan {
  const [first] = plan.tables
  const tables = plan.tables.filter(({ id }) => !ids.has(id))
  return first !== undefined && ids.has(first.id)
    ? { ...NOTHING_PLANNED, tables }
    : { ...plan, tables }
}

// Names in the offset: those without `millrace_` are Debezium's (AbstractIncrementalSnapshotContext). Its keys are
// serialized Java objects, which are read and not written: a Debezium that takes over begins the first table anew.
const COLLECTIONS = 'incremental_snapshot_collections'
const CORRELATION = 'incremental_snapshot_correlation_id'
const THEIR_LAST_KEY = 'incremental_snapshot_primary_key'
const THEIR_MAXIMUM_KEY = 'incremental_snapshot_maximum_key'
const LAST_KEY = 'millrace_incremental_snapshot_last_key'
const MAXIMUM_KEY = 'millrace_incremental_snapshot_maximum_key'
const AGAIN = 'millrace_incremental_snapshot_again'
const PAUSED = 'millrace_incremental_snapshot_paused'
const SIGNAL = 'millrace_signal'

/** The fields of an offset from which the snapshot goes on; none when nothing is planned. */
export function planFields(
  plan: IncrementalPlan,
  isPaused: boolean
): Readonly<Record<string, OffsetValue>> {
  if (plan.tables.length === 0) return {}
  const fields: Record<string, OffsetValue> = {
    [COLLECTIONS]: JSON.stringify(
      plan.tables.map(({ id, condition, surrogateKey, signal }) => ({
        [`${COLLECTIONS}_id`]: id,
        [`${COLLECTIONS}_additional_condition`]: condition,
        [`${COLLECTIONS}_surrogate_key`]: surrogateKey,
        [SIGNAL]: signal
      }))
    )
  }
  const signal = plan.tables[0]?.signal
  if (signal) fields[CORRELATION] = signal
  if (plan.lastKey !== null) fields[LAST_KEY] = JSON.stringify(plan.lastKey)
  if (plan.maximumKey !== null) fields[MAXIMUM_KEY] = JSON.stringify(plan.maximumKey)
  if (plan.again.length > 0) fields[AGAIN] = JSON.stringify(plan.again)
  if (isPaused) fields[PAUSED] = true
  return fields
}

/**
 * The snapshot that a stored offset was in the middle of, ours or Debezium's. Of Debezium's the table in progress
 * is read again from its beginning, unless its key is of integers.
 */
export function storedPlan(offset: SourceOffset): { plan: IncrementalPlan; isPaused: boolean } {
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null)
  const correlation = text(offset[CORRELATION])
  const tables = (parsed(offset[COLLECTIONS]) ?? []).flatMap((one) => {
    const given = typeof one === 'object' && one !== null ? (one as Record<string, unknown>) : {}
    const id = text(given[`${COLLECTIONS}_id`])
    if (id === null) return []
    return {
      id,
      condition: text(given[`${COLLECTIONS}_additional_condition`]),
      surrogateKey: text(given[`${COLLECTIONS}_surrogate_key`]),
      signal: text(given[SIGNAL]) ?? correlation
    }
  })
  const theirs = (field: string) => serializedIntegers(text(offset[field]) ?? '')
  const maximumKey = textKey(parsed(offset[MAXIMUM_KEY])) ?? theirs(THEIR_MAXIMUM_KEY)
  const place = textKey(parsed(offset[LAST_KEY])) ?? theirs(THEIR_LAST_KEY)
  // Without its end, a table is begun anew.
  const lastKey = maximumKey === null ? null : place
  const again = (parsed(offset[AGAIN]) ?? []).flatMap((key) => {
    const found = textKey(key)
    return found === null ? [] : [found]
  })
  return {
    plan: { ...NOTHING_PLANNED, tables, lastKey, maximumKey, again },
    isPaused: offset[PAUSED] === true
  }
}

function parsed(value: OffsetValue | undefined): unknown[] | null {
  if (typeof value !== 'string') return null
  try {
    const list: unknown = JSON.parse(value)
    return Array.isArray(list) ? list : null
  } catch {
    return null
  }
}

function textKey(value: unknown): ChunkKey | null {
  const isKey =
    Array.isArray(value) && value.every((one) => one === null || typeof one === 'string')
  return isKey ? (value as ChunkKey) : null
}
