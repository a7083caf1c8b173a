import { ConnectError, RetriableError } from '../../runtime/api/errors.ts'
import {
  type ConnectionSettings,
  connect,
  type MysqlConnection,
  type SslMode,
  type TextRow
} from './connection.ts'
import { errorNumber, quoteName } from './errors.ts'
import type { SinkConfig } from './sink-config.ts'
import type { Flavor } from './types/column-codec.ts'

/** Where to write to. */
export interface SinkPlace {
  readonly connection: ConnectionSettings
  readonly database: string
}

/** What decides how a server is written to. */
export interface ServerFacts {
  readonly flavor: Flavor
  /** Whether it has the type UUID (MariaDB 10.7). */
  readonly hasUuid: boolean
  /** A collation of utf8mb4 that takes no two texts for the same. */
  readonly exactCollation: string
  /** Most bytes of a statement (`max_allowed_packet`). */
  readonly mostBytes: number
  /** Whether LOAD DATA LOCAL is allowed (`local_infile`). */
  readonly loadsLocal: boolean
  /** The engines whose tables a rollback restores. */
  readonly transactionalEngines: ReadonlySet<string>
}

/**
 * What sinks rely on. Strict: what does not fit is an error. A division by zero is one, too, by which a statement
 * can refuse (`guard` in sink-statements.ts). 0 is a value for AUTO_INCREMENT columns like any other. Text has
 * backslashes before quotes, and times are in UTC.
 */
const SESSION = [
  'SET NAMES utf8mb4',
  `SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION', SESSION time_zone = '+00:00', SESSION autocommit = 1, SESSION sql_safe_updates = 0`
]

/**
 * Where to connect to, from `connection.url` or the single keys. The keys win over parameters of the
 * URL, but for host, port and database.
 *
 * @throws {Error} whose message says what is wrong with which key, and never shows a password
 */
export function sinkPlace(config: SinkConfig, applicationName: string): SinkPlace {
  const url = config['connection.url']
  const {
    host,
    port,
    database,
    user: ofUrl,
    password,
    parameters
  } = url === null ? noUrl(config) : parseUrl(url)
  const user = config['connection.username'] ?? ofUrl
  if (user === null) throw new Error('connection.username is missing')
  return {
    database,
    connection: {
      host,
      port,
      user,
      password: config['connection.password'] ?? password,
      sslMode: sslMode(parameters) ?? config['connection.ssl.mode'],
      sslTrustStore: config['connection.ssl.truststore'] ?? parameters.get('serverSslCert'),
      sslKeyStore: config['connection.ssl.keystore'],
      sslKeyPassword: config['connection.ssl.keystore.password'],
      connectTimeoutMs: 30_000,
      keepAliveMs: 30_000,
      queryTimeoutMs: 0,
      initialStatements: SESSION,
      applicationName
    }
  }
}

interface UrlParts {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string | null
  readonly password: string | null
  readonly parameters: URLSearchParams
}

function noUrl(config: SinkConfig): UrlParts {
  const host = config['connection.host']
  const database = config['connection.dbname']
  if (host === null || database === null) {
    throw new Error('connection.url is missing, or else connection.host and connection.dbname')
  }
  const port = config['connection.port']
  return { host, port, database, user: null, password: null, parameters: new URLSearchParams() }
}

/** The beginning of a URL of MySQL or MariaDB. */
const OWN_URL = /^(?:jdbc:)?(?:mysql|mariadb):/i

export function isOwnUrl(url: string | undefined): boolean {
  return OWN_URL.test(url ?? '')
}

function parseUrl(given: string): UrlParts {
  const other = /^(?:jdbc:)?([a-z0-9]+):/i.exec(given)?.[1]
  if (other && !isOwnUrl(given)) {
    throw new Error(
      `connection.url is for ${other}, and this sink writes to MySQL and MariaDB only; \`millrace plugins list\` shows the sinks there are`
    )
  }
  const plain = given.replace(/^jdbc:/i, '')
  if (!/^(mysql|mariadb):\/\//i.test(plain) || !URL.canParse(plain)) {
    throw new Error('connection.url must look like mysql://host:port/database')
  }
  const url = new URL(plain)
  const database = decodeURIComponent(url.pathname.slice(1))
  if (url.hostname === '' || database === '') {
    throw new Error('connection.url must name a host and a database, as mysql://host:port/database')
  }
  const text = (value: string) => (value === '' ? null : decodeURIComponent(value))
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 3306 : Number(url.port),
    database,
    user: text(url.username) ?? url.searchParams.get('user'),
    password: text(url.password) ?? url.searchParams.get('password'),
    parameters: url.searchParams
  }
}

/** By what Connector/J and MariaDB's connector call them. */
const SSL_MODES: Readonly<Record<string, SslMode>> = {
  disabled: 'disabled',
  disable: 'disabled',
  preferred: 'preferred',
  required: 'required',
  trust: 'required',
  verify_ca: 'verify_ca',
  verify_identity: 'verify_identity',
  verify_full: 'verify_identity'
}

function sslMode(parameters: URLSearchParams): SslMode | undefined {
  const given = parameters.get('sslMode')
  if (given !== null) {
    const mode = SSL_MODES[given.toLowerCase().replace('-', '_')]
    if (mode) return mode
    throw new Error(`connection.url has an unknown sslMode '${given}'`)
  }
  const use = parameters.get('useSSL') ?? parameters.get('useSsl')
  if (use === 'false') return 'disabled'
  if (use !== 'true') return undefined
  return parameters.get('verifyServerCertificate') === 'true' ? 'verify_ca' : 'required'
}

