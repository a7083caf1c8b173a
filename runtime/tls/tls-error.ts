import { ConnectError } from '../api/errors.ts'

/** Keys and values as in a properties file. Those of TLS begin with `ssl.`. */
export type TlsConfig = Readonly<Record<string, string>>

export function invalidTls(message: string, hint: string, cause?: unknown): ConnectError {
  return new ConnectError('INVALID_TLS_CONFIG', message, { hint, cause })
}
