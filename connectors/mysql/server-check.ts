import { ConnectError } from '../../runtime/api/errors.ts'
import { failure } from '../relational/explanation.ts'
import type { Queries } from './binlog/position.ts'
import { binlogOff, quoteText } from './errors.ts'
import type { SourceConfig } from './source-config.ts'
import type { Flavor } from './types/column-codec.ts'

/** What the server is, as far as the connector cares. */
export interface ServerFindings {
  /** Stored with offsets: `server_uuid` of MySQL, `server_id` of MariaDB, which has no other. */
  readonly identity: string
  /** What is not as it should be, but can be lived with. */
  readonly warnings: readonly string[]
  /** What has to change before changes can be read from its log, each with the statement that does it. */
  readonly problems: readonly ConnectError[]
}

const VARIABLES = [
  'log_bin',
  'binlog_format',
  'binlog_row_image',
  'binlog_row_metadata',
  'server_id',
  'server_uuid',
  'version',
  'version_comment'
]

/** Whether the server writes a log that changes can be read from, and lets the user do so. */
export async function lookAtServer(
  queries: Queries,
  flavor: Flavor,
  config: SourceConfig
): Promise<ServerFindings> {
  const names = VARIABLES.map(quoteText).join(', ')
  const rows = await queries.query(`SHOW GLOBAL VARIABLES WHERE Variable_name IN (${names})`)
  const variables = new Map(rows.map(([name, value]) => [name?.toLowerCase(), value ?? '']))
  const value = (name: string) => variables.get(name) ?? ''
  const identity = flavor === 'mysql' ? value('server_uuid') : value('server_id')
  const product = otherProduct(flavor, value('version'))
  const readsLog = config['snapshot.mode'] !== 'initial_only'
  const log = readsLog ? [logProblem(value), await privilegeProblem(queries)] : []
  return {
    identity,
    warnings: readsLog ? warningsOf(value) : [],
    problems: [product, ...log].filter((problem) => problem !== null)
  }
}

/** Which server it is, as {@link ServerFindings} has it. */
export async function identityOf(queries: Queries, flavor: Flavor): Promise<string> {
  const name = flavor === 'mysql' ? 'server_uuid' : 'server_id'
  const [row] = await queries.query(`SELECT @@global.${name}`)
  return row?.[0] ?? ''
}

function otherProduct(flavor: Flavor, version: string): ConnectError | null {
  const isMariadb = /mariadb/i.test(version)
  if (isMariadb === (flavor === 'mariadb')) return null
  const [found, right] = isMariadb ? ['MariaDB', 'mariadb'] : ['MySQL', 'mysql']
  return new ConnectError('MYSQL_OTHER_PRODUCT', `The server is ${found} ${version}`, {
    hint: `Their types and logs differ: set connector.class: ${right}`
  })
}

function logProblem(value: (name: string) => string): ConnectError | null {
  if (value('log_bin') !== 'ON') return failure(binlogOff())
  if (value('binlog_format') === 'ROW') return null
  return new ConnectError(
    'MYSQL_BINLOG_FORMAT',
    `The server writes its binary log with binlog_format=${value('binlog_format')}: statements, not the rows they change`,
    {
      hint: 'SET GLOBAL binlog_format = ROW, also in its configuration file; sessions that are open keep the old one'
    }
  )
}

function warningsOf(value: (name: string) => string): string[] {
  const warnings: string[] = []
  if (value('binlog_row_image') !== 'FULL') {
    warnings.push(
      `The server writes rows with binlog_row_image=${value('binlog_row_image')}: where a value is missing in the binary log, events have the placeholder. To have all values: SET GLOBAL binlog_row_image = FULL`
    )
  }
  if (value('binlog_row_metadata') !== 'FULL') {
    warnings.push(
      `The server writes binlog_row_metadata=${value('binlog_row_metadata') || 'none'}: the binary log does not name columns, so their names come from the shapes that are stored and the statements that change them. To be safe against a statement that is missed: SET GLOBAL binlog_row_metadata = FULL`
    )
  }
  return warnings
}

/** Privileges that are not for tables; what tables need shows when they are read. */
async function privilegeProblem(queries: Queries): Promise<ConnectError | null> {
  const rows = await queries.query('SHOW GRANTS')
  const grants = rows.map(([grant]) => grant ?? '')
  // A role may have it: whether it is active, only the server knows.
  if (grants.some((grant) => !/\bON\b/.test(grant))) return null
  const global = grants.filter((grant) => /\bON \*\.\* TO\b/i.test(grant)).join(' ')
  if (/\bALL PRIVILEGES\b|\bREPLICATION SLAVE\b|\bREPLICATION_SLAVE\b/i.test(global)) return null
  const [row] = await queries.query('SELECT CURRENT_USER()')
  const user = row?.[0] ?? ''
  const at = user.lastIndexOf('@')
  const account = `${quoteText(user.slice(0, at))}@${quoteText(user.slice(at + 1))}`
  return new ConnectError('MYSQL_PRIVILEGE', `User ${user} may not read the binary log`, {
    hint: `GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO ${account}`
  })
}
