import { ConnectError } from '../../runtime/api/errors.ts'
import type { Queries } from './binlog/position.ts'
import { quoteName } from './errors.ts'
import type { TableName } from './table-filter.ts'

/** Tables that are asked for, at most: asking takes one statement each. */
const MAX_ASKED = 200

/** @throws {ConnectError} MYSQL_PRIVILEGE with the statements that let the user read the tables */
export async function checkReadable(
  queries: Queries,
  tables: readonly TableName[],
  user: string
): Promise<void> {
  const refused: string[] = []
  for (const { database, name } of tables.slice(0, MAX_ASKED)) {
    const table = `${quoteName(database)}.${quoteName(name)}`
    try {
      await queries.query(`SELECT * FROM ${table} LIMIT 0`)
    } catch (error) {
      if (!(error instanceof ConnectError) || error.code !== 'MYSQL_PRIVILEGE') throw error
      refused.push(table)
    }
  }
  if (refused.length === 0) return
  const shown = refused.length > 5 ? `${refused.slice(0, 5).join(', ')}, ...` : refused.join(', ')
  const grants = refused.map((table) => `GRANT SELECT ON ${table} TO '${user}'@'%'`)
  throw new ConnectError(
    'MYSQL_PRIVILEGE',
    `User '${user}' may not read ${refused.length} of the captured tables: ${shown}`,
    { hint: `${grants.slice(0, 5).join('; ')}` }
  )
}
