import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mysql from 'mysql2/promise'
import { DatabaseServer, type Row, type ServerOptions } from './database-server.ts'
import { GuardedProcess } from './guarded-process.ts'
import { type MariadbBinaries, mariadbBinaries } from './mariadb-binaries.ts'

const USER = 'dbz'
const PASSWORD = 'maria-secret'

/**
 * Starts a real MariaDB on 127.0.0.1 with a binary log as change capture wants it: row format, full
 * images, full metadata. Its one account has all privileges, from 127.0.0.1.
 *
 * @throws Error with the server's own output when it does not start.
 */
export async function startMariadb(options: ServerOptions = {}): Promise<MariadbServer> {
  const binaries = mariadbBinaries()
  const folder = options.dataDir ?? mkdtempSync(join(tmpdir(), 'millrace-maria-'))
  if (!existsSync(join(folder, 'data', 'mysql'))) initialise(binaries, folder)
  writeFileSync(join(folder, 'millrace.cnf'), optionFile(folder, options))
  const server = new MariadbServer(binaries, folder, options)
  await server.start()
  return server
}

let shared: Promise<MariadbServer> | undefined

/** One server for all suites of this process; it goes when the process ends. */
export function sharedMariadb(): Promise<MariadbServer> {
  shared ??= startMariadb()
  return shared
}

export class MariadbServer extends DatabaseServer<mysql.Pool> {
  readonly user = USER
  readonly password = PASSWORD
  protected override readonly signals = { stop: 'SIGTERM', crash: 'SIGKILL' } as const
  readonly #binaries: MariadbBinaries

  constructor(binaries: MariadbBinaries, folder: string, options: ServerOptions) {
    super(folder, options)
    this.#binaries = binaries
  }

  /** The path of the command line client. */
  get clientProgram(): string {
    return this.#binaries.client
  }

  /**
   * Connection facts as mysql2 takes them. Values come as text where a number or a Date would not
   * be exact: integers beyond 2^53, decimals, and everything with a date.
   */
  connection(database = 'mysql') {
    const { host, port, user, password } = this
    return { host, port, user, password, database, ...EXACT_VALUES }
  }

  /** A connection of one's own, for transactions and session variables; the caller ends it. */
  async connect(
    database = 'mysql',
    options: mysql.ConnectionOptions = {}
  ): Promise<mysql.Connection> {
    const connection = await mysql.createConnection({ ...this.connection(database), ...options })
    // A server that stops first ends the connection: whoever queries it then is told.
    connection.on('error', () => undefined)
    return connection
  }

  /**
   * Runs one statement (or several without parameters) and returns the rows of the last one. The
   * connection is from a pool: `connect` is for what must happen in one session.
   */
  async query<T = Row>(sql: string, params?: readonly unknown[], database = 'mysql'): Promise<T[]> {
    const [result] = await this.pool(database).query(sql, params && [...params])
    return lastRows(result) as T[]
  }

  /** Creates a database; without a name, one that nobody else has. Returns its name. */
  async createDatabase(name = this.newName()): Promise<string> {
    await this.query(`CREATE DATABASE ${mysql.escapeId(name)} CHARACTER SET utf8mb4`)
    return name
  }

  protected override launch(): GuardedProcess {
    const options = join(this.folder, 'millrace.cnf')
    return new GuardedProcess({
      command: this.#binaries.server,
      args: [`--defaults-file=${options}`, `--port=${this.port}`, ...this.#binaries.userArgs],
      spawn: { cwd: this.folder },
      readyWhen: /ready for connections/,
      ...(this.keeps ? {} : { folder: this.folder })
    })
  }

  protected override openPool(database: string): mysql.Pool {
    const config = { connectionLimit: 4, maxIdle: 4, multipleStatements: true }
    const pool = mysql.createPool({ ...this.connection(database), ...config })
    forgetWhenIdle(pool)
    return pool
  }
}

const EXACT_VALUES = {
  supportBigNumbers: true,
  dateStrings: true,
  jsonStrings: true,
  charset: 'utf8mb4',
  timezone: 'Z'
} as const

interface Idle {
  on(event: 'error', listener: () => void): unknown
  readonly stream: { ref(): void; unref(): void }
}

/** Lets a process end that has forgotten to stop the server: only a query in flight holds it. */
function forgetWhenIdle(pool: mysql.Pool): void {
  const idle = (connection: unknown) => connection as Idle
  // The server goes down on purpose in many tests: an idle connection that breaks is no error.
  pool.pool.on('connection', (connection) => idle(connection).on('error', () => undefined))
  pool.pool.on('acquire', (connection) => idle(connection).stream.ref())
  pool.pool.on('release', (connection) => idle(connection).stream.unref())
}

/** Several statements give a list of results, of which some have no rows. */
function lastRows(result: unknown): unknown[] {
  if (!Array.isArray(result)) return []
  const last: unknown = result.at(-1)
  if (Array.isArray(last)) return last
  return result.some(isOutcome) ? [] : result
}

/** What a statement without rows answers: mysql2's ResultSetHeader. */
function isOutcome(part: unknown): boolean {
  return (part as { constructor?: { name?: string } }).constructor?.name === 'ResultSetHeader'
}

function initialise(binaries: MariadbBinaries, folder: string): void {
  const run = spawnSync(
    binaries.installDb,
    [
      '--no-defaults',
      `--datadir=${join(folder, 'data')}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      '--innodb-log-file-size=8M',
      '--innodb-flush-log-at-trx-commit=0',
      `--tmpdir=${temporary(folder)}`,
      ...binaries.userArgs
    ],
    { cwd: folder, encoding: 'utf8' }
  )
  if (run.status !== 0) {
    throw new Error(`mariadb-install-db failed: ${run.error ?? run.stdout + run.stderr}`)
  }
  writeFileSync(join(folder, 'account.sql'), ACCOUNT)
}

/** Servers that share a folder for temporary tables crash where they have the same process id, as in containers. */
function temporary(folder: string): string {
  const path = join(folder, 'tmp')
  mkdirSync(path, { recursive: true })
  return path
}

/** Run by the server at every start, one statement a line; the binary log does not see it. */
const ACCOUNT = `SET sql_log_bin = 0;
GRANT ALL ON *.* TO '${USER}'@'127.0.0.1' IDENTIFIED BY '${PASSWORD}' WITH GRANT OPTION;
`

function optionFile(folder: string, options: ServerOptions): string {
  const quick = {
    innodb_flush_log_at_trx_commit: '0',
    sync_binlog: '0',
    skip_innodb_doublewrite: ''
  }
  const settings: Record<string, string> = {
    datadir: join(folder, 'data'),
    socket: join(folder, 'socket'),
    pid_file: join(folder, 'pid'),
    init_file: join(folder, 'account.sql'),
    tmpdir: temporary(folder),
    bind_address: '127.0.0.1',
    skip_name_resolve: 'ON',
    server_id: '1',
    log_bin: join(folder, 'data', 'binlog'),
    binlog_format: 'ROW',
    binlog_row_image: 'FULL',
    binlog_row_metadata: 'FULL',
    gtid_strict_mode: 'ON',
    character_set_server: 'utf8mb4',
    collation_server: 'utf8mb4_general_ci',
    default_time_zone: '+00:00',
    max_connections: '300',
    innodb_buffer_pool_size: '128M',
    innodb_log_file_size: '64M',
    ...(options.durable ? { sync_binlog: '1' } : quick),
    ...options.settings
  }
  const lines = Object.entries(settings).map(([key, value]) => (value ? `${key}=${value}` : key))
  return `[mariadbd]\n${lines.join('\n')}\n`
}
