import type { CatalogTable } from './catalog.ts'

/** Which columns make the record key of a table. */
export interface RecordKey {
  readonly columns: readonly string[]
  /** A row with null in the key has none: many rows may have it. */
  readonly nullHasNoKey: boolean
  /** Columns that an old row does not have, so that deletes are keyed by null or a made-up value. */
  readonly unknownInDeletes: readonly string[]
}

/** @param configured `message.key.columns` for the table */
export function recordKey(table: CatalogTable, configured: readonly string[] | null): RecordKey {
  if (configured !== null) return keyOf(table, configured, false)
  const identity = table.identityIndexColumns
  const isCovered = table.keyColumns.every((name) => identity.includes(name))
  if (table.replicaIdentity === 'i' && identity.length > 0 && !isCovered) {
    // Old rows have the columns of the identity index only. A key of other columns would have to be
    // made up for every delete; this one is unique, never null, and known in all events.
    const columns = table.columns.map((column) => column.name)
    return keyOf(
      table,
      columns.filter((name) => identity.includes(name)),
      false
    )
  }
  return keyOf(table, table.keyColumns, table.primaryKey.length === 0)
}

function keyOf(table: CatalogTable, columns: readonly string[], nullHasNoKey: boolean): RecordKey {
  return {
    columns,
    nullHasNoKey,
    unknownInDeletes: columns.filter((name) => !isInOldRow(table, name))
  }
}

function isInOldRow(table: CatalogTable, column: string): boolean {
  switch (table.replicaIdentity) {
    case 'd':
      return table.primaryKey.includes(column)
    case 'i':
      return table.identityIndexColumns.includes(column)
    default:
      // A full old row has all columns; without identity there are no deletes.
      return true
  }
}
