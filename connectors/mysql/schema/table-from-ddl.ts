import { type ColumnSettings, columnFrom, notNull } from './column-model.ts'
import type { CreateTable, IndexDefinition } from './ddl-statement.ts'
import type { ColumnModel, IndexModel, TableModel } from './table-model.ts'

/** A column, an index or a table that a statement names is not there: what is known is not what was. */
export class UnknownObject extends Error {
  override readonly name = 'UnknownObject'
}

/** The parts of a table that decide what its keys are. */
export interface TableParts {
  readonly database: string
  readonly name: string
  readonly columns: readonly ColumnModel[]
  readonly primaryKey: readonly string[]
  readonly indexes: readonly IndexModel[]
  readonly charset: string | null
  readonly comment: string | null
}

/** A table with its columns of the primary key made NOT NULL and its unique keys found. */
export function tableOf(parts: TableParts): TableModel {
  const inKey = new Set(parts.primaryKey)
  const columns = parts.columns.map((column) => (inKey.has(column.name) ? notNull(column) : column))
  const required = new Set(columns.filter((each) => !each.optional).map((each) => each.name))
  const uniqueKeys: string[][] = []
  for (const index of parts.indexes) {
    const names = index.columns.filter((column) => column !== null)
    const isWhole = names.length === index.columns.length
    if (index.unique && isWhole && names.every((name) => required.has(name))) uniqueKeys.push(names)
  }
  const { database, name, primaryKey, indexes, charset, comment } = parts
  return { database, name, columns, primaryKey, uniqueKeys, indexes, charset, comment }
}

/** The table that a CREATE TABLE with columns makes. */
export function createdTable(
  statement: CreateTable,
  place: { readonly database: string; readonly name: string },
  settings: ColumnSettings
): TableModel {
  const charset = statement.options.charset ?? settings.charset
  const columns = statement.columns.map((each) => columnFrom(each, { ...settings, charset }))
  const keys = addIndexes({ columns, primaryKey: [], indexes: [] }, statement.indexes)
  const comment = statement.options.comment || null
  return tableOf({
    ...place,
    ...(statement.versioned ? versioned(statement, keys) : keys),
    charset,
    comment
  })
}

/**
 * A system-versioned table: old rows stay in it and are in the log, so that its keys have the end of their
 * validity too. The server adds the two columns where the statement does not name them.
 * https://mariadb.com/kb/en/system-versioned-tables/
 */
function versioned(statement: CreateTable, keys: Keys): Keys {
  const named = statement.columns.find((column) => column.rowEnd)?.name
  const rowEnd = named ?? 'row_end'
  const withEnd = <Name extends string | null>(names: readonly Name[]) =>
    names.length === 0 || names.some((name) => name === rowEnd) ? names : [...names, rowEnd]
  return {
    columns: named ? keys.columns : [...keys.columns, ...['row_start', rowEnd].map(periodColumn)],
    primaryKey: withEnd(keys.primaryKey),
    indexes: keys.indexes.map((index) =>
      index.unique ? { ...index, columns: withEnd(index.columns) } : index
    )
  }
}

function periodColumn(name: string): ColumnModel {
  return {
    name,
    typeName: 'TIMESTAMP',
    length: 6,
    scale: null,
    charset: null,
    optional: false,
    autoIncremented: false,
    generated: true,
    comment: null,
    hasDefault: false,
    defaultExpression: null,
    defaultIsLiteral: false,
    values: [],
    invisible: true
  }
}

interface Keys {
  readonly columns: readonly ColumnModel[]
  readonly primaryKey: readonly string[]
  readonly indexes: readonly IndexModel[]
}

/** The keys with those of a statement added, named as a server names them. */
export function addIndexes(keys: Keys, added: readonly IndexDefinition[]): Keys {
  let primaryKey = keys.primaryKey
  const indexes = [...keys.indexes]
  for (const definition of added) {
    const columns = definition.columns.map((column) =>
      column === null ? null : columnNamed(keys.columns, column).name
    )
    if (definition.kind === 'primary') {
      if (definition.ifNotExists && primaryKey.length > 0) continue
      primaryKey = columns.filter((column) => column !== null)
      continue
    }
    const isThere = indexes.some((index) => sameName(index.name, definition.name ?? ''))
    if (isThere && definition.ifNotExists) continue
    const isCovered = definition.kind === 'foreign' && isPrefix(columns, added, indexes)
    if (isCovered) continue
    const name = definition.name ?? freeName(indexes, columns[0] ?? 'functional_index')
    indexes.push({ name, unique: definition.kind === 'unique', columns })
  }
  return { ...keys, primaryKey, indexes }
}

/** A foreign key needs no index of its own where another begins with its columns. */
function isPrefix(
  columns: IndexModel['columns'],
  added: readonly IndexDefinition[],
  indexes: readonly IndexModel[]
): boolean {
  const others = [...added.filter((each) => each.kind !== 'foreign'), ...indexes]
  return others.some((other) =>
    columns.every((column, i) => sameName(column ?? '', other.columns[i] ?? ''))
  )
}

/** The name of an index without one: its first column, with a number when that is taken. */
function freeName(indexes: readonly IndexModel[], column: string): string {
  const isTaken = (name: string) =>
    sameName(name, 'PRIMARY') || indexes.some((index) => sameName(index.name, name))
  if (!isTaken(column)) return column
  let number = 2
  while (isTaken(`${column}_${number}`)) number++
  return `${column}_${number}`
}

/** Names of columns and indexes do not tell case apart. */
export function sameName(left: string, right: string): boolean {
  return left === right || left.toLowerCase() === right.toLowerCase()
}

/** @throws {UnknownObject} */
export function columnNamed(columns: readonly ColumnModel[], name: string): ColumnModel {
  const found = columns.find((column) => sameName(column.name, name))
  if (!found) throw new UnknownObject(`column '${name}' is not known`)
  return found
}

/** @param orReplace whether an index of that name goes first */
export function withIndex(
  table: TableModel,
  index: IndexDefinition,
  orReplace: boolean
): TableModel {
  const before = orReplace && index.name !== null ? withoutIndex(table, index.name) : table
  return tableOf({ ...before, ...addIndexes(before, [index]) })
}

export function withoutIndex(table: TableModel, name: string): TableModel {
  const primaryKey = sameName(name, 'PRIMARY') ? [] : table.primaryKey
  const indexes = table.indexes.filter((index) => !sameName(index.name, name))
  return tableOf({ ...table, primaryKey, indexes })
}
