import type { Client } from 'pg'
import { ConnectError } from '../../runtime/api/errors.ts'
import { withSinkKeys } from '../relational/explanation.ts'
import { targetAddress } from '../relational/sink-address.ts'
import { type ConnectionSettings, connect, type RunQuery } from './connection.ts'
import type { SinkConfig } from './sink-config.ts'

const FORM = { product: 'PostgreSQL', schemes: ['postgresql', 'postgres'], port: 5432 } as const

/** Where to connect to. @throws {Error} as {@link targetAddress} */
export function sinkConnection(config: SinkConfig, applicationName: string): ConnectionSettings {
  const { parameters, ...address } = targetAddress(config, FORM)
  const sslMode = parameters.get('sslmode') ?? (parameters.get('ssl') === 'true' ? 'require' : null)
  const schema = parameters.get('currentSchema')
  return {
    ...address,
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
