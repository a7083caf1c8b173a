import { RetriableError } from '../../../runtime/api/errors.ts'
import type { CatalogTable } from './catalog.ts'
import type { UnknownLabel } from './enum-codec.ts'

/** What a row may show that the stream does not tell: the catalog that was read is of another time. */
export type Misfit = UnknownLabel | UnexpectedNull

/**
 * A row has null in a column that the catalog calls NOT NULL: it was written before `SET NOT NULL`.
 * Compile the table anew with {@link withNullable}, then read the row again.
 */
export class UnexpectedNull extends RetriableError {
  readonly tableOid: number
  readonly column: string

  constructor(table: CatalogTable, column: string) {
    super(
      'POSTGRES_UNEXPECTED_NULL',
      `Column ${column} of ${table.schema}.${table.name} has null in a row of before it was NOT NULL`
    )
    this.tableOid = table.oid
    this.column = column
  }
}

/** The table as it was when the column could be null. A key with that column did not exist then. */
export function withNullable(table: CatalogTable, column: string): CatalogTable {
  const inKey = table.primaryKey.includes(column)
  return {
    ...table,
    columns: table.columns.map((one) => (one.name === column ? { ...one, notNull: false } : one)),
    primaryKey: inKey ? [] : table.primaryKey,
    keyColumns: inKey ? [] : table.keyColumns
  }
}