const SINK_KEYS: readonly (readonly [source: RegExp, sink: string])[] = [
  [/database\.hostname and database\.port/g, 'connection.url'],
  [/database\.hostname/g, 'connection.url'],
  [/database\.user\b/g, 'connection.username'],
  [/database\.(password|ssl\.[a-z.]+[a-z])/g, 'connection.$1']
]

/**
 * Opens the sink's connection.
 *
 * @throws {ConnectError} that names the sink's keys
 */
export async function connectSink(
  { connection: settings, database }: SinkPlace,
  signal: AbortSignal
): Promise<SinkConnection> {
  try {
    const connection = await connect(settings, { signal, writes: true })
    try {
      const opened = new SinkConnection(connection)
      await opened.run(`USE ${quoteName(database)}`)
      await opened.learn()
      return opened
    } catch (error) {
      connection.destroy()
      if (errorNumber(error) !== NO_DATABASE) throw error
      throw new ConnectError('SINK_NO_SCHEMA', `The target has no database ${database}`, {
        cause: error,
        hint: `CREATE DATABASE ${quoteName(database)} CHARACTER SET utf8mb4`
      })
    }
  } catch (error) {
    throw error instanceof ConnectError ? ofSink(error) : error
  }
}

const NO_DATABASE = 1049

/** An error of the connection that both have, with the keys that a sink has. */
export function ofSink(error: ConnectError): ConnectError {
  const own = (text: string) =>
    SINK_KEYS.reduce((result, [key, name]) => result.replace(key, name), text)
  const { code, hint } = error
  if (!code.startsWith('MYSQL_')) return error
  const options = { cause: error.cause, ...(hint === undefined ? {} : { hint: own(hint) }) }
  return error.retriable
    ? new RetriableError(code, own(error.message), options)
    : new ConnectError(code, own(error.message), options)
}

/** What came of a statement. */
export interface Outcome {
  readonly rows: readonly TextRow[]
  /** The rows that it found, changed or not. */
  readonly affected: number
  readonly warnings: number
}

interface Header {
  readonly affectedRows?: number
  readonly warningStatus?: number
}

/** A connection of a sink, with the errors of `mysql2` as they are: their number decides what to do. */
export class SinkConnection {
  readonly #connection: MysqlConnection
  #facts: ServerFacts | null = null
  #fail: ((error: unknown) => void) | null = null

  constructor(connection: MysqlConnection) {
    this.#connection = connection
    connection.onLost((error) => this.#fail?.(error))
  }

  get facts(): ServerFacts {
    if (this.#facts) return this.#facts
    throw new TypeError('The server was not looked at')
  }

  /** Looks at the server, and has its transactions see what others have committed, where it can. */
  async learn(): Promise<void> {
    const { rows } = await this.run(
      'SELECT VERSION(), @@max_allowed_packet, @@local_infile, @@log_bin, @@binlog_format'
    )
    const [version = '', mostBytes, loadsLocal, logs, logFormat] =
      rows[0]?.map((value) => value ?? '') ?? []
    const engines = await this.run(
      "SELECT ENGINE FROM information_schema.ENGINES WHERE TRANSACTIONS = 'YES'"
    )
    this.#facts = {
      ...versionFacts(version),
      mostBytes: Number(mostBytes),
      loadsLocal: loadsLocal === '1',
      transactionalEngines: new Set(engines.rows.map(([engine]) => engine ?? ''))
    }
    // A binary log of statements takes no others.
    if (logs === '1' && logFormat === 'STATEMENT') return
    await this.run('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED')
  }

  /**
   * Runs one statement.
   *
   * @param data what the server gets when it asks for the file of LOAD DATA LOCAL
   */
  async run(sql: string, data?: () => NodeJS.ReadableStream): Promise<Outcome> {
    const [outcome] = await this.runAll(sql, data)
    return outcome ?? { rows: [], affected: 0, warnings: 0 }
  }

  /** Runs statements that are one text; what follows a failed one is not run. */
  async runAll(sql: string, data?: () => NodeJS.ReadableStream): Promise<Outcome[]> {
    if (this.#connection.lost) throw this.#connection.lost
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#fail = reject
    try {
      const options = { sql, ...(data ? { infileStreamFactory: data } : {}) }
      this.#connection.client.query(options as { sql: string }, (error, result) => {
        if (error) reject(error)
        else resolve(result)
      })
      return outcomes(await promise)
    } finally {
      this.#fail = null
    }
  }

  get lost(): boolean {
    return this.#connection.lost !== undefined
  }

  onLost(then: () => void): void {
    this.#connection.onLost(then)
  }

  destroy(): void {
    this.#connection.destroy()
  }
}

function versionFacts(version: string): Pick<ServerFacts, 'flavor' | 'hasUuid' | 'exactCollation'> {
  const flavor: Flavor = /mariadb/i.test(version) ? 'mariadb' : 'mysql'
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  return {
    flavor,
    hasUuid: flavor === 'mariadb' && (major > 10 || (major === 10 && minor >= 7)),
    exactCollation: flavor === 'mariadb' ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin'
  }
}

/** One header for a statement without rows, rows for one with, a list of these for several. */
function outcomes(result: unknown): Outcome[] {
  if (!Array.isArray(result)) return [outcomeOf(result)]
  const isSeveral = result.some((part) => !Array.isArray(part))
  return isSeveral ? result.map(outcomeOf) : [outcomeOf(result)]
}

function outcomeOf(result: unknown): Outcome {
  if (Array.isArray(result)) {
    const rows = (result as (Buffer | null)[][]).map((row) =>
      row.map((value) => value?.toString('utf8') ?? null)
    )
    return { rows, affected: 0, warnings: 0 }
  }
  const { affectedRows = 0, warningStatus = 0 } = result as Header
  return { rows: [], affected: affectedRows, warnings: warningStatus }
}
