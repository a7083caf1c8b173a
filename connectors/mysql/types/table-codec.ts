import { type Schema, Struct, structOf } from '../../../runtime/api/schema.ts'
import { envelopeSchema } from '../../relational/envelope.ts'
import type { Unconvertible } from '../../relational/unconvertible.ts'
import type { TableMap } from '../binlog/binlog-event.ts'
import type { ColumnModel, TableModel } from '../schema/table-model.ts'
import type { ColumnCodec, ValueOptions } from './column-codec.ts'
import { RowReader } from './row-reader.ts'
import { type Change, type RowField, type RowPlace, RowShape } from './row-shape.ts'
import { selectExpression } from './select-expression.ts'
import { TableMismatch } from './table-mismatch.ts'
import { columnCodec } from './type-mapping.ts'

/** How values of a column are written instead of in the column's own way. */
export interface ValueChange {
  /** Neither optional nor with a default. */
  readonly schema: Schema
  readonly optional: boolean
  /** Takes a value as the codec of the column reads it, null included; null for values that stay. */
  readonly change: Change | null
  /**
   * The default that the schema shows.
   * @param own what it shows otherwise; undefined for none
   */
  shownDefault(own: unknown): unknown
}

/** What converters, masks and the like make of a column: in the row, and in the record key. */
export interface ColumnChanges {
  readonly value: ValueChange
  readonly key: ValueChange
}

export interface CodecOptions {
  readonly values: ValueOptions
  /** Schema of the `source` block. */
  readonly source: Schema
  /** The topic of the table; schema names start with it. */
  readonly topic: string
  /** `message.key.columns` for this table; null for the table's own key. */
  readonly keyColumns?: readonly string[] | null
  /** Whether a column is in the events. A column of the key stays in the key either way. */
  readonly includes?: (column: string) => boolean
  /** Makes a schema name legal (`schema.name.adjustment.mode`). */
  readonly schemaName?: (name: string) => string
  /** Makes a field name legal (`field.name.adjustment.mode`). */
  readonly fieldName?: (name: string) => string
  /** Whether schemas show the comments of columns (`include.schema.comments`). */
  readonly comments?: boolean
  /**
   * What becomes of a column.
   * @param own its schema, neither optional nor with a default
   * @returns null for a column that stays as it is
   */
  readonly changes?: (column: ColumnModel, own: Schema) => ColumnChanges | null
  /**
   * Told about a value that becomes null because its column cannot say it; may throw. Without it, and for
   * NOT NULL columns, such a value is a {@link DataError}.
   */
  readonly onUnconvertible?: (value: Unconvertible) => void
}

/**
 * Turns the rows of one version of a table into Structs of Debezium's change events. Compiled once per
 * version and shared by all its records. A snapshot and the log give the same values.
 */
export interface TableCodec {
  readonly table: TableModel
  /** Null when the table has no key. */
  readonly keySchema: Schema | null
  /** Schema of `before` and `after`. */
  readonly valueSchema: Schema
  readonly envelopeSchema: Schema
  /** Columns that are left out because their type is not known: name and type, for a warning. */
  readonly unsupported: readonly { readonly column: string; readonly type: string }[]
  /** What a snapshot selects, in the order in which {@link readTextRow} takes it. */
  readonly selected: readonly { readonly name: string; readonly sql: string }[]
  /** A row of a snapshot: one value for each of {@link selected}, from the text protocol. */
  readTextRow(values: readonly (Buffer | null)[]): Struct
  /**
   * Compiles a reader of row images; keep it for as long as the table map is the same object.
   * @throws {TableMismatch} when the log has other columns than the table
   */
  rowReader(map: TableMap): RowReader
  /** The record key of a row that this codec read; null when the table has none. */
  key(row: Struct): Struct | null
}

export function compileTable(table: TableModel, options: CodecOptions): TableCodec {
  return new CompiledTable(table, options)
}

/** A column of the events: where it stands in the row, and what the schemas say. */
interface Compiled {
  readonly field: RowField
  readonly column: ColumnModel
  readonly schema: Schema
  readonly keySchema: Schema
}

class CompiledTable implements TableCodec {
  readonly table: TableModel
  readonly keySchema: Schema | null
  readonly valueSchema: Schema
  readonly envelopeSchema: Schema
  readonly unsupported: { column: string; type: string }[] = []
  readonly selected: readonly { readonly name: string; readonly sql: string }[]
  readonly #options: CodecOptions
  readonly #shape: RowShape
  /** Positions of the key in the values of a row. */
  readonly #keyAt: readonly number[]

