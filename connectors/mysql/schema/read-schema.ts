import { quoteName, quoteText } from '../errors.ts'
import type { QualifiedName } from './applied-ddl.ts'
import {
  type CatalogColumn,
  catalogColumns,
  type Query,
  tableFromCatalog
} from './catalog-table.ts'
import { charsetOfCollation } from './charsets.ts'
import { SchemaTables } from './schema-tables.ts'
import type { ServerFacts } from './server-facts.ts'
import { serverType } from './server-type.ts'
import type { SchemaChange, TableModel } from './table-model.ts'

/** Databases of the server itself. */
const SYSTEM_DATABASES = ['mysql', 'information_schema', 'performance_schema', 'sys']
  .map(quoteText)
  .join(', ')

/** What the server says about how it reads statements. */
export async function readServerFacts(
  query: Query,
  flavor: ServerFacts['flavor']
): Promise<ServerFacts & { readonly collation: string }> {
  const [row = []] = await query(
    `SELECT @@version, @@lower_case_table_names, @@character_set_server, @@collation_server,
      @@explicit_defaults_for_timestamp`
  )
  const [version, lower, charset, collation, explicit] = row
  const [major = 0, minor = 0, patch = 0] = (version ?? '').split(/[.-]/).map(Number)
  return {
    flavor,
    version: major * 10000 + minor * 100 + patch,
    lowerCaseTableNames: lower === '1' ? 1 : lower === '2' ? 2 : 0,
    charset: charset ?? 'utf8mb4',
    collation: collation ?? '',
    explicitTimestamps: explicit === '1'
  }
}

export interface DatabaseFacts {
  readonly name: string
  readonly charset: string
  readonly collation: string
}

/** The databases of the server without those of the server itself, by name. */
export async function readDatabases(query: Query): Promise<DatabaseFacts[]> {
  const rows = await query(
    `SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME
      FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN (${SYSTEM_DATABASES}) ORDER BY SCHEMA_NAME`
  )
  return rows.map(([name, charset, collation]) => ({
    name: name ?? '',
    charset: charset ?? '',
    collation: collation ?? ''
  }))
}

/** A table that the server lists, with estimates of its size. */
export interface ListedTable extends QualifiedName {
  readonly rows: number
  readonly bytes: number
}

/** All tables of {@link readDatabases}, without views and sequences, by database and name. */
export async function listTables(query: Query): Promise<ListedTable[]> {
  const rows = await query(
    `SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_ROWS, DATA_LENGTH FROM information_schema.TABLES
      WHERE TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') AND TABLE_SCHEMA NOT IN (${SYSTEM_DATABASES})
      ORDER BY TABLE_SCHEMA, TABLE_NAME`
  )
  return rows.map(([database, name, count, bytes]) => ({
    database: database ?? '',
    name: name ?? '',
    rows: Number(count ?? 0),
    bytes: Number(bytes ?? 0)
  }))
}

/** A table as the server has it now. */
export interface ReadTable {
  readonly table: TableModel
  /** What SHOW CREATE TABLE says. */
  readonly ddl: string
}

/**
 * Reads the shape of a table. Where its CREATE TABLE cannot be read, or what comes out is not what the
 * catalog says, the catalog counts.
 *
 * @returns null when there is no such table
 */
export async function readTable(
  query: Query,
  facts: ServerFacts,
  place: QualifiedName
): Promise<ReadTable | null> {
  const about = await readAbout(query, place)
  if (about === null) return null
  const ddl = await showCreate(query, place)
  const columns = await catalogColumns(query, place)
  if (ddl === null || columns.length === 0) return null
  const tables = new SchemaTables({ ...facts, charset: about.charset ?? facts.charset })
  tables.apply(ddl, { database: place.database, ansiQuotes: about.ansiQuotes })
  const table = tables.get(place.database, place.name)
  if (table && isAsListed(table, columns, facts.flavor)) return { table, ddl }
  const dialect = {
    flavor: facts.flavor,
    serverVersion: facts.version,
    ansiQuotes: false,
    noBackslashEscapes: false
  }
  const { charset, comment } = about
  return {
    table: await tableFromCatalog(query, { ...place, charset, comment }, columns, dialect),
    ddl
  }
}

