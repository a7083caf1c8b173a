import { ConnectError, DataError } from '../../../runtime/api/errors.ts'
import { type Schema, Struct, structOf } from '../../../runtime/api/schema.ts'
import { envelopeSchema } from '../../relational/envelope.ts'
import { type Unconvertible, UnconvertibleValue } from '../../relational/unconvertible.ts'
import type { CatalogColumn, CatalogTable } from './catalog.ts'
import { type ColumnDefault, parseDefault } from './default-value.ts'
import { UnexpectedNull } from './misfit.ts'
import { recordKey } from './record-key.ts'
import { sourceSchema } from './source-block.ts'
import type { TypeCatalog } from './type-catalog.ts'
import { valueCodecOf } from './type-mapping.ts'
import type { ValueCodec } from './value-codec.ts'
import type { ValueOptions } from './value-options.ts'

/** Stands for an out-of-line value that an update did not touch and that PostgreSQL did not send. */
export const UNCHANGED: unique symbol = Symbol('unchanged')

export type RowValue = string | null | typeof UNCHANGED
export type RowValues = readonly RowValue[]

export interface CodecOptions {
  readonly types: TypeCatalog
  readonly values: ValueOptions
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
  /**
   * Told about a value that becomes null because its column cannot say it; may throw. Without it,
   * and for NOT NULL columns, such a value is a {@link DataError}.
   */
  readonly onUnconvertible?: (value: Unconvertible) => void
}

/**
 * Turns the rows of one version of a table into Structs of Debezium's change events. Compiled once
 * per version and shared by all its records.
 *
 * Rows come as PostgreSQL's text, one value per column of `table.columns` and in that order; snapshot
 * (COPY text) and stream (pgoutput text) use the same functions. The text has to be written with
 * TimeZone UTC, DateStyle ISO, IntervalStyle postgres, bytea_output hex, extra_float_digits 1 or
 * more and lc_monetary C.
 */
export interface TableCodec {
  readonly table: CatalogTable
  /** Null when the table has no key. */
  readonly keySchema: Schema | null
  /** Where the columns of the key are in the values of a row, in the order of the key. */
  readonly keySources: readonly number[]
  /** Schema of `before` and `after`. */
  readonly valueSchema: Schema
  readonly envelopeSchema: Schema
  /** Columns that are left out because their type has no mapping: name and type, for a warning. */
  readonly unsupported: readonly { readonly column: string; readonly type: string }[]
  /** Key columns that a delete cannot know (not in the replica identity), for a warning. */
  readonly unknownInDeletes: readonly string[]
  /** A whole row of a snapshot. */
  readSnapshotRow(values: readonly (string | null)[]): Struct
  /**
   * A row of the stream: whole, or with UNCHANGED where PostgreSQL sent no value. Such values are
   * taken from `before`, the old row, where it has them; else they become the placeholder.
   *
   * @throws {UnexpectedNull} when the row is older than the NOT NULL of a column
   */
  readStreamRow(values: RowValues, before?: RowValues | null): Struct
  /** The old key or identity of an update or delete: null in all other columns. */
  readOldKey(values: RowValues): Struct
  /** The record key of a row that this codec read; null when the row has none. */
  key(row: Struct): Struct | null
}

/** One column of a row struct. */
interface RowField {
  readonly name: string
  readonly schema: Schema
  /** Position in the values. */
  readonly source: number
  readonly decode: (text: string) => unknown
  /** For null: null, or what stands in where null is not allowed. */
  readonly absent: unknown
  readonly unchanged: unknown
}

/** @throws {ConnectError} UNKNOWN_TYPE when a column's type is not in the catalog: load it again */
export function compileTable(table: CatalogTable, options: CodecOptions): TableCodec {
  return new CompiledTable(table, options)
}

class CompiledTable implements TableCodec {
  readonly table: CatalogTable
  readonly keySchema: Schema | null
  readonly keySources: readonly number[]
  readonly valueSchema: Schema
  readonly envelopeSchema: Schema
  readonly unsupported: { column: string; type: string }[] = []
  readonly unknownInDeletes: readonly string[]
  readonly #options: CodecOptions
  readonly #fields: readonly RowField[]
  /** Positions of the key in the values of a row struct. */
  readonly #keyAt: readonly number[]
  readonly #nullHasNoKey: boolean

