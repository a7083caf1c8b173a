import { DataError } from '../../../runtime/api/errors.ts'
import type { Schema } from '../../../runtime/api/schema.ts'
import { type Unconvertible, UnconvertibleValue } from '../../relational/unconvertible.ts'
import type { TableModel } from '../schema/table-model.ts'
import type { BinlogReader, ColumnCodec, RowCursor } from './column-codec.ts'
import { omittedValue, UNKNOWN } from './omitted-value.ts'
import { TableMismatch } from './table-mismatch.ts'

/** A value as the event has it, from what the codec of its column reads, null included. */
export type Change = (value: unknown) => unknown

/** Where a value of a column stands in a row, and what becomes of it. */
export interface RowPlace {
  readonly at: number
  /** Null for values that stay as they are read. */
  readonly change: Change | null
  /** What stands there for null: null itself, if it may. */
  readonly absent: unknown
}

/** One column of a row. */
export interface RowField extends RowPlace {
  /** Position among the columns of the table. */
  readonly source: number
  readonly codec: ColumnCodec
  readonly name: string
  /** Whether the column itself can be null. */
  readonly nullable: boolean
  /** The same value once more, as the record key has it; null when that is the same. */
  readonly key: RowPlace | null
}

/** What a new row has where its image leaves columns out. */
export interface InsertedRow {
  readonly values: readonly unknown[]
  /** Fields whose value is not known all the same. */
  readonly unknown: ReadonlySet<RowField>
}

/** How the values of one version of a table are put into rows. */
export class RowShape {
  readonly table: TableModel
  readonly schema: Schema
  readonly fields: readonly RowField[]
  /** Values of a row: the fields of the schema, and behind them what only the record key has. */
  readonly size: number
  /** A row of which nothing is known. */
  readonly unavailable: readonly unknown[]
  /** Those that make the record key. */
  readonly keyFields: readonly RowField[]
  #inserted: InsertedRow | undefined
  readonly #onUnconvertible: ((value: Unconvertible) => void) | undefined

  constructor(
    table: TableModel,
    schema: Schema,
    parts: {
      readonly fields: readonly RowField[]
      readonly keyFields: readonly RowField[]
      readonly onUnconvertible: ((value: Unconvertible) => void) | undefined
    }
  ) {
    this.table = table
    this.schema = schema
    this.fields = parts.fields
    this.keyFields = parts.keyFields
    this.#onUnconvertible = parts.onUnconvertible
    this.size = parts.fields.reduce((sum, field) => sum + (field.key === null ? 1 : 2), 0)
    const unavailable: unknown[] = new Array(this.size).fill(null)
    for (const field of parts.fields) {
      const { nullable, codec } = field
      put(unavailable, field, codec.unavailable ?? (nullable ? null : codec.zero))
    }
    this.unavailable = unavailable
  }

  get inserted(): InsertedRow {
    this.#inserted ??= this.#insertedRow()
    return this.#inserted
  }

  #insertedRow(): InsertedRow {
    const values = [...this.unavailable]
    const unknown = new Set<RowField>()
    for (const field of this.fields) {
      const column = this.table.columns[field.source]
      const value = column === undefined ? UNKNOWN : omittedValue(column, field.codec)
      if (value === UNKNOWN) unknown.add(field)
      else put(values, field, value)
    }
    return { values, unknown }
  }

  /** @throws {TableMismatch} when the column cannot be null */
  putNull(values: unknown[], field: RowField): void {
    if (!field.nullable) {
      const name = this.table.columns[field.source]?.name
      throw new TableMismatch(`column ${name} is NOT NULL, and null there`)
    }
    put(values, field, null)
  }

  put(values: unknown[], field: RowField, read: BinlogReader, cursor: RowCursor): void {
    let value: unknown
    try {
      value = read(cursor)
    } catch (error) {
      value = this.#unconvertible(field, error)
    }
    put(values, field, value)
  }

  putText(values: unknown[], field: RowField, bytes: Buffer): void {
    let value: unknown
    try {
      value = field.codec.readText(bytes)
    } catch (error) {
      value = this.#unconvertible(field, error)
    }
    put(values, field, value)
  }

  /** @returns what stands for a value that the schema cannot say */
  #unconvertible(field: RowField, error: unknown): null {
    const { database, name } = this.table
    if (error instanceof RangeError) {
      throw new TableMismatch(`column ${field.name} of ${database}.${name}: ${error.message}`)
    }
    if (!(error instanceof UnconvertibleValue)) throw error
    if (this.#onUnconvertible && field.nullable) {
      this.#onUnconvertible({ column: `${database}.${name}.${field.name}`, reason: error.message })
      return null
    }
    throw new DataError(
      'INVALID_VALUE',
      `Column ${field.name} of ${database}.${name}: ${error.message}`,
      { cause: error }
    )
  }
}

function put(values: unknown[], field: RowField, value: unknown): void {
  const { key } = field
  if (field.change === null && key === null) {
    values[field.at] = value === null ? field.absent : value
    return
  }
  values[field.at] = changed(field, value)
  if (key !== null) values[key.at] = changed(key, value)
}

function changed({ change, absent }: RowPlace, value: unknown): unknown {
  return (change === null ? value : change(value)) ?? absent
}
