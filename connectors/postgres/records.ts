import type { Header, SourceRecord } from '../../runtime/api/record.ts'
import { type Schema, Struct, string } from '../../runtime/api/schema.ts'
import type { CapturedTable } from './captured-table.ts'
import type { Lsn } from './lsn.ts'
import { sourceSchema } from './types/envelope.ts'

/** Where in the snapshot a record stands, as Debezium marks it. */
export type SnapshotMark =
  | 'first'
  | 'first_in_data_collection'
  | 'true'
  | 'last_in_data_collection'
  | 'last'
  | 'false'

/** What the records of one transaction, or of one snapshot, have in common. */
export interface Origin {
  readonly xid: number
  /** Commit time, or the time of the snapshot, in microseconds since 1970. */
  readonly micros: number
  readonly mark: SnapshotMark
  /** End of the transaction before, or null when there was none yet. */
  readonly lastCommit: Lsn | null
  /** Replication origin, when the transaction came from elsewhere. */
  readonly origin: string | null
  readonly originLsn: Lsn | null
}

export interface RecordSettings {
  readonly prefix: string
  readonly database: string
  readonly version: string
  readonly headers: readonly Header[]
  readonly tombstones: boolean
  /** Operations to leave out. */
  readonly skipped: ReadonlySet<string>
}

const KEY_CHANGED_TO = '__debezium.newkey'
const KEY_CHANGED_FROM = '__debezium.oldkey'

/** Makes Debezium's change events. One per task; {@link tick} once per batch. */
export class RecordFactory {
  readonly #settings: RecordSettings
  #ms = 0
  #us = 0
  #ns: bigint = 0n
  /** The time of the transaction under way, in two units. */
  #originMicros = 0
  #originNanos: bigint = 0n

  constructor(settings: RecordSettings) {
    this.#settings = settings
    this.tick()
  }

  /** Sets the time of processing for the records that follow. */
  tick(): void {
    // The wall clock, with microseconds of the steady one, whose start drifts away over weeks.
    this.#ms = Date.now()
    this.#us = this.#ms * 1000 + Math.floor((performance.now() % 1) * 1000)
    this.#ns = BigInt(this.#us) * 1000n
  }

  /** The `source` block of an event at `lsn`. May be shared by records that have all of it in common. */
  source(table: CapturedTable, origin: Origin, lsn: Lsn): Struct {
    const { prefix, database, version } = this.#settings
    const { micros, lastCommit } = origin
    if (micros !== this.#originMicros) {
      this.#originMicros = micros
      this.#originNanos = BigInt(micros) * 1000n
    }
    return new Struct(sourceSchema, [
      version,
      'postgresql',
      prefix,
      Math.floor(micros / 1000),
      // Null stands for the default, which is 'false'.
      origin.mark === 'false' ? null : origin.mark,
      database,
      lastCommit === null ? `[null,"${lsn}"]` : `["${lastCommit}","${lsn}"]`,
      micros,
      this.#originNanos,
      table.schema,
      table.name,
      origin.xid,
      lsn,
      null,
      origin.origin,
      origin.originLsn
    ])
  }

  /** A row read in a snapshot. */
  read(table: CapturedTable, row: Struct, source: Struct): SourceRecord {
    return this.#record(table, table.codec.key(row), this.#envelope(table, null, row, source, 'r'))
  }

  insert(out: SourceRecord[], table: CapturedTable, row: Struct, source: Struct): void {
    if (this.#settings.skipped.has('c')) return
    const value = this.#envelope(table, null, row, source, 'c')
    out.push(this.#record(table, table.codec.key(row), value))
  }

  /** An update. One that changes the key is a delete under the old and an insert under the new key. */
  update(
    out: SourceRecord[],
    table: CapturedTable,
    rows: { readonly before: Struct | null; readonly after: Struct; readonly keyChanged: boolean },
    source: Struct
  ): void {
    if (this.#settings.skipped.has('u')) return
    const { before, after } = rows
    const key = table.codec.key(after)
    const oldKey = before !== null && rows.keyChanged ? table.codec.key(before) : null
    if (oldKey === null || key === null || sameStruct(oldKey, key)) {
      out.push(this.#record(table, key, this.#envelope(table, before, after, source, 'u')))
      return
    }
    const moved = this.#envelope(table, before, null, source, 'd')
    const to = this.#withHeader(KEY_CHANGED_TO, key)
    out.push({ ...this.#record(table, oldKey, moved), headers: to })
    if (this.#settings.tombstones) {
      out.push({ ...this.#record(table, oldKey, null), headers: to })
    }
    const arrived = this.#envelope(table, null, after, source, 'c')
    out.push({
      ...this.#record(table, key, arrived),
      headers: this.#withHeader(KEY_CHANGED_FROM, oldKey)
    })
  }

  delete(out: SourceRecord[], table: CapturedTable, before: Struct, source: Struct): void {
    if (this.#settings.skipped.has('d')) return
    const key = table.codec.key(before)
    out.push(this.#record(table, key, this.#envelope(table, before, null, source, 'd')))
    if (this.#settings.tombstones) out.push(this.#record(table, key, null))
  }

  truncate(out: SourceRecord[], table: CapturedTable, source: Struct): void {
    if (this.#settings.skipped.has('t')) return
    const value = this.#envelope(table, null, null, source, 't')
    out.push({ ...this.#record(table, null, value), keySchema: null })
  }

  #envelope(
    table: CapturedTable,
    before: Struct | null,
    after: Struct | null,
    source: Struct,
    op: string
  ): Struct {
    const values = [before, after, source, null, op, this.#ms, this.#us, this.#ns]
    return new Struct(table.codec.envelopeSchema, values)
  }

  #record(table: CapturedTable, key: Struct | null, value: Struct | null): SourceRecord {
    return {
      topic: table.topic,
      partition: null,
      keySchema: key === null ? null : table.codec.keySchema,
      key,
      valueSchema: value === null ? null : table.codec.envelopeSchema,
      value,
      headers: this.#settings.headers,
      timestamp: null
    }
  }

  #withHeader(key: string, value: Struct): Header[] {
    return [{ key, schema: value.schema, value }, ...this.#settings.headers]
  }
}

/** The headers that tell which connector wrote a record. */
export function contextHeaders(prefix: string, task: number, runId: string): Header[] {
  const schema: Schema = string()
  const header = (name: string, value: string): Header => ({
    key: `__debezium.context.${name}`,
    schema,
    value
  })
  return [
    header('connectorLogicalName', prefix),
    header('taskId', String(task)),
    header('connectorName', 'postgresql'),
    header('runId', runId)
  ]
}

/** Whether two structs of one schema hold the same values. */
export function sameStruct(left: Struct, right: Struct): boolean {
  return left.values.every((value, i) => same(value, right.values[i]))
}

function same(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (left instanceof Struct && right instanceof Struct) return sameStruct(left, right)
  if (left instanceof Uint8Array && right instanceof Uint8Array) {
    return Buffer.compare(left, right) === 0
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((value, i) => same(value, right[i]))
  }
  if (left instanceof Map && right instanceof Map) {
    return (
      left.size === right.size && [...left].every(([key, value]) => same(value, right.get(key)))
    )
  }
  return Object.is(left, right)
}