  constructor(table: CatalogTable, options: CodecOptions) {
    this.table = table
    this.#options = options
    const { schemaName = String, includes = () => true } = options
    const key = recordKey(table, options.keyColumns ?? null)
    const fields: RowField[] = []
    const hidden: RowField[] = []
    for (const [source, column] of table.columns.entries()) {
      const isIncluded = includes(column.name)
      if (!isIncluded && !key.columns.includes(column.name)) continue
      const field = this.#field(column, source)
      if (field !== null) (isIncluded ? fields : hidden).push(field)
    }
    this.valueSchema = structOf(
      fields.map(({ name, schema }) => [name, schema]),
      { optional: true, name: schemaName(`${options.topic}.Value`) }
    )
    this.envelopeSchema = envelopeSchema(
      schemaName(`${options.topic}.Envelope`),
      this.valueSchema,
      sourceSchema
    )
    // Columns that are in the key only are read into the struct too, after its last field.
    this.#fields = [...fields, ...hidden]
    this.#keyAt = key.columns
      .map((name) => table.columns.findIndex((column) => column.name === name))
      .map((source) => this.#fields.findIndex((field) => field.source === source))
      .filter((at) => at >= 0)
    this.keySources = this.#keyAt.map((at) => this.#fields[at]?.source ?? -1)
    this.keySchema = this.#keySchemaOf(schemaName(`${options.topic}.Key`))
    this.#nullHasNoKey = key.nullHasNoKey
    this.unknownInDeletes = key.unknownInDeletes
  }

  readSnapshotRow(values: readonly (string | null)[]): Struct {
    return this.#read(values, null)
  }

  readStreamRow(values: RowValues, before: RowValues | null = null): Struct {
    return this.#read(values, before, true)
  }

  readOldKey(values: RowValues): Struct {
    return this.#read(values, null)
  }

  key(row: Struct): Struct | null {
    if (this.keySchema === null) return null
    const { values } = row
    const at = this.#keyAt
    const key: unknown[] = new Array(at.length)
    for (let i = 0; i < at.length; i++) {
      const value = values[at[i] as number]
      if (value === null && this.#nullHasNoKey) return null
      key[i] = value
    }
    return new Struct(this.keySchema, key)
  }

  /** @param isWhole whether null is a value of the row, and not one that PostgreSQL did not send */
  #read(values: RowValues, before: RowValues | null, isWhole = false): Struct {
    this.#checkLength(values)
    const fields = this.#fields
    const row: unknown[] = new Array(fields.length)
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as RowField
      let value = values[field.source]
      if (value === UNCHANGED && before !== null) value = before[field.source] ?? UNCHANGED
      if (typeof value !== 'string') {
        if (isWhole && value === null && field.absent !== null) throw this.#unexpected(field)
        row[i] = value === UNCHANGED ? field.unchanged : field.absent
        continue
      }
      try {
        row[i] = field.decode(value)
      } catch (error) {
        row[i] = this.#unconvertible(field, error)
      }
    }
    return new Struct(this.valueSchema, row)
  }

  #unexpected({ source, name }: RowField): UnexpectedNull {
    return new UnexpectedNull(this.table, this.table.columns[source]?.name ?? name)
  }

  #checkLength(values: RowValues): void {
    const { columns, schema, name } = this.table
    if (values.length === columns.length) return
    throw new ConnectError(
      'POSTGRES_PROTOCOL',
      `A row of ${schema}.${name} has ${values.length} values, not ${columns.length}`
    )
  }

  /** @returns what stands for a value that the schema cannot say */
  #unconvertible(field: RowField, error: unknown): null {
    if (!(error instanceof UnconvertibleValue)) throw error
    const { schema, name } = this.table
    const { onUnconvertible } = this.#options
    if (onUnconvertible && field.schema.optional) {
      onUnconvertible({ column: `${schema}.${name}.${field.name}`, reason: error.message })
      return null
    }
    throw new DataError(
      'INVALID_VALUE',
      `Column ${field.name} of ${schema}.${name}: ${error.message}`,
      { cause: error }
    )
  }

  #keySchemaOf(name: string): Schema | null {
    const fields = this.#keyAt.map((at) => this.#fields[at]).filter((field) => field !== undefined)
    if (fields.length === 0) return null
    return structOf(
      fields.map((field) => [field.name, field.schema]),
      { name }
    )
  }

  #field(column: CatalogColumn, source: number): RowField | null {
    const { types, values, fieldName = String } = this.#options
    const codec = valueCodecOf(column.typeOid, column.typmod, { types, options: values })
    if (codec === null) {
      this.unsupported.push({ column: column.name, type: column.typeName })
      return null
    }
    const optional = !column.notNull && !this.table.primaryKey.includes(column.name)
    const shown = shownDefault(codec, parseDefault(column.defaultExpression))
    return {
      name: fieldName(column.name),
      schema: codec.schema.with(shown === undefined ? { optional } : { optional, default: shown }),
      source,
      decode: codec.decode,
      absent: optional ? null : (shown ?? codec.zero),
      unchanged: codec.unchanged
    }
  }
}

/** The default that the schema of a column shows; undefined for none. */
function shownDefault(codec: ValueCodec, given: ColumnDefault): unknown {
  if (codec.constant === undefined || given.kind === 'none') return undefined
  if (given.kind === 'function') return codec.functionDefault
  try {
    return codec.constant(given.text)
  } catch {
    // A constant that is not in the output format of its type, such as 'now', is worked out later.
    return undefined
  }
}