async function readAbout(query: Query, { database, name }: QualifiedName) {
  const [row] = await query(
    `SELECT TABLE_COLLATION, TABLE_COMMENT, @@sql_mode FROM information_schema.TABLES
      WHERE TABLE_SCHEMA = ${quoteText(database)} AND TABLE_NAME = ${quoteText(name)}
      AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')`
  )
  if (row === undefined) return null
  const [collation, comment, mode] = row
  return {
    charset: collation ? charsetOfCollation(collation) : null,
    comment: comment || null,
    // SHOW CREATE TABLE quotes names as the session does; backslashes in texts are doubled in any case.
    ansiQuotes: (mode ?? '').split(',').includes('ANSI_QUOTES')
  }
}

/** Null when the table went in the meantime. */
async function showCreate(query: Query, place: QualifiedName): Promise<string | null> {
  try {
    const [row] = await query(
      `SHOW CREATE TABLE ${quoteName(place.database)}.${quoteName(place.name)}`
    )
    return row?.[1] ?? null
  } catch (error) {
    if ((await readAbout(query, place)) === null) return null
    throw error
  }
}

function isAsListed(
  table: TableModel,
  columns: readonly CatalogColumn[],
  flavor: ServerFacts['flavor']
): boolean {
  // The catalog does not list what system versioning adds.
  const isHidden = (name: string) => !columns.some((column) => column.name === name)
  const shown = table.columns.filter(
    ({ generated, invisible, name }) => !(generated && invisible && isHidden(name))
  )
  return (
    shown.length === columns.length &&
    shown.every((column, i) => {
      const listed = columns[i]
      const type = serverType(column, flavor).name
      return (
        listed?.name === column.name &&
        // MySQL 8 calls one type by another name here.
        listed.dataType.replace(/^geomcollection$/, 'geometrycollection') === type &&
        listed.nullable === column.optional
      )
    })
  )
}

/**
 * The statements that make the tables of a snapshot anew, as Debezium publishes them: tables go, then each
 * database is made with its tables.
 *
 * @param databases those that are made anew, with their tables in order
 */
export function snapshotStatements(
  server: { readonly charset: string; readonly collation: string },
  databases: readonly {
    readonly database: DatabaseFacts
    readonly tables: readonly ReadTable[]
  }[]
): SchemaChange[] {
  const { charset, collation } = server
  const changes: SchemaChange[] = [
    {
      database: '',
      ddl: `SET character_set_server=${charset}, collation_server=${collation}`,
      changes: []
    }
  ]
  for (const { tables } of databases) changes.push(...tables.map(({ table }) => dropped(table)))
  for (const { database, tables } of databases) changes.push(...created(database, tables))
  return changes
}

function dropped({ database, name }: QualifiedName): SchemaChange {
  return {
    database,
    ddl: `DROP TABLE IF EXISTS ${quoteName(database)}.${quoteName(name)}`,
    changes: [{ type: 'DROP', database, name, previous: null, table: null }]
  }
}

function created(about: DatabaseFacts, tables: readonly ReadTable[]): SchemaChange[] {
  const database = about.name
  const name = quoteName(database)
  const statements = [
    `DROP DATABASE IF EXISTS ${name}`,
    `CREATE DATABASE ${name} CHARSET ${about.charset} COLLATE ${about.collation}`,
    `USE ${name}`
  ]
  return [
    ...statements.map((ddl) => ({ database, ddl, changes: [] })),
    ...tables.map(({ table, ddl }): SchemaChange => {
      const change = { type: 'CREATE', database, name: table.name, previous: null, table } as const
      return { database, ddl, changes: [change] }
    })
  ]
}
