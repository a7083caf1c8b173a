import { ConnectError } from '../api/errors.ts'

/** What the process ends with. The numbers are public: scripts depend on them. */
export const EXIT = {
  done: 0,
  /** The command failed, or its answer is no: `validate` found errors. */
  failed: 1,
  /** Wrong usage or configuration: trying again without a change is of no use. */
  usage: 2,
  /** Something outside is missing or out of reach: a broker, a database, disk space. */
  environment: 3
} as const

const USAGE: ReadonlySet<string> = new Set([
  'USAGE',
  'INVALID_CONFIG',
  'INVALID_KAFKA_CONFIG',
  'INVALID_TLS_CONFIG',
  'UNRESOLVED_REFERENCE',
  'BAD_CONFIG_PROVIDER',
  'UNKNOWN_PLUGIN',
  'INVALID_PLUGIN',
  'PLUGIN_FAILED',
  'BAD_PLUGIN_PATH',
  'UNKNOWN_TOPIC',
  'UNKNOWN_PARTITION',
  'UNKNOWN_CONNECTOR',
  'REQUEST_REFUSED',
  'NOT_A_WORKER'
])

const ENVIRONMENT: ReadonlySet<string> = new Set([
  'KAFKA_UNREACHABLE',
  'KAFKA_AUTHENTICATION',
  'KAFKA_AUTHORIZATION',
  'KAFKA_TLS',
  'DATA_DIR_NOT_WRITABLE',
  'DATA_DIR_ON_NETWORK',
  'DISK_FULL',
  'LISTENER_FAILED',
  'LOG_FAILED',
  'WORKER_TLS',
  'WORKER_UNAUTHORIZED'
])

/** The exit code for an error that ended a command. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof ConnectError)) return EXIT.failed
  if (USAGE.has(error.code)) return EXIT.usage
  return error.retriable || ENVIRONMENT.has(error.code) ? EXIT.environment : EXIT.failed
}

/** An error in how a command was called, for what commander cannot check by itself. */
export function usageError(message: string, hint?: string): ConnectError {
  return new ConnectError('USAGE', message, hint === undefined ? {} : { hint })
}
