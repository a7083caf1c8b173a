import { ConnectError } from '../../runtime/api/errors.ts'
import type { RunQuery } from './connection.ts'
import { quoteName } from './errors.ts'
import { qualified } from './publication.ts'
import type { TableName } from './table-list.ts'

/** @throws {ConnectError} POSTGRES_PRIVILEGE with the statements that let the user read the tables */
export async function checkReadable(
  query: RunQuery,
  tables: readonly TableName[],
  user: string
): Promise<void> {
  const rows = await query(
    `SELECT t.oid, has_schema_privilege(c.relnamespace, 'USAGE'), has_table_privilege(t.oid, 'SELECT')
     FROM unnest($1::oid[]) AS t(oid) JOIN pg_catalog.pg_class c ON c.oid = t.oid`,
    [`{${tables.map((table) => table.oid).join(',')}}`]
  )
  const byOid = new Map(tables.map((table) => [table.oid, table]))
  const role = quoteName(user)
  const grants = new Set<string>()
  const names: string[] = []
  for (const [oid, usage, select] of rows) {
    const table = byOid.get(Number(oid))
    if (table === undefined || (usage === 't' && select === 't')) continue
    names.push(`${table.schema}.${table.name}`)
    if (usage !== 't') grants.add(`GRANT USAGE ON SCHEMA ${quoteName(table.schema)} TO ${role};`)
    if (select !== 't') grants.add(`GRANT SELECT ON ${qualified(table)} TO ${role};`)
  }
  if (names.length === 0) return
  const shown = names.length > 5 ? `${names.slice(0, 5).join(', ')}, ...` : names.join(', ')
  throw new ConnectError(
    'POSTGRES_PRIVILEGE',
    `User '${user}' may not read ${names.length} of the captured tables: ${shown}`,
    { hint: [...grants].join(' ') }
  )
}
