import { DataError } from '../../runtime/api/errors.ts'
import type { SinkRecord } from '../../runtime/api/record.ts'
import { type Schema, Struct } from '../../runtime/api/schema.ts'
import { movedTo } from './moved-key.ts'
import {
  chosen,
  coordinates,
  type Fields,
  fieldsOf,
  headerFields,
  NO_FIELDS
} from './sink-fields.ts'
import { GapPlans, gapsIn } from './sink-gaps.ts'
import { type EventSource, type TableName, TableNaming } from './sink-naming.ts'
import { type PlanColumn, RowPlan, type RowValues } from './sink-plan.ts'
import type { SinkSettings } from './sink-settings.ts'

/** What a record does to its table. */
export type Change =
  | {
      readonly kind: 'write'
      readonly table: TableName
      readonly plan: RowPlan
      readonly values: RowValues
      readonly update: boolean
    }
  | {
      readonly kind: 'delete'
      readonly table: TableName
      readonly plan: RowPlan
      readonly values: RowValues
    }
  /** The row gets another key. */
  | {
      readonly kind: 'move'
      readonly table: TableName
      /** The key columns twice: as the key, and behind it as what it becomes. */
      readonly plan: RowPlan
      readonly values: RowValues
    }
  | { readonly kind: 'truncate'; readonly table: TableName }
  /** Nothing to do, and why. */
  | { readonly kind: 'skip'; readonly reason: SkipReason }

export type SkipReason =
  | 'delete.enabled is false'
  | 'truncate.enabled is false'
  | 'tombstone without a key to delete by'
  | 'not a row'

type Identity = Fields['identity']

/** Objects without schema can have any fields: what is remembered of them has to end somewhere. */
const MOST_PLANS = 5000

/** Reads records: change events with or without schema, flat records, tombstones. */
export class RecordReader {
  readonly #settings: SinkSettings
  readonly #naming: TableNaming
  readonly #plans = new Map<string, Map<Identity, Map<Identity, RowPlan>>>()
  #planCount = 0
  readonly #movePlans = new Map<Identity, RowPlan>()
  readonly #gapPlans: GapPlans
  readonly #envelopes = new WeakMap<Schema, boolean>()

  constructor(settings: SinkSettings) {
    this.#settings = settings
    this.#naming = new TableNaming(settings)
    this.#gapPlans = new GapPlans(settings.foldNames)
  }

  /** @throws {DataError} when the record cannot be a row of a table */
  read(record: SinkRecord): Change {
    const { value, topic } = record
    if (value === null || value === undefined) {
      if (!this.#settings.deleteEnabled) return { kind: 'skip', reason: 'delete.enabled is false' }
      const fields = this.#keyFields(record, null)
      if (fields === null) return { kind: 'skip', reason: 'tombstone without a key to delete by' }
      const table = this.#naming.nameOf(topic, null)
      return this.#delete(record, table, fields)
    }
    const event = this.#envelopeOf(record.valueSchema, value)
    if (event) return this.#event(record, event)
    const row = fieldsOf(value, 'value')
    return this.#write(record, { table: this.#naming.nameOf(topic, null), row, update: false })
  }

  #event(record: SinkRecord, event: (name: string) => unknown): Change {
    const op = event('op')
    const table = this.#naming.nameOf(record.topic, sourceOf(event('source')))
    switch (op) {
      case 'c':
      case 'r':
      case 'u': {
        const row = fieldsOf(event('after'), 'after')
        return this.#write(record, { table, row, update: op === 'u' })
      }
      case 'd': {
        if (!this.#settings.deleteEnabled)
          return { kind: 'skip', reason: 'delete.enabled is false' }
        const before = event('before')
        const row = before === null || before === undefined ? NO_FIELDS : fieldsOf(before, 'before')
        const key = this.#keyFields(record, row)
        if (key === null) throw noKey(record, 'deleted')
        return this.#delete(record, table, key)
      }
      case 't':
        if (!this.#settings.truncateEnabled)
          return { kind: 'skip', reason: 'truncate.enabled is false' }
        return { kind: 'truncate', table }
      case 'm':
        return { kind: 'skip', reason: 'not a row' }
      default:
        throw new DataError(
          'INVALID_VALUE',
          `the operation '${String(op)}' of the event is unknown`
        )
    }
  }

  #write(record: SinkRecord, parts: { table: TableName; row: Fields; update: boolean }): Change {
    const { table, row, update } = parts
    const key = this.#keyFields(record, row)
    const wanted = this.#settings.keyMode !== 'none'
    if (key === null && wanted && (update || this.#settings.insertMode === 'update')) {
      throw noKey(record, 'updated')
    }
    const whole = this.#planFor(row, key ?? NO_FIELDS, record.topic)
    const complete = key === null || whole.width <= row.values.length
    const values = complete ? row.values : [...row.values, ...key.values]
    const gaps = gapsIn(record.headers)
    const plan = gaps === null ? whole : this.#gapPlans.without(whole, row.names, gaps)
    return { kind: 'write', table, plan, values, update }
  }

  #delete(record: SinkRecord, table: TableName, key: Fields): Change {
    const moved = gapsIn(record.headers)?.movedTo
    if (moved !== undefined) {
      const values = [...key.values, ...movedTo(moved, key)]
      return { kind: 'move', table, plan: this.#movePlan(key), values }
    }
    const plan = this.#planFor(NO_FIELDS, key, record.topic)
    return { kind: 'delete', table, plan, values: key.values }
  }

  #movePlan(key: Fields): RowPlan {
    let plan = this.#movePlans.get(key.identity)
    if (plan === undefined) {
      const { foldNames, placeholder } = this.#settings
      const size = key.names.length
      const columns = [...key.names, ...key.names].map((name, index): PlanColumn => {
        const schema = key.schemas[index % size] ?? null
        const folded = foldNames ? name.toLowerCase() : name
        return { name: folded, schema, index, isKey: index < size, keyPlace: index % size }
      })
      plan = new RowPlan(columns, placeholder)
      if (this.#movePlans.size >= MOST_PLANS) this.#movePlans.clear()
      this.#movePlans.set(key.identity, plan)
    }
    return plan
  }

  /** The fields that make the key, or null when there is none. */
  #keyFields(record: SinkRecord, row: Fields | null): Fields | null {
    const { keyMode, keyFields } = this.#settings
    switch (keyMode) {
      case 'none':
        return null
      case 'kafka':
        return coordinates(record, keyFields)
      case 'record_value':
        return row === null || row === NO_FIELDS ? null : chosen(row, keyFields)
      case 'record_header':
        return chosen(headerFields(record), keyFields)
      case 'record_key':
        return this.#recordKey(record)
    }
  }

  #recordKey(record: SinkRecord): Fields | null {
    const { key, keySchema } = record
    const { keyFields } = this.#settings
    if (key === null || key === undefined) return null
    if (typeof key === 'object' && !(key instanceof Uint8Array) && !Array.isArray(key)) {
      return chosen(fieldsOf(key, 'key'), keyFields)
    }
    const [name] = keyFields
    if (name === undefined) {
      throw new DataError('INVALID_VALUE', 'the key is a single value without a name', {
        hint: 'Name its column in primary.key.fields.'
      })
    }
    return { identity: keySchema ?? name, names: [name], schemas: [keySchema], values: [key] }
  }

