/**
 * Turns the rows of one version of a table into Structs of Debezium's change events.
 *
 * Rows come as PostgreSQL's text, one value per column of `CatalogTable.columns` and in that order;
 * snapshot (COPY text) and stream (pgoutput text) use the same functions.
 */
import { ConnectError } from '../../../runtime/api/errors.ts'
import type { Schema, Struct } from '../../../runtime/api/schema.ts'
import type { CatalogTable } from './catalog.ts'
import type { TypeCatalog } from './type-catalog.ts'

/** Stands for an out-of-line value that an update did not touch and that PostgreSQL did not send. */
export const UNCHANGED: unique symbol = Symbol('unchanged')

export type RowValue = string | null | typeof UNCHANGED
export type RowValues = readonly RowValue[]

/** How values are written: the connector's keys of the same names. */
export interface ValueOptions {
  readonly decimal: 'precise' | 'double' | 'string'
  readonly time:
    | 'adaptive'
    | 'adaptive_time_microseconds'
    | 'connect'
    | 'isostring'
    | 'microseconds'
    | 'nanoseconds'
  readonly interval: 'numeric' | 'string'
  readonly binary: 'bytes' | 'base64' | 'base64-url-safe' | 'hex'
  readonly hstore: 'json' | 'map'
  readonly moneyFractionDigits: number
  readonly includeUnknown: boolean
  /** `unavailable.value.placeholder` */
  readonly placeholder: string
}

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
}

/** Compiled once per version of a table and shared by all its records. */
export interface TableCodec {
  readonly table: CatalogTable
  /** Null when the table has no key. */
  readonly keySchema: Schema | null
  /** Schema of `before` and `after`. */
  readonly valueSchema: Schema
  readonly envelopeSchema: Schema
  /** Columns that are left out because their type has no mapping: name and type, for a warning. */
  readonly unsupported: readonly { readonly column: string; readonly type: string }[]
  /** Key columns that a delete cannot know (not in the replica identity), for a warning. */
  readonly unknownInDeletes: readonly string[]
  /** A whole row of a snapshot. */
  readSnapshotRow(values: readonly (string | null)[]): Struct
  /** A row of the stream: whole, or with UNCHANGED where PostgreSQL sent no value. */
  readStreamRow(values: RowValues): Struct
  /** The old key or identity of an update or delete: null in all other columns. */
  readOldKey(values: RowValues): Struct
  /** The record key of a row that this codec read; null when the row has none. */
  key(row: Struct): Struct | null
}

/** @throws {ConnectError} UNKNOWN_TYPE when a column's type is not in the catalog: load it again */
export function compileTable(_table: CatalogTable, _options: CodecOptions): TableCodec {
  throw new ConnectError('NOT_IMPLEMENTED', 'compileTable is not there yet')
}
