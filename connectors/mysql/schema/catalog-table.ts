import { quoteText } from '../errors.ts'
import { parseDefault } from './ddl-parser-column.ts'
import { parseDataType } from './ddl-parser-type.ts'
import type { DataType, DefaultValue } from './ddl-statement.ts'
import { DdlSyntaxError, type SqlDialect } from './ddl-tokens.ts'
import { tableOf } from './table-from-ddl.ts'
import type { ColumnModel, IndexModel, TableModel } from './table-model.ts'
import { TokenReader } from './token-reader.ts'

/** Runs a query; every value as text, or null. */
export type Query = (sql: string) => Promise<readonly (readonly (string | null)[])[]>

/** A column as information_schema.COLUMNS has it. */
export interface CatalogColumn {
  readonly name: string
  /** COLUMN_TYPE, such as `int(10) unsigned`. */
  readonly columnType: string
  /** DATA_TYPE, such as `int`. */
  readonly dataType: string
  readonly nullable: boolean
  readonly default: string | null
  readonly extra: string
  readonly charset: string | null
  readonly comment: string
}

/** The columns of a table, in order; empty when there is no such table. */
export async function catalogColumns(
  query: Query,
  table: { readonly database: string; readonly name: string }
): Promise<CatalogColumn[]> {
  const rows = await query(
    `SELECT COLUMN_NAME, COLUMN_TYPE, DATA_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA,
      CHARACTER_SET_NAME, COLUMN_COMMENT FROM information_schema.COLUMNS
      WHERE ${named(table)} ORDER BY ORDINAL_POSITION`
  )
  return rows.map(([name, columnType, dataType, nullable, value, extra, charset, comment]) => ({
    name: name ?? '',
    columnType: columnType ?? '',
    dataType: dataType ?? '',
    nullable: nullable === 'YES',
    default: value ?? null,
    extra: extra ?? '',
    charset: charset ?? null,
    comment: comment ?? ''
  }))
}

function named({ database, name }: { readonly database: string; readonly name: string }): string {
  return `TABLE_SCHEMA = ${quoteText(database)} AND TABLE_NAME = ${quoteText(name)}`
}

/** A table from what the server's catalog says of it, for a statement that cannot be read. */
export async function tableFromCatalog(
  query: Query,
  about: Pick<TableModel, 'database' | 'name' | 'charset' | 'comment'>,
  columns: readonly CatalogColumn[],
  dialect: SqlDialect
): Promise<TableModel> {
  const rows = await query(
    `SELECT INDEX_NAME, NON_UNIQUE, COLUMN_NAME FROM information_schema.STATISTICS
      WHERE ${named(about)} ORDER BY INDEX_NAME, SEQ_IN_INDEX`
  )
  const primaryKey: string[] = []
  const indexes = new Map<string, { unique: boolean; columns: (string | null)[] }>()
  for (const [name, nonUnique, column = null] of rows) {
    if (name === 'PRIMARY') primaryKey.push(column ?? '')
    else {
      const index = indexes.get(name ?? '') ?? { unique: nonUnique === '0', columns: [] }
      index.columns.push(column)
      indexes.set(name ?? '', index)
    }
  }
  return tableOf({
    ...about,
    columns: columns.map((column) => columnFromCatalog(column, dialect)),
    primaryKey,
    indexes: [...indexes].map(([name, index]): IndexModel => ({ name, ...index }))
  })
}

function columnFromCatalog(column: CatalogColumn, dialect: SqlDialect): ColumnModel {
  const { name, nullable, extra, comment } = column
  const type = typeOf(column, dialect)
  const given = defaultOf(column, dialect)
  return {
    name,
    typeName: type.typeName,
    length: type.length,
    scale: type.scale,
    charset: column.charset,
    optional: nullable,
    autoIncremented: /auto_increment/i.test(extra),
    generated: /\b(?:VIRTUAL|STORED|PERSISTENT) GENERATED|^(?:VIRTUAL|PERSISTENT)$/i.test(extra),
    comment: comment || null,
    hasDefault: given !== null || nullable,
    defaultExpression: given?.expression ?? null,
    defaultIsLiteral: given?.isLiteral ?? false,
    values: type.values,
    invisible: /INVISIBLE/i.test(extra)
  }
}

/** A type that cannot be read is known by its name only. */
function typeOf(column: CatalogColumn, dialect: SqlDialect): Omit<DataType, 'serial' | 'charset'> {
  try {
    return parseDataType(new TokenReader(column.columnType, dialect))
  } catch (error) {
    if (!(error instanceof DdlSyntaxError)) throw error
    return { typeName: column.dataType.toUpperCase(), length: null, scale: null, values: [] }
  }
}

/** MariaDB shows defaults as a statement has them, MySQL the value, or an expression that it marks. */
function defaultOf(column: CatalogColumn, dialect: SqlDialect): DefaultValue | null {
  const { default: value, extra } = column
  if (value === null) return null
  if (dialect.flavor === 'mysql') {
    return { expression: value, isLiteral: !/DEFAULT_GENERATED/i.test(extra) }
  }
  try {
    return parseDefault(new TokenReader(value, dialect))
  } catch (error) {
    if (!(error instanceof DdlSyntaxError)) throw error
    return { expression: value, isLiteral: false }
  }
}