  constructor(table: TableModel, options: CodecOptions) {
    this.table = table
    this.#options = options
    const { schemaName = String, topic, source } = options
    const key = keyColumns(table, options.keyColumns ?? null)
    const { shown, hidden } = this.#columns(key)
    const compiled = [...shown, ...hidden]
    this.valueSchema = structOf(
      shown.map(({ field, schema }) => [field.name, schema]),
      { optional: true, name: schemaName(`${topic}.Value`) }
    )
    this.envelopeSchema = envelopeSchema(schemaName(`${topic}.Envelope`), this.valueSchema, source)
    const keyFields = key.flatMap(
      (name) => compiled.find(({ column }) => isCalled(column, name)) ?? []
    )
    this.#keyAt = keyFields.map(({ field }) => field.key?.at ?? field.at)
    this.keySchema =
      keyFields.length === 0
        ? null
        : structOf(
            keyFields.map(({ field, keySchema }) => [field.name, keySchema]),
            { name: schemaName(`${topic}.Key`) }
          )
    this.#shape = new RowShape(table, this.valueSchema, {
      fields: compiled.map(({ field }) => field),
      keyFields: keyFields.map(({ field }) => field),
      onUnconvertible: options.onUnconvertible
    })
    this.selected = compiled.map(({ column }) => ({
      name: column.name,
      sql: selectExpression(column, `\`${column.name.replaceAll('`', '``')}\``)
    }))
  }

  readTextRow(values: readonly (Buffer | null)[]): Struct {
    const shape = this.#shape
    const { fields } = shape
    if (values.length !== fields.length) {
      const { database, name } = this.table
      throw new TableMismatch(
        `a row of ${database}.${name} has ${values.length} values, not ${fields.length}`
      )
    }
    const row: unknown[] = new Array(shape.size)
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as RowField
      const bytes = values[i] as Buffer | null
      if (bytes === null) shape.putNull(row, field)
      else shape.putText(row, field, bytes)
    }
    return new Struct(this.valueSchema, row)
  }

  rowReader(map: TableMap): RowReader {
    return new RowReader(this.#shape, map)
  }

  key(row: Struct): Struct | null {
    if (this.keySchema === null) return null
    const { values } = row
    const at = this.#keyAt
    const key: unknown[] = new Array(at.length)
    for (let i = 0; i < at.length; i++) key[i] = values[at[i] as number]
    return new Struct(this.keySchema, key)
  }

  /** Columns that are in the row, and those that are in the record key only. */
  #columns(key: readonly string[]): { shown: Compiled[]; hidden: Compiled[] } {
    const { includes = () => true, values } = this.#options
    const known = this.table.columns.flatMap((column, source) => {
      if (column.hidden) return []
      const isIncluded = includes(column.name)
      const isKey = key.some((name) => isCalled(column, name))
      if (!isIncluded && !isKey) return []
      const codec = columnCodec(column, values)
      if (codec === null) {
        this.unsupported.push({ column: column.name, type: column.typeName })
        return []
      }
      return [{ column, source, codec, isIncluded, isKey }]
    })
    const shown = known.filter(({ isIncluded }) => isIncluded)
    const hidden = known.filter(({ isIncluded }) => !isIncluded)
    let next = known.length
    const compile = (one: (typeof known)[number], at: number) => {
      const compiled = this.#compile(one.column, one.codec, { source: one.source, at, next })
      if (compiled.field.key !== null) next++
      return compiled
    }
    return {
      shown: shown.map((one, i) => compile(one, i)),
      hidden: hidden.map((one, i) => compile(one, shown.length + i))
    }
  }

  /** @param place next: where a value of the key goes that is not that of the row */
  #compile(
    column: ColumnModel,
    codec: ColumnCodec,
    place: { readonly source: number; readonly at: number; readonly next: number }
  ): Compiled {
    const { fieldName = String, changes } = this.#options
    const isPrimary = this.table.primaryKey.some((name) => isCalled(column, name))
    const nullable = column.optional && !isPrimary
    const own: ValueChange = {
      schema: codec.schema,
      optional: nullable || codec.schema.optional,
      change: null,
      shownDefault: (shown) => shown
    }
    const { value, key } = changes?.(column, codec.schema) ?? { value: own, key: own }
    return {
      column,
      schema: this.#schemaOf(column, codec, value),
      keySchema: this.#schemaOf(column, codec, key),
      field: {
        source: place.source,
        codec,
        name: fieldName(column.name),
        nullable,
        ...rowPlace(place.at, codec, value),
        key: value === key ? null : rowPlace(place.next, codec, key)
      }
    }
  }

  #schemaOf(
    column: ColumnModel,
    codec: ColumnCodec,
    { schema, optional, shownDefault }: ValueChange
  ) {
    const shown = shownDefault(ownDefault(column, codec))
    const doc = this.#options.comments === true ? column.comment : null
    return schema.with({
      optional,
      ...(shown === undefined ? {} : { default: shown }),
      ...(doc === null ? {} : { doc })
    })
  }
}

function rowPlace(at: number, { zero }: ColumnCodec, { change, optional }: ValueChange): RowPlace {
  const absent = optional ? null : change === null ? zero : change(zero)
  return { at, change, absent }
}

function ownDefault(column: ColumnModel, codec: ColumnCodec): unknown {
  try {
    return codec.defaultOf(column)
  } catch {
    // A constant that its column cannot say, such as a TIME of 25 hours as time of day.
    return undefined
  }
}

/** Names of columns are the same in upper and lower case. */
function isCalled(column: ColumnModel, name: string): boolean {
  return column.name === name || column.name.toLowerCase() === name.toLowerCase()
}

/** The primary key; without one, the first unique index that has no nulls. */
function keyColumns(table: TableModel, configured: readonly string[] | null): readonly string[] {
  if (configured !== null) return configured
  return table.primaryKey.length > 0 ? table.primaryKey : (table.uniqueKeys[0] ?? [])
}
