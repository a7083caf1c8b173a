import type { Client } from 'pg'
import { ConnectError } from '../../runtime/api/errors.ts'
import { withSinkKeys } from '../relational/explanation.ts'
import { type ConnectionSettings, connect, type RunQuery } from './connection.ts'
import type { SinkConfig } from './sink-config.ts'

/**
 * Where to connect to, from `connection.url` or the single keys. The keys win over parameters of
 * the URL, but for host, port and database.
 *
 * @throws {Error} whose message says what is wrong with which key, and never shows a password
 */
export function sinkConnection(config: SinkConfig, applicationName: string): ConnectionSettings {
  const url = config['connection.url']
  const parts = url === null ? noUrl(config) : parseUrl(url)
  const { host, port, database, parameters } = parts
  const user = config['connection.username'] ?? parts.user
  if (user === null) throw new Error('connection.username is missing')
  const sslMode = parameters.get('sslmode') ?? (parameters.get('ssl') === 'true' ? 'require' : null)
  const schema = parameters.get('currentSchema')
  return {
    host,
    port,
    user,
    password: config['connection.password'] ?? parts.password,
    database,
    sslMode: sslMode ?? config['connection.sslmode'],
    sslRootCert: config['connection.sslrootcert'] ?? parameters.get('sslrootcert'),
    sslCert: config['connection.sslcert'] ?? parameters.get('sslcert'),
    sslKey: config['connection.sslkey'] ?? parameters.get('sslkey'),
    sslPassword: config['connection.sslpassword'] ?? parameters.get('sslpassword'),
    tcpKeepAlive: true,
    applicationName,
    initialStatements: initialStatements(schema),
    queryTimeoutMs: 0
  }
}

/** Text goes both ways as UTF-8 with standard strings, and times without surprises. */
function initialStatements(schema: string | null): string {
  const path = schema?.split(',').map((name) => `"${name.trim().replaceAll('"', '""')}"`)
  const setPath = path ? `; SET search_path TO ${path.join(', ')}` : ''
  return `SET TimeZone TO 'UTC'; SET DateStyle TO 'ISO, YMD'; SET IntervalStyle TO 'postgres'${setPath}`
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

const OTHER_DATABASES = /^jdbc:(?!postgresql)([a-z0-9]+)/i

function parseUrl(given: string): UrlParts {
  const other = OTHER_DATABASES.exec(given)?.[1]
  if (other) {
    throw new Error(
      `connection.url is for ${other}, and this sink writes to PostgreSQL only; \`millrace plugins list\` shows the sinks there are`
    )
  }
  const plain = given.replace(/^jdbc:/i, '')
  if (!/^postgres(ql)?:\/\//i.test(plain) || !URL.canParse(plain)) {
    throw new Error('connection.url must look like postgresql://host:port/database')
  }
  const url = new URL(plain)
  const database = decodeURIComponent(url.pathname.slice(1))
  if (url.hostname === '' || database === '') {
    throw new Error(
      'connection.url must name a host and a database, as postgresql://host:port/database'
    )
  }
  const text = (value: string) => (value === '' ? null : decodeURIComponent(value))
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 5432 : Number(url.port),
    database,
    user: text(url.username) ?? url.searchParams.get('user'),
    password: text(url.password) ?? url.searchParams.get('password'),
    parameters: url.searchParams
  }
}

const SINK_KEYS: readonly (readonly [source: RegExp, sink: string])[] = [
  [/database\.hostname and database\.port/g, 'connection.url'],
  [/database\.user\b/g, 'connection.username'],
  [/database\.dbname/g, 'the database in connection.url'],
  [/database\.(password|ssl\w+)/g, 'connection.$1']
]

/**
 * Opens the sink's connection; statements can be sent on it without waiting for answers.
 *
 * @throws {ConnectError} that names the sink's keys
 */
export async function connectSink(
  settings: ConnectionSettings,
  signal: AbortSignal
): Promise<Client> {
  try {
    return await connect(settings, { signal, pipeline: true })
  } catch (error) {
    throw error instanceof ConnectError ? withSinkKeys(error, SINK_KEYS) : error
  }
}

/** Statements of the connection, with the errors of `pg` as they are: their SQLSTATE decides what to do. */
export function statementsOn(client: Client): RunQuery {
  return async (text, values) => {
    const query = { text, values: [...(values ?? [])], rowMode: 'array' as const }
    const { rows } = await client.query<(string | null)[]>(query)
    return rows
  }
}
