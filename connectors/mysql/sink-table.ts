import type { TableName } from '../relational/sink-naming.ts'

/** A column as information_schema describes it. */
export interface TargetColumn {
  readonly name: string
  /** DATA_TYPE in lower case, such as `int` or `varchar`. */
  readonly type: string
  /** COLUMN_TYPE, such as `int(10) unsigned`, for messages. */
  readonly fullType: string
  /** Characters or bytes; null where it has no meaning. */
  readonly length: number | null
  /** Fraction digits of a decimal; null for other types. */
  readonly scale: number | null
  /** Fraction digits of the seconds; 0 for types without. */
  readonly digits: number
  /** Null for columns that are not text. */
  readonly collation: string | null
  readonly nullable: boolean
  /** Computed by the table: cannot be written. */
  readonly generated: boolean
  readonly autoIncrement: boolean
}

/** The names of an index's columns, in lower case; those with only a part of a column in it are apart. */
export interface UniqueIndex {
  readonly name: string
  readonly columns: readonly string[]
  /** Whether it has only the beginning of some column. */
  readonly prefixed: boolean
}

export interface TargetTable {
  readonly name: TableName
  /** As messages show it and statements name it. */
  readonly sql: string
  /** By name in lower case, as the server compares names of columns. */
  readonly columns: ReadonlyMap<string, TargetColumn>
  readonly uniques: readonly UniqueIndex[]
}
