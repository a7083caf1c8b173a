import { readFile } from 'node:fs/promises'
import type { ConnectionOptions } from 'node:tls'
import { invalidConfig, type KafkaConfig } from './kafka-config.ts'

const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g

/**
 * Reads `ssl.*`: certificates as PEM, inline or from a file, and a PKCS12 key store. Java's own key
 * store format cannot be read.
 *
 * @throws {ConnectError} INVALID_KAFKA_CONFIG with the command that converts the file
 */
export async function readTls(config: KafkaConfig): Promise<ConnectionOptions> {
  const trusted = await pemOf(config, 'ssl.truststore.certificates', 'ssl.truststore.location')
  const checked = (config['ssl.endpoint.identification.algorithm'] ?? 'https') !== ''
  return {
    ...(trusted && { ca: trusted }),
    ...(await readKey(config)),
    ...(!checked && { checkServerIdentity: () => undefined })
  }
}

async function readKey(config: KafkaConfig): Promise<ConnectionOptions> {
  const location = config['ssl.keystore.location']
  const password = config['ssl.key.password'] ?? config['ssl.keystore.password']
  const passphrase = password === undefined ? {} : { passphrase: password }
  if (config['ssl.keystore.type'] === 'PKCS12' && location !== undefined) {
    return { pfx: await read(location, 'ssl.keystore.location'), ...passphrase }
  }
  const chain = await pemOf(config, 'ssl.keystore.certificate.chain', 'ssl.keystore.location')
  if (chain === null) return {}
  const key = config['ssl.keystore.key']
  return { cert: chain, key: key === undefined ? chain : asPem(key), ...passphrase }
}

async function pemOf(config: KafkaConfig, inlineKey: string, locationKey: string) {
  const inline = config[inlineKey]
  if (inline !== undefined) {
    const pem = asPem(inline)
    if (pem === '')
      throw invalidConfig(`${inlineKey} holds no PEM block`, 'paste the whole PEM text')
    return pem
  }
  const location = config[locationKey]
  if (location === undefined) return null
  const pem = asPem((await read(location, locationKey)).toString('latin1'))
  if (pem !== '') return pem
  throw invalidConfig(
    `${locationKey} names ${location}, which is not a PEM file`,
    `convert it with: keytool -importkeystore -srckeystore ${location} -destkeystore store.p12` +
      ' -deststoretype PKCS12 && openssl pkcs12 -in store.p12 -out store.pem -nodes'
  )
}

async function read(location: string, key: string): Promise<Buffer> {
  try {
    return await readFile(location)
  } catch (cause) {
    throw invalidConfig(
      `${key} names ${location}, which cannot be read`,
      'check the path and its permissions',
      cause
    )
  }
}

/** The PEM blocks of a text. Kafka allows their lines to be joined by blanks; OpenSSL does not. */
function asPem(text: string): string {
  let pem = ''
  for (const [block, label = '', body = ''] of text.matchAll(PEM_BLOCK)) {
    const encrypted = body.includes(':')
    const lines = body.replace(/\\n|\s+/g, '').match(/.{1,64}/g) ?? []
    pem += encrypted
      ? `${block}\n`
      : `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
  }
  return pem
}
