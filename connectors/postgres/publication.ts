import { ConnectError } from '../../runtime/api/errors.ts'
import { failure } from '../relational/explanation.ts'
import type { RunQuery } from './connection.ts'
import { publicationMissing, quoteName } from './errors.ts'
import type { TableName } from './table-list.ts'

export interface PublicationOptions {
  readonly name: string
  readonly mode: 'all_tables' | 'filtered' | 'disabled' | 'no_tables'
  readonly viaRoot: boolean
  /** The captured tables that can be in a publication: neither unlogged nor temporary. */
  readonly tables: readonly TableName[]
}

/**
 * Makes sure that the publication is there and holds the captured tables, as far as the mode lets.
 * @returns statements that were run, for the log
 * @throws {ConnectError} with the exact statement that an administrator has to run
 */
export async function ensurePublication(
  query: RunQuery,
  options: PublicationOptions
): Promise<string[]> {
  const name = quoteName(options.name)
  const [found] = await query(
    'SELECT p.puballtables FROM pg_catalog.pg_publication p WHERE p.pubname = $1',
    [options.name]
  )
  if (!found) {
    if (options.mode === 'disabled') throw failure(publicationMissing(options.name))
    return await run(query, `CREATE PUBLICATION ${name}${tablesClause(options)}${root(options)}`)
  }
  if (found[0] === 't' || options.mode === 'no_tables') return []
  const missing = await missingTables(query, options)
  if (missing.length === 0) return []
  const list = missing.map(qualified).join(', ')
  const statement = `ALTER PUBLICATION ${name} ADD TABLE ${list}`
  if (options.mode === 'filtered') return await run(query, statement)
  throw new ConnectError(
    'POSTGRES_PUBLICATION_TABLES',
    `Publication '${options.name}' does not hold ${missing.length} of the captured tables: ${list}`,
    { hint: `${statement}; or leave the tables out with table.exclude.list` }
  )
}

async function run(query: RunQuery, statement: string): Promise<string[]> {
  try {
    await query(statement)
    return [statement]
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ConnectError('POSTGRES_PUBLICATION', `The publication cannot be made: ${why}`, {
      cause: error,
      hint: `Let a superuser (or, FOR TABLE, the owner of the tables) run: ${statement}; then set publication.autocreate.mode = disabled`
    })
  }
}

function tablesClause(options: PublicationOptions): string {
  if (options.mode === 'all_tables') return ' FOR ALL TABLES'
  if (options.mode === 'no_tables') return ''
  if (options.tables.length === 0) {
    throw new ConnectError(
      'POSTGRES_NO_TABLES',
      `There is no table to put into publication '${options.name}'`,
      { hint: 'Correct table.include.list and schema.include.list, or create the tables first' }
    )
  }
  return ` FOR TABLE ${options.tables.map(qualified).join(', ')}`
}

function root(options: PublicationOptions): string {
  return options.viaRoot ? ' WITH (publish_via_partition_root = true)' : ''
}

/** The captured tables whose changes the publication would not send. */
async function missingTables(query: RunQuery, options: PublicationOptions): Promise<TableName[]> {
  // Members are listed with their partitions, ancestors and schemas: each makes a table published.
  const rows = await query(
    `SELECT n.nspname, c.relname FROM pg_catalog.pg_publication_tables t
       JOIN pg_catalog.pg_namespace n ON n.nspname = t.schemaname
       JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename
     WHERE t.pubname = $1
     UNION
     SELECT n.nspname, c.relname FROM pg_catalog.pg_publication p
       JOIN pg_catalog.pg_publication_rel r ON r.prpubid = p.oid
       JOIN pg_catalog.pg_class c ON c.oid = r.prrelid
       JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE p.pubname = $1`,
    [options.name]
  )
  const inherited = await query(
    `WITH RECURSIVE member AS (
       SELECT r.prrelid AS oid FROM pg_catalog.pg_publication p
         JOIN pg_catalog.pg_publication_rel r ON r.prpubid = p.oid WHERE p.pubname = $1
       UNION SELECT i.inhrelid FROM member m JOIN pg_catalog.pg_inherits i ON i.inhparent = m.oid
         JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition)
     SELECT n.nspname, c.relname FROM member m JOIN pg_catalog.pg_class c ON c.oid = m.oid
       JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace`,
    [options.name]
  )
  const held = new Set([...rows, ...inherited].map(([schema, name]) => `${schema}.${name}`))
  return options.tables.filter((table) => {
    // A partitioned table has no changes of its own: those of its partitions count.
    if (table.kind === 'p' && !options.viaRoot) return false
    return !held.has(`${table.schema}.${table.name}`)
  })
}

export function qualified(table: { readonly schema: string; readonly name: string }): string {
  return `${quoteName(table.schema)}.${quoteName(table.name)}`
}
