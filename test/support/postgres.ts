import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { DatabaseServer, type Row, type ServerOptions } from './database-server.ts'
import { GuardedProcess } from './guarded-process.ts'
import {
  type PostgresBinaries,
  type PostgresVersion,
  postgresBinaries
} from './postgres-binaries.ts'

export interface PostgresOptions extends ServerOptions {
  /** The major version; 15 is what the golden captures were made with. Default 18. */
  readonly version?: PostgresVersion
}

const USER = 'postgres'
const PASSWORD = 'pg-secret'

/**
 * Starts a real PostgreSQL on 127.0.0.1 with logical WAL and room for many slots.
 *
 * @throws Error with the server's own output when it does not start.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const binaries = postgresBinaries(options.version ?? '18')
  const folder = options.dataDir ?? mkdtempSync(join(tmpdir(), 'millrace-pg-'))
  if (!existsSync(join(folder, 'PG_VERSION'))) initialise(binaries, folder)
  writeFileSync(join(folder, 'postgresql.auto.conf'), settingsFile(options))
  const server = new PostgresServer(binaries, folder, options)
  await server.start()
  return server
}

let shared: Promise<PostgresServer> | undefined

/** One server for all suites of this process; it goes when the process ends. */
export function sharedPostgres(): Promise<PostgresServer> {
  shared ??= startPostgres()
  return shared
}

export class PostgresServer extends DatabaseServer<pg.Pool> {
  readonly user = USER
  readonly password = PASSWORD
  protected override readonly signals = { stop: 'SIGINT', crash: 'SIGQUIT' } as const
  readonly #binaries: PostgresBinaries

  constructor(binaries: PostgresBinaries, folder: string, options: PostgresOptions) {
    super(folder, options)
    this.#binaries = binaries
  }

  url(database = 'postgres'): string {
    return `postgres://${this.user}:${this.password}@${this.host}:${this.port}/${database}`
  }

  /** Connection facts as `pg.Client` takes them. */
  connection(database = 'postgres') {
    const { host, port, user, password } = this
    return { host, port, user, password, database }
  }

  /** A connection of one's own, for transactions; the caller ends it. */
  async connect(database: string): Promise<pg.Client> {
    const client = new pg.Client(this.connection(database))
    // A server that stops first ends the connection: whoever queries it then is told.
    client.on('error', () => undefined)
    await client.connect()
    return client
  }

  /** Runs one statement (or several without parameters) and returns the rows of the last one. */
  async query<T = Row>(
    sql: string,
    params?: readonly unknown[],
    database = 'postgres'
  ): Promise<T[]> {
    const result: unknown = await this.pool(database).query(sql, params && [...params])
    const last = (Array.isArray(result) ? result.at(-1) : result) as { rows?: T[] } | undefined
    return last?.rows ?? []
  }

  /** Creates a database; without a name, one that nobody else has. Returns its name. */
  async createDatabase(name = this.newName()): Promise<string> {
    await this.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`)
    return name
  }

  protected override launch(): GuardedProcess {
    return new GuardedProcess({
      command: this.#binaries.postgres,
      args: ['-D', this.folder, '-p', String(this.port)],
      spawn: { ...this.#binaries.user, cwd: this.folder },
      readyWhen: /ready to accept connections/,
      lastSignal: 'SIGQUIT',
      ...(this.keeps ? {} : { folder: this.folder })
    })
  }

  protected override openPool(database: string): pg.Pool {
    const config = { ...this.connection(database), max: 4, allowExitOnIdle: true }
    const pool = new pg.Pool(config)
    // The server goes down on purpose in many tests: an idle connection that breaks is no error.
    pool.on('error', () => {})
    return pool
  }
}

function initialise(binaries: PostgresBinaries, folder: string): void {
  const passwordFile = join(mkdtempSync(join(tmpdir(), 'millrace-pw-')), 'password')
  writeFileSync(passwordFile, `${PASSWORD}\n`)
  const { user } = binaries
  if (user) {
    chownSync(folder, user.uid, user.gid)
    chownSync(join(passwordFile, '..'), user.uid, user.gid)
    chownSync(passwordFile, user.uid, user.gid)
  }
  const args = [
    `--pgdata=${folder}`,
    `--username=${USER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync'
  ]
  const run = spawnSync(binaries.initdb, args, { ...user, cwd: folder, encoding: 'utf8' })
  rmSync(join(passwordFile, '..'), { recursive: true, force: true })
  if (run.status !== 0) throw new Error(`initdb failed: ${run.error ?? run.stderr}`)
}

function settingsFile(options: PostgresOptions): string {
  const quick = options.durable ? {} : { fsync: 'off', full_page_writes: 'off' }
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    wal_level: 'logical',
    max_replication_slots: '50',
    max_wal_senders: '50',
    max_connections: '150',
    TimeZone: 'UTC',
    log_timezone: 'UTC',
    shared_buffers: '128MB',
    max_wal_size: '2GB',
    ...quick,
    ...options.settings
  }
  return Object.entries(settings)
    .map(([key, value]) => `${key} = '${value.replaceAll("'", "''")}'\n`)
    .join('')
}
