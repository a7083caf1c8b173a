import type { Header, SourceRecord } from '../../runtime/api/record.ts'
import { type Schema, Struct, string } from '../../runtime/api/schema.ts'
import { movedHeader } from './moved-key.ts'
import { afterHeaders, beforeHeaders, canCompare, type RowGaps } from './row-gaps.ts'

/** One version of a table, as far as its records need it. */
export interface RecordTable {
  readonly topic: string
  /** Such as `public.orders`: schema or database, and table. */
  readonly id: string
  readonly codec: RecordCodec
}

/** What makes keys and envelopes of the rows of one version of a table. */
export interface RecordCodec {
  /** Null when the table has no key. */
  readonly keySchema: Schema | null
  readonly envelopeSchema: Schema
  /** The record key of a row; null when the row has none. */
  key(row: Struct): Struct | null
}

export interface RecordSettings {
  readonly headers: readonly Header[]
  readonly tombstones: boolean
  /** Operations to leave out. */
  readonly skipped: ReadonlySet<string>
  /** `skip.messages.without.change`: leaves out updates that change nothing which the events show. */
  readonly skipUnchanged?: boolean
}

/** Counts the events of a transaction: see `transaction-metadata.ts`. */
export interface TransactionBlocks {
  /** The `transaction` block of the next event of a table. */
  next(table: RecordTable): Struct | null
}

/** Is told of every change of a row, whether it becomes records or not: see `on-demand.ts`. */
export interface RowWatcher {
  /** A row was inserted (before is null), updated, or deleted (after is null). May append records. */
  rowChanged(table: string, before: Struct | null, after: Struct | null, out: SourceRecord[]): void
  /** A table was truncated or has another shape. */
  tableAltered(table: string): void
}

/** A row that was updated. */
export interface UpdatedRow {
  /** Null when nothing is known of it. */
  readonly before: Struct | null
  readonly after: Struct
  readonly keyChanged: boolean
  /** What the two stand in for; null when they are complete. */
  readonly gaps?: RowGaps | null
}

const NO_BLOCKS: TransactionBlocks = { next: () => null }

const KEY_CHANGED_TO = '__debezium.newkey'
const KEY_CHANGED_FROM = '__debezium.oldkey'

/** Makes Debezium's change events. One per task; {@link tick} once per batch. */
export class ChangeRecords {
  readonly #settings: RecordSettings
  readonly #blocks: TransactionBlocks
  /** Told of a change behind its own records. */
  watcher: RowWatcher | null = null
  #ms = 0
  #us = 0
  #ns: bigint = 0n

  constructor(settings: RecordSettings, blocks: TransactionBlocks = NO_BLOCKS) {
    this.#settings = settings
    this.#blocks = blocks
    this.tick()
  }

  /** Sets the time of processing for the records that follow. */
  tick(): void {
    // The wall clock, with microseconds of the steady one, whose start drifts away over weeks.
    this.#ms = Date.now()
    this.#us = this.#ms * 1000 + Math.floor((performance.now() % 1) * 1000)
    this.#ns = BigInt(this.#us) * 1000n
  }

  /** A row read in a snapshot. */
  read(table: RecordTable, row: Struct, source: Struct): SourceRecord {
    const value = this.#envelope(table, null, row, { source, op: 'r', block: null })
    return this.#record(table, table.codec.key(row), value)
  }

