import type { SchemaChange, TableChange, TableModel } from './table-model.ts'

export interface QualifiedName {
  readonly database: string
  readonly name: string
}

/** What a statement did. */
export interface AppliedDdl {
  /** What Debezium publishes about it; empty for what changes no shape. */
  readonly changes: readonly SchemaChange[]
  /** New versions of tables, also those of which {@link changes} shows nothing. */
  readonly altered: readonly TableModel[]
  /** Names that stand for no table any more: dropped, or the old ones of a RENAME. */
  readonly dropped: readonly QualifiedName[]
  /** Tables that lost all their rows. */
  readonly truncated: readonly QualifiedName[]
  /**
   * Null when the statement was understood. Otherwise the shapes of `tables`, or of all where that is
   * empty, are to be read again.
   */
  readonly unknown: { readonly tables: readonly QualifiedName[]; readonly reason: string } | null
}

/** That of a statement that changes no table. */
export const NO_EFFECT: AppliedDdl = {
  changes: [],
  altered: [],
  dropped: [],
  truncated: [],
  unknown: null
}

/** The effect of a statement that makes a table, or another version of it. */
export function alteration(
  type: 'CREATE' | 'ALTER',
  table: TableModel,
  ddl: string,
  previous: QualifiedName | null = null
): AppliedDdl {
  const { database, name } = table
  const change = schemaChange(database, ddl, { type, database, name, previous, table })
  return { ...NO_EFFECT, changes: [change], altered: [table] }
}

export function schemaChange(
  database: string,
  ddl: string,
  ...changes: TableChange[]
): SchemaChange {
  return { database, ddl, changes }
}

export function droppedChange(place: QualifiedName, ddl: string): SchemaChange {
  return schemaChange(place.database, ddl, { type: 'DROP', ...place, previous: null, table: null })
}
