import { readFile } from 'node:fs/promises'
import type { SecureContextOptions } from 'node:tls'
import { asPem } from './pem.ts'
import { isPkcs12, trustedCertificates } from './pkcs12.ts'
import { invalidTls, type TlsConfig } from './tls-error.ts'

/**
 * Reads the stores that `ssl.*` names: the own key with its certificates, and what is trusted. They are
 * PEM, inline or in a file, or PKCS12 files. Java's own format cannot be read.
 *
 * @param prefix what the keys begin with before `ssl.`, for messages
 * @throws {ConnectError} INVALID_TLS_CONFIG, for JKS with the command that converts the file
 */
export async function readKeyStores(config: TlsConfig, prefix = ''): Promise<SecureContextOptions> {
  const trusted = await readTrusted(config, prefix)
  return { ...(trusted !== null && { ca: trusted }), ...(await readOwnKey(config, prefix)) }
}

async function readTrusted(config: TlsConfig, prefix: string): Promise<string | null> {
  const inline = config['ssl.truststore.certificates']
  if (inline !== undefined) return inlinePem(inline, `${prefix}ssl.truststore.certificates`)
  const location = config['ssl.truststore.location']
  if (location === undefined) return null
  const name = `${prefix}ssl.truststore.location`
  const bytes = await read(location, name)
  if (!isPkcs12(bytes)) return pemFile(bytes, { location, name })
  return trustedCertificates(bytes, {
    password: config['ssl.truststore.password'] ?? '',
    place: `${name} names ${location}`
  })
}

async function readOwnKey(config: TlsConfig, prefix: string): Promise<SecureContextOptions> {
  const password = config['ssl.key.password'] ?? config['ssl.keystore.password']
  const passphrase = password === undefined ? {} : { passphrase: password }
  const inline = config['ssl.keystore.certificate.chain']
  const location = config['ssl.keystore.location']
  const key = config['ssl.keystore.key']
  const ownKey = () => key && inlinePem(key, `${prefix}ssl.keystore.key`)
  if (inline !== undefined) {
    const chain = inlinePem(inline, `${prefix}ssl.keystore.certificate.chain`)
    return { cert: chain, key: ownKey() || chain, ...passphrase }
  }
  if (location === undefined) return {}
  const name = `${prefix}ssl.keystore.location`
  const bytes = await read(location, name)
  if (isPkcs12(bytes)) return { pfx: bytes, ...passphrase }
  const chain = pemFile(bytes, { location, name })
  return { cert: chain, key: ownKey() || chain, ...passphrase }
}

function inlinePem(text: string, name: string): string {
  const pem = asPem(text)
  if (pem !== '') return pem
  throw invalidTls(`${name} holds no PEM block`, 'paste the whole PEM text')
}

function pemFile(bytes: Buffer, { location, name }: { location: string; name: string }): string {
  const pem = asPem(bytes.toString('latin1'))
  if (pem !== '') return pem
  throw invalidTls(
    `${name} names ${location}, which is neither a PEM nor a PKCS12 file`,
    `convert it with: keytool -importkeystore -srckeystore ${location} -destkeystore store.p12` +
      ' -deststoretype PKCS12'
  )
}

async function read(location: string, name: string): Promise<Buffer> {
  try {
    return await readFile(location)
  } catch (cause) {
    throw invalidTls(
      `${name} names ${location}, which cannot be read`,
      'check the path and its permissions',
      cause
    )
  }
}