  /** @param gaps what the row stands in for; null when it is complete */
  insert(
    out: SourceRecord[],
    table: RecordTable,
    row: Struct,
    source: Struct,
    gaps: RowGaps | null = null
  ): void {
    if (!this.#settings.skipped.has('c')) {
      const about = { source, op: 'c', block: this.#blocks.next(table) }
      const record = this.#record(
        table,
        table.codec.key(row),
        this.#envelope(table, null, row, about)
      )
      out.push(gaps === null ? record : this.#withHeaders(record, afterHeaders(gaps)))
    }
    this.watcher?.rowChanged(table.id, null, row, out)
  }

  /** An update. One that changes the key is a delete under the old and an insert under the new key. */
  update(out: SourceRecord[], table: RecordTable, rows: UpdatedRow, source: Struct): void {
    if (!this.#settings.skipped.has('u')) this.#update(out, table, rows, source)
    this.watcher?.rowChanged(table.id, rows.before, rows.after, out)
  }

  #update(out: SourceRecord[], table: RecordTable, rows: UpdatedRow, source: Struct): void {
    const { before, after, gaps = null } = rows
    if (this.#settings.skipUnchanged && !rows.keyChanged && before && showSame(before, after, gaps))
      return
    const key = table.codec.key(after)
    const oldKey = before !== null && rows.keyChanged ? table.codec.key(before) : null
    const block = this.#blocks.next(table)
    if (oldKey === null || key === null || sameStruct(oldKey, key)) {
      const value = this.#envelope(table, before, after, { source, op: 'u', block })
      const record = this.#record(table, key, value)
      out.push(
        gaps === null
          ? record
          : this.#withHeaders(record, [...afterHeaders(gaps), ...beforeHeaders(gaps)])
      )
      return
    }
    const moved = this.#envelope(table, before, null, { source, op: 'd', block })
    const isPartOnly = gaps !== null && gaps.unchanged.length > 0
    const to = [keyHeader(KEY_CHANGED_TO, key), ...(isPartOnly ? [movedHeader(key)] : [])]
    out.push(
      this.#withHeaders(this.#record(table, oldKey, moved), [
        ...to,
        ...(gaps === null ? [] : beforeHeaders(gaps))
      ])
    )
    if (this.#settings.tombstones) {
      out.push(this.#withHeaders(this.#record(table, oldKey, null), to))
    }
    const about = { source, op: 'c', block: block === null ? null : this.#blocks.next(table) }
    out.push(
      this.#withHeaders(this.#record(table, key, this.#envelope(table, null, after, about)), [
        keyHeader(KEY_CHANGED_FROM, oldKey),
        // It is made of the row that was moved, or else a row is lost.
        ...(gaps === null ? [] : afterHeaders({ ...gaps, mayBeGone: false }))
      ])
    )
  }

  /** @param gaps what the row stands in for; null when it is complete */
  delete(
    out: SourceRecord[],
    table: RecordTable,
    before: Struct,
    source: Struct,
    gaps: RowGaps | null = null
  ): void {
    if (!this.#settings.skipped.has('d')) {
      const key = table.codec.key(before)
      const about = { source, op: 'd', block: this.#blocks.next(table) }
      const record = this.#record(table, key, this.#envelope(table, before, null, about))
      out.push(gaps === null ? record : this.#withHeaders(record, beforeHeaders(gaps)))
      if (this.#settings.tombstones) out.push(this.#record(table, key, null))
    }
    this.watcher?.rowChanged(table.id, before, null, out)
  }

  truncate(out: SourceRecord[], table: RecordTable, source: Struct): void {
    this.watcher?.tableAltered(table.id)
    if (this.#settings.skipped.has('t')) return
    const about = { source, op: 't', block: this.#blocks.next(table) }
    const value = this.#envelope(table, null, null, about)
    out.push({ ...this.#record(table, null, value), keySchema: null })
  }

  #envelope(
    table: RecordTable,
    before: Struct | null,
    after: Struct | null,
    about: { readonly source: Struct; readonly op: string; readonly block: Struct | null }
  ): Struct {
    const { source, op, block } = about
    const values = [before, after, source, block, op, this.#ms, this.#us, this.#ns]
    return new Struct(table.codec.envelopeSchema, values)
  }

  #record(table: RecordTable, key: Struct | null, value: Struct | null): SourceRecord {
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

  /** The record with headers of its own, before those that all have. */
  #withHeaders(record: SourceRecord, headers: readonly Header[]): SourceRecord {
    return { ...record, headers: [...headers, ...this.#settings.headers] }
  }
}

function keyHeader(key: string, value: Struct): Header {
  return { key, schema: value.schema, value }
}

/**
 * The headers that tell which connector wrote a record.
 *
 * @param about prefix: `topic.prefix`; kind: the connector's name in `source.connector`
 */
export function contextHeaders(about: {
  readonly prefix: string
  readonly task: number
  readonly kind: string
  readonly runId: string
}): Header[] {
  const schema: Schema = string()
  const header = (name: string, value: string): Header => ({
    key: `__debezium.context.${name}`,
    schema,
    value
  })
  return [
    header('connectorLogicalName', about.prefix),
    header('taskId', String(about.task)),
    header('connectorName', about.kind),
    header('runId', about.runId)
  ]
}

/** Whether the events show two rows as the same: without what only their keys have, behind the fields. */
function showSame(before: Struct, after: Struct, gaps: RowGaps | null): boolean {
  if (gaps !== null && !canCompare(gaps)) return false
  return before.schema.fields.every(({ index }) => same(before.values[index], after.values[index]))
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
