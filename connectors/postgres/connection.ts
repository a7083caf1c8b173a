import { readFileSync } from 'node:fs'
import { Client, type ClientConfig } from 'pg'
import { ConnectError } from '../../runtime/api/errors.ts'
import { type ErrorContext, explain } from './errors.ts'

/** How to reach a database; the same for the source's queries and its replication. */
export interface ConnectionSettings {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string | null
  readonly database: string
  readonly sslMode: string
  readonly sslRootCert: string | null
  readonly sslCert: string | null
  readonly sslKey: string | null
  readonly sslPassword: string | null
  readonly tcpKeepAlive: boolean
  /** Shown in pg_stat_activity. */
  readonly applicationName: string
  /** A statement to run after connecting, or null. */
  readonly initialStatements: string | null
  /** Longest time that a query may take where a limit is asked for, in milliseconds; 0 is for ever. */
  readonly queryTimeoutMs: number
}

export interface ConnectOptions {
  readonly signal?: AbortSignal
  /** A connection for replication commands. */
  readonly replication?: boolean
  /** Sends queries without waiting for the answers to earlier ones. */
  readonly pipeline?: boolean
  /** Gives up on queries that take longer than the settings say. */
  readonly limited?: boolean
}

/** A row of a query: every value as PostgreSQL's text, or null. */
export type TextRow = readonly (string | null)[]

/** Runs one statement. */
export type RunQuery = (sql: string, params?: readonly (string | null)[]) => Promise<TextRow[]>

/** One text form of every value, whatever the server, the database or the role prefer. */
const SESSION = [
  'datestyle=ISO',
  'intervalstyle=postgres',
  'timezone=UTC',
  'extra_float_digits=3',
  'bytea_output=hex',
  'lc_monetary=C'
]

const asText = { getTypeParser: () => (value: string | Buffer) => value }

/** Facts about the settings that may be shown to a person. */
export function contextOf(settings: ConnectionSettings): ErrorContext {
  return {
    host: settings.host,
    port: settings.port,
    user: settings.user,
    database: settings.database
  }
}

/**
 * Opens a connection. All values arrive as text: types are the codec's business.
 * @throws {ConnectError} that names host and user and says what to do
 */
export async function connect(
  settings: ConnectionSettings,
  options: ConnectOptions = {}
): Promise<Client> {
  if (settings.sslMode !== 'prefer' && settings.sslMode !== 'allow') {
    return await open(settings, settings.sslMode !== 'disable', options)
  }
  try {
    return await open(settings, settings.sslMode === 'prefer', options)
  } catch (error) {
    const code = error instanceof ConnectError ? error.code : ''
    const other = settings.sslMode === 'prefer' ? 'POSTGRES_TLS' : 'POSTGRES_AUTHENTICATION'
    if (code !== other) throw error
    return await open(settings, settings.sslMode !== 'prefer', options)
  }
}

async function open(
  settings: ConnectionSettings,
  tls: boolean,
  options: ConnectOptions
): Promise<Client> {
  options.signal?.throwIfAborted()
  const client = new Client({
    host: settings.host,
    port: settings.port,
    user: settings.user,
    database: settings.database,
    // An empty password, so that none is looked for in the environment or in ~/.pgpass.
    password: settings.password ?? '',
    ssl: tls ? tlsOptions(settings) : false,
    keepAlive: settings.tcpKeepAlive,
    keepAliveInitialDelayMillis: 30_000,
    application_name: settings.applicationName,
    connectionTimeoutMillis: 30_000,
    types: asText,
    options: SESSION.map((setting) => `-c ${setting}`).join(' '),
    ...(options.limited && settings.queryTimeoutMs > 0
      ? { query_timeout: settings.queryTimeoutMs }
      : {}),
    ...(options.pipeline ? { pipeline: true } : {}),
    ...(options.replication ? { replication: 'database' } : {})
  } as ClientConfig)
  // Without a listener a lost connection would end the process; whoever waits is told by its query.
  client.on('error', () => {})
  const abort = () => destroy(client)
  options.signal?.addEventListener('abort', abort, { once: true })
  try {
    await client.connect()
    if (settings.initialStatements && !options.replication) {
      await client.query(settings.initialStatements)
    }
    return client
  } catch (error) {
    destroy(client)
    throw explain(error, contextOf(settings))
  } finally {
    options.signal?.removeEventListener('abort', abort)
  }
}

function tlsOptions(settings: ConnectionSettings): Record<string, unknown> {
  const verify = settings.sslMode === 'verify-ca' || settings.sslMode === 'verify-full'
  return {
    rejectUnauthorized: verify,
    ...(settings.sslRootCert ? { ca: read(settings.sslRootCert, 'database.sslrootcert') } : {}),
    ...(settings.sslCert ? { cert: read(settings.sslCert, 'database.sslcert') } : {}),
    ...(settings.sslKey ? { key: read(settings.sslKey, 'database.sslkey') } : {}),
    ...(settings.sslPassword ? { passphrase: settings.sslPassword } : {}),
    ...(settings.sslMode === 'verify-ca' ? { checkServerIdentity: () => undefined } : {})
  }
}

function read(path: string, key: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new ConnectError('POSTGRES_TLS_FILE', `${key}: cannot read '${path}'`, {
      cause: error,
      hint: `Correct ${key}, or give the worker's user the right to read the file`
    })
  }
}

/** The statements of one connection, with errors explained. */
export function queryOn(client: Client, context: ErrorContext = {}): RunQuery {
  return async (sql, params) => {
    try {
      const result = await client.query<(string | null)[]>({
        text: sql,
        rowMode: 'array',
        ...(params ? { values: [...params] } : {})
      })
      return result.rows ?? []
    } catch (error) {
      throw explain(error, context)
    }
  }
}

/** Closes without waiting for what the connection is doing. */
export function destroy(client: Client): void {
  const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } })
    .connection
  void client.end().catch(() => {})
  stream.destroy()
}
