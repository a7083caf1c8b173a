import {
  type ConnectionOptions,
  createSecureContext,
  getCiphers,
  type SecureContextOptions,
  type SecureVersion
} from 'node:tls'
import type { RawConfig } from '../api/config.ts'
import { readKeyStores } from '../tls/key-stores.ts'
import { invalidTls } from '../tls/tls-error.ts'

/** Whether callers show a certificate: not asked, asked but free to have none, or a must. */
export type ClientAuth = 'none' | 'requested' | 'required'

export interface ServerTls {
  readonly context: SecureContextOptions
  readonly clientAuth: ClientAuth
}

const VERSIONS: readonly SecureVersion[] = ['TLSv1.2', 'TLSv1.3']
const CLIENT_AUTH: readonly ClientAuth[] = ['none', 'requested', 'required']

/**
 * The `ssl.` keys of a listener. As in Kafka Connect it is all or nothing: with any key under the
 * prefix, none without it counts.
 *
 * @param prefix such as `listeners.https.`
 */
export function tlsConfigOf(raw: RawConfig, prefix: string): { config: RawConfig; prefix: string } {
  const entries = Object.entries(raw)
  const own = entries
    .filter(([key]) => key.startsWith(`${prefix}ssl.`))
    .map(([key, value]) => [key.slice(prefix.length), value] as const)
  if (own.length > 0) return { config: Object.fromEntries(own), prefix }
  const shared = entries.filter(([key]) => key.startsWith('ssl.'))
  return { config: Object.fromEntries(shared), prefix: '' }
}

/**
 * Reads what a listener with https needs.
 *
 * @throws {ConnectError} INVALID_TLS_CONFIG naming the key and the remedy
 */
export async function readServerTls(raw: RawConfig, keyPrefix: string): Promise<ServerTls> {
  const { config, prefix } = tlsConfigOf(raw, keyPrefix)
  const stores = await readKeyStores(config, prefix)
  if (stores.pfx === undefined && stores.cert === undefined) {
    throw invalidTls(
      'a listener is https, but there is no certificate for it',
      `set ${keyPrefix}ssl.keystore.location to a PEM or PKCS12 file with key and certificate`
    )
  }
  const auth = config['ssl.client.auth']?.trim().toLowerCase() ?? 'none'
  const clientAuth = CLIENT_AUTH.find((known) => known === auth)
  if (clientAuth === undefined) {
    throw invalidTls(`${prefix}ssl.client.auth is ${auth}`, `use one of ${CLIENT_AUTH.join(', ')}`)
  }
  if (clientAuth !== 'none' && stores.ca === undefined) {
    throw invalidTls(
      `${prefix}ssl.client.auth is ${auth}, but nothing says which certificates are trusted`,
      `set ${prefix}ssl.truststore.location or ${prefix}ssl.truststore.certificates`
    )
  }
  const context = { ...stores, ...readVersions(config, prefix), ...readCiphers(config, prefix) }
  checkContext(context, prefix)
  return { context, clientAuth }
}

/**
 * How a worker reaches the https listeners of others: with the keys of its own, as Kafka Connect's
 * workers do. It trusts what the trust store holds, or without one what the machine trusts.
 *
 * @throws {ConnectError} INVALID_TLS_CONFIG naming the key and the remedy
 */
export async function readForwardTls(
  raw: RawConfig
): Promise<SecureContextOptions & Pick<ConnectionOptions, 'checkServerIdentity'>> {
  const { config, prefix } = tlsConfigOf(raw, 'listeners.https.')
  const checked = (config['ssl.endpoint.identification.algorithm'] ?? 'https') !== ''
  const context = { ...(await readKeyStores(config, prefix)), ...readVersions(config, prefix) }
  checkContext(context, prefix)
  return { ...context, ...(!checked && { checkServerIdentity: () => undefined }) }
}

function readVersions(config: RawConfig, prefix: string): SecureContextOptions {
  const text = config['ssl.enabled.protocols'] ?? VERSIONS.join(',')
  const wanted = text.split(',').flatMap((name) => name.trim() || [])
  const enabled = VERSIONS.filter((version) => wanted.includes(version))
  const [lowest] = enabled
  const highest = enabled.at(-1)
  const unknown = wanted.find((name) => !VERSIONS.some((version) => version === name))
  if (unknown !== undefined || lowest === undefined || highest === undefined) {
    throw invalidTls(
      `${prefix}ssl.enabled.protocols is ${text}`,
      `use ${VERSIONS.join(' or ')}, or both; older versions are not safe`
    )
  }
  return { minVersion: lowest, maxVersion: highest }
}

/** Java's names of ciphers, such as `TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384`, or those of OpenSSL. */
function readCiphers(config: RawConfig, prefix: string): SecureContextOptions {
  const names = (config['ssl.cipher.suites'] ?? '').split(',').flatMap((name) => name.trim() || [])
  if (names.length === 0) return {}
  const known = new Set(getCiphers().map((name) => name.toUpperCase()))
  const ciphers = names.map((name) => {
    const own = name.includes('_WITH_')
      ? name
          .replace(/^TLS_/, '')
          .replace('_WITH_', '-')
          .replace(/AES_(?=\d)/, 'AES')
          .replaceAll('_', '-')
      : name
    if (known.has(own.toUpperCase())) return own
    throw invalidTls(
      `${prefix}ssl.cipher.suites has ${name}, which is not known here`,
      'remove it, or remove the key: the defaults are safe'
    )
  })
  return { ciphers: ciphers.join(':') }
}

/** Reads the certificates as a connection would, so that a wrong password is found at the start. */
function checkContext(context: SecureContextOptions, prefix: string): void {
  try {
    createSecureContext(context)
  } catch (cause) {
    throw invalidTls(
      `${prefix}ssl.keystore. does not give a key with its certificate: ${reasonOf(cause)}`,
      'check the password, that the key belongs to the certificate, and that neither is encrypted' +
        ' in an old way: make the file anew with keytool of Java 17 or openssl 3',
      cause
    )
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