  /** A reader of the event's members, or null when the value is no change event. */
  #envelopeOf(schema: Schema | null, value: unknown): ((name: string) => unknown) | null {
    if (value instanceof Struct) {
      let known = this.#envelopes.get(value.schema)
      if (known === undefined) {
        known =
          ['op', 'before', 'after', 'source'].every((name) => value.schema.field(name)) ||
          (value.schema.field('op') !== undefined && value.schema.field('message') !== undefined)
        this.#envelopes.set(value.schema, known)
      }
      return known ? (name) => value.get(name) : null
    }
    if (schema !== null || typeof value !== 'object' || value === null) return null
    const object = value as Readonly<Record<string, unknown>>
    const isEvent =
      typeof object['op'] === 'string' &&
      typeof object['source'] === 'object' &&
      ('after' in object || 'before' in object || 'message' in object)
    return isEvent ? (name) => object[name] : null
  }

  #planFor(row: Fields, key: Fields, topic: string): RowPlan {
    const { includeFields, excludeFields } = this.#settings
    // Filters name topics, so that with them a schema has another plan on another topic.
    const scope = includeFields.length + excludeFields.length > 0 ? topic : ''
    const plans = nested(nested(this.#plans, scope), row.identity)
    let plan = plans.get(key.identity)
    if (plan === undefined) {
      if (++this.#planCount > MOST_PLANS) {
        this.#planCount = 1
        this.#plans.clear()
      }
      plan = this.#makePlan(row, key, topic)
      plans.set(key.identity, plan)
    }
    return plan
  }

  #makePlan(row: Fields, key: Fields, topic: string): RowPlan {
    const { includeFields, excludeFields, foldNames, placeholder } = this.#settings
    const columns: PlanColumn[] = []
    const add = (fields: Fields, at: number, index: number) => {
      const name = fields.names[at] ?? ''
      const schema = fields.schemas[at] ?? null
      const keyPlace = key.names.indexOf(name)
      const isKey = keyPlace >= 0
      const folded = foldNames ? name.toLowerCase() : name
      columns.push({ name: folded, schema, index, isKey, keyPlace: Math.max(0, keyPlace) })
    }
    const listed = (list: readonly string[], name: string) =>
      list.includes(name) || list.includes(`${topic}:${name}`)
    for (const [at, name] of row.names.entries()) {
      const isKey = key.names.includes(name)
      const wanted = includeFields.length === 0 || listed(includeFields, name)
      if (isKey || (wanted && !listed(excludeFields, name))) add(row, at, at)
    }
    for (const [at, name] of key.names.entries()) {
      if (!row.names.includes(name)) add(key, at, row.names.length + at)
    }
    return new RowPlan(columns, placeholder)
  }
}

function nested<K, L, V>(maps: Map<K, Map<L, V>>, key: K): Map<L, V> {
  let inner = maps.get(key)
  if (inner === undefined) {
    inner = new Map()
    maps.set(key, inner)
  }
  return inner
}

function sourceOf(source: unknown): EventSource | null {
  const text = (value: unknown) => (typeof value === 'string' ? value : '')
  if (source instanceof Struct) {
    const table = source.get('table')
    return { db: text(source.get('db')), schema: text(source.get('schema')), table: text(table) }
  }
  if (typeof source !== 'object' || source === null) return null
  const { db, schema, table } = source as Readonly<Record<string, unknown>>
  return { db: text(db), schema: text(schema), table: text(table) }
}

function noKey(record: SinkRecord, what: string): DataError {
  return new DataError(
    'INVALID_VALUE',
    `a row is ${what}, but the record has no key to find it by`,
    {
      hint: `Topic ${record.topic} comes from a table without a key: give it one, or name its key columns in the source's message.key.columns.`
    }
  )
}
