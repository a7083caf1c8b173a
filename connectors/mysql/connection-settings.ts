import type { ConnectionSettings, SslMode } from './client-options.ts'
import type { SourceConfig } from './source-config.ts'

/** MariaDB's words for the same. */
const SSL_MODES: Readonly<Record<SourceConfig['database.ssl.mode'], SslMode>> = {
  disabled: 'disabled',
  preferred: 'preferred',
  required: 'required',
  verify_ca: 'verify_ca',
  verify_identity: 'verify_identity',
  disable: 'disabled',
  trust: 'required',
  'verify-ca': 'verify_ca',
  'verify-full': 'verify_identity'
}

/** Silence after which TCP looks whether the other end is there. */
const KEEP_ALIVE_MS = 30_000

/** Where the task connects to, from the connector's keys. */
export function connectionSettings(
  config: SourceConfig,
  context: { readonly connector: string; readonly task: number }
): ConnectionSettings {
  return {
    host: config['database.hostname'],
    port: config['database.port'],
    user: config['database.user'],
    password: config['database.password'],
    sslMode: SSL_MODES[config['database.ssl.mode']],
    sslTrustStore: config['database.ssl.truststore'],
    sslKeyStore: config['database.ssl.keystore'],
    sslKeyPassword: config['database.ssl.keystore.password'],
    connectTimeoutMs: config['connect.timeout.ms'],
    keepAliveMs: config['connect.keep.alive'] ? KEEP_ALIVE_MS : 0,
    queryTimeoutMs: config['database.query.timeout.ms'],
    initialStatements: statementsOf(config['database.initial.statements']),
    applicationName: `millrace ${context.connector}-${context.task}`
  }
}

/**
 * The statements of `database.initial.statements`.
 * @param text has semicolons between them; two stand for one inside a statement
 */
export function statementsOf(text: string | null): string[] {
  const parts = (text ?? '').replaceAll(';;', '\0').split(';')
  const statements = parts.map((part) => part.replaceAll('\0', ';').trim())
  return statements.filter((statement) => statement !== '')
}
