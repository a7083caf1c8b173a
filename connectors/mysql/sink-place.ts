import type { ConnectionSettings, SslMode } from './connection.ts'
import type { SinkConfig } from './sink-config.ts'

/** Where to write to. */
export interface SinkPlace {
  readonly connection: ConnectionSettings
  readonly database: string
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
