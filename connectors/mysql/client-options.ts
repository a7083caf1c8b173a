import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { createSecureContext } from 'node:tls'
import type { Connection, ConnectionOptions } from 'mysql2'
import { ConnectError } from '../../runtime/api/errors.ts'
import { ED25519_MESSAGE, signEd25519 } from './login-ed25519.ts'

/** Debezium's modes of `database.ssl.mode` for MySQL; those of MariaDB have equals here. */
export type SslMode = 'disabled' | 'preferred' | 'required' | 'verify_ca' | 'verify_identity'

/** How to reach a server; the same for queries and for the binary log. */
export interface ConnectionSettings {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string | null
  readonly sslMode: SslMode
  /** A PEM file with the certificates of the authorities to trust, or null for those that Node knows. */
  readonly sslTrustStore: string | null
  /** A PEM file with the client's private key and certificate, or null. */
  readonly sslKeyStore: string | null
  readonly sslKeyPassword: string | null
  readonly connectTimeoutMs: number
  /** How long a connection may be silent before TCP probes it, in milliseconds; 0 is never. */
  readonly keepAliveMs: number
  /** Longest time that a query may take, in milliseconds; 0 is for ever. Streamed results have no limit. */
  readonly queryTimeoutMs: number
  /** Statements to run after connecting. */
  readonly initialStatements: readonly string[]
  /** Shown in performance_schema.session_connect_attrs. */
  readonly applicationName: string
}

/** @throws {ConnectError} MYSQL_TLS_FILE */
export function clientOptions(
  settings: ConnectionSettings,
  tls: boolean,
  writes: boolean
): ConnectionOptions {
  return {
    host: settings.host,
    port: settings.port,
    user: settings.user,
    password: settings.password ?? '',
    charset: 'UTF8MB4_GENERAL_CI',
    ...(tls ? { ssl: tlsOptions(settings) } : {}),
    connectTimeout: settings.connectTimeoutMs,
    enableKeepAlive: settings.keepAliveMs > 0,
    keepAliveInitialDelay: settings.keepAliveMs,
    connectAttributes: { program_name: settings.applicationName },
    // IGNORE_SPACE changes what the server's parser takes; attributes change the layout of COM_QUERY.
    flags: [
      '-IGNORE_SPACE',
      '-ODBC',
      '-CLIENT_QUERY_ATTRIBUTES',
      ...(writes ? [] : ['-FOUND_ROWS', '-LOCAL_FILES'])
    ],
    multipleStatements: writes,
    authPlugins: { client_ed25519: () => (message) => signedBy(settings, message) },
    rowsAsArray: true,
    typeCast: false,
    trace: false
  }
}

function signedBy({ password }: ConnectionSettings, message: Buffer): Buffer {
  // Who has no password has nothing to sign with.
  if (password === null || password === '') return Buffer.alloc(0)
  return signEd25519(password, message.subarray(0, ED25519_MESSAGE))
}

function tlsOptions(settings: ConnectionSettings): NonNullable<ConnectionOptions['ssl']> {
  const verify = settings.sslMode === 'verify_ca' || settings.sslMode === 'verify_identity'
  const trusted = read(settings.sslTrustStore, 'database.ssl.truststore')
  const own = read(settings.sslKeyStore, 'database.ssl.keystore')
  const options = {
    ...(trusted ? { ca: trusted } : {}),
    ...(own ? { cert: own, key: own } : {}),
    ...(own && settings.sslKeyPassword ? { passphrase: settings.sslKeyPassword } : {})
  }
  try {
    createSecureContext(options)
  } catch (error) {
    throw new ConnectError('MYSQL_TLS_FILE', 'A key or certificate file cannot be used', {
      cause: error,
      hint: 'database.ssl.keystore and database.ssl.truststore take PEM files (keytool and openssl pkcs12 convert others); an encrypted key needs database.ssl.keystore.password'
    })
  }
  return {
    ...options,
    rejectUnauthorized: verify,
    verifyIdentity: settings.sslMode === 'verify_identity'
  }
}

function read(path: string | null, key: string): string | undefined {
  if (path === null) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new ConnectError('MYSQL_TLS_FILE', `${key}: cannot read '${path}'`, {
      cause: error,
      hint: `Correct ${key}, or give the worker's user the right to read the file`
    })
  }
}

/**
 * `mysql2` does not tell Node which address a certificate must be for, only which name. Node then takes the host of
 * the socket, which it does not know of an address, and after that `localhost`.
 */
export function nameHost(client: Connection, host: string): void {
  const { stream } = client as unknown as { stream: { _host?: string | null } }
  if (isIP(host)) stream._host = host
}
