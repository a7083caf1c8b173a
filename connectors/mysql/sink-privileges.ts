import { quoteName } from './errors.ts'
import type { SinkConnection } from './sink-connection.ts'
import { textSql } from './sink-names.ts'

/**
 * The statement that lets the user make tables in its database.
 *
 * @returns null where it may, or where roles make that hard to tell
 */
export async function missingCreation(connection: SinkConnection): Promise<string | null> {
  const { rows } = await connection.run(
    "SELECT DATABASE(), SUBSTRING_INDEX(CURRENT_USER(), '@', 1), SUBSTRING_INDEX(CURRENT_USER(), '@', -1), CURRENT_ROLE()"
  )
  const [database = '', user = '', host = '', role] = rows[0]?.map((value) => value ?? '') ?? []
  if (role !== '' && role !== 'NONE') return null
  const grantee = `GRANTEE = ${textSql(`'${user}'@'${host}'`)} AND PRIVILEGE_TYPE = 'CREATE'`
  const granted = await connection.run(
    `SELECT 1 FROM information_schema.USER_PRIVILEGES WHERE ${grantee} UNION ALL
SELECT 1 FROM information_schema.SCHEMA_PRIVILEGES WHERE ${grantee} AND DATABASE() LIKE TABLE_SCHEMA`
  )
  if (granted.rows.length > 0) return null
  return `GRANT CREATE, ALTER, SELECT, INSERT, UPDATE, DELETE ON ${quoteName(database)}.* TO ${textSql(user)}@${textSql(host)}`
}
