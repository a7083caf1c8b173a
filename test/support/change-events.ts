import type { SinkRecord } from '../../runtime/api/record.ts'
import * as s from '../../runtime/api/schema.ts'
import { sinkRecord } from './sink-harness.ts'

export type Row = Readonly<Record<string, unknown>>

const source = s.struct({
  connector: s.string(),
  db: s.string(),
  schema: s.string(),
  table: s.string()
})

/** Makes change events of one table as Debezium does, with growing offsets. */
export class ChangeEvents {
  readonly topic: string
  readonly row: s.Schema
  readonly key: s.Schema
  readonly #table: string
  readonly #envelope: s.Schema
  readonly #schemaless: boolean
  #offset: number

  constructor(
    table: string,
    columns: Readonly<Record<string, s.Schema>>,
    options: { keys?: readonly string[]; schemaless?: boolean; offset?: number } = {}
  ) {
    this.#table = table
    this.topic = `shop.public.${table}`
    this.row = s.struct(columns, { name: `${this.topic}.Value`, optional: true })
    const keys = options.keys ?? ['id']
    this.key = s.structOf(keys.map((name) => [name, columns[name] ?? s.int32()]))
    this.#envelope = s.struct(
      { before: this.row, after: this.row, source, op: s.string() },
      { name: `${this.topic}.Envelope`, version: 2 }
    )
    this.#schemaless = options.schemaless ?? false
    this.#offset = options.offset ?? 0
  }

  create(after: Row): SinkRecord {
    return this.#event('c', null, after)
  }

  update(after: Row): SinkRecord {
    return this.#event('u', null, after)
  }

  delete(before: Row): SinkRecord {
    return this.#event('d', before, null)
  }

  truncate(): SinkRecord {
    return this.#event('t', null, null)
  }

  tombstone(of: Row): SinkRecord {
    return this.#record(of, null, null)
  }

  #event(op: string, before: Row | null, after: Row | null): SinkRecord {
    const where = { connector: 'postgresql', db: 'shop', schema: 'public', table: this.#table }
    const keyRow = after ?? before
    if (this.#schemaless) return this.#record(keyRow, null, { before, after, source: where, op })
    const struct = (row: Row | null) => (row ? structOf(this.row, row) : null)
    const value = new s.Struct(this.#envelope, [
      struct(before),
      struct(after),
      structOf(source, where),
      op
    ])
    return this.#record(keyRow, this.#envelope, value)
  }

  #record(keyRow: Row | null, valueSchema: s.Schema | null, value: unknown): SinkRecord {
    const names = this.key.fields.map((field) => field.name)
    const plainKey = keyRow && Object.fromEntries(names.map((name) => [name, keyRow[name]]))
    const key = this.#schemaless ? plainKey : keyRow && structOf(this.key, keyRow)
    const keySchema = this.#schemaless || key === null ? null : this.key
    const offset = this.#offset++
    return sinkRecord({ topic: this.topic, offset, keySchema, key, valueSchema, value })
  }
}

function structOf(schema: s.Schema, row: Row): s.Struct {
  return new s.Struct(
    schema,
    schema.fields.map((field) => row[field.name] ?? null)
  )
}
