import { isUrlOf, targetAddress } from '../relational/sink-address.ts'
import type { ConnectionSettings, SslMode } from './client-options.ts'
import type { SinkConfig } from './sink-config.ts'

const FORM = { product: 'MySQL and MariaDB', schemes: ['mysql', 'mariadb'], port: 3306 } as const

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

/** Where to connect to. @throws {Error} as {@link targetAddress} */
export function sinkPlace(config: SinkConfig, applicationName: string): SinkPlace {
  const { database, parameters, ...login } = targetAddress(config, FORM)
  return {
    database,
    connection: {
      ...login,
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

/** Whether a URL is one of MySQL or MariaDB. */
export function isOwnUrl(url: string | undefined): boolean {
  return isUrlOf(FORM, url)
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
