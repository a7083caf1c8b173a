import { createDecipheriv, pbkdf2Sync } from 'node:crypto'
import { ConnectError } from '../api/errors.ts'
import { children, type Der, numberOf, oidOf, readDer, TAG } from './der.ts'
import { pemBlock } from './pem.ts'
import { invalidTls } from './tls-error.ts'

// Node reads PKCS12 files that hold a key, but not those that hold trusted certificates only, which is
// what Java's trust stores are. The structures are those of RFC 7292 and RFC 8018.

const OID = {
  data: '2a864886f70d010701',
  encryptedData: '2a864886f70d010706',
  pbes2: '2a864886f70d01050d',
  pbkdf2: '2a864886f70d01050c',
  certBag: '2a864886f70d010c0a0103',
  x509Certificate: '2a864886f70d01091601'
} as const

const DIGESTS: Readonly<Record<string, string>> = {
  '2a864886f70d0207': 'sha1',
  '2a864886f70d0209': 'sha256',
  '2a864886f70d020a': 'sha384',
  '2a864886f70d020b': 'sha512'
}

const CIPHERS: Readonly<Record<string, readonly [name: string, keyBytes: number]>> = {
  '608648016503040102': ['aes-128-cbc', 16],
  '608648016503040116': ['aes-192-cbc', 24],
  '60864801650304012a': ['aes-256-cbc', 32],
  '2a864886f70d0307': ['des-ede3-cbc', 24]
}

const MAX_ITERATIONS = 10_000_000

/** What is known of a store besides its bytes. */
export interface StoreSource {
  readonly password: string
  /** The key and the file, for messages. */
  readonly place: string
}

/** Whether bytes are a PKCS12 file, by its first number. */
export function isPkcs12(bytes: Buffer): boolean {
  try {
    const { value } = readDer(bytes)
    return value.tag === TAG.sequence && numberOf(readDer(value.content).value) === 3
  } catch {
    return false
  }
}

/**
 * All certificates of a PKCS12 file, as PEM. The file's own checksum is not looked at: who may write
 * the file decides what is trusted, as with PEM.
 *
 * @throws {ConnectError} INVALID_TLS_CONFIG when the password is wrong or the file is of a kind that
 * cannot be read
 */
export function trustedCertificates(bytes: Buffer, source: StoreSource): string {
  let certificates: Buffer[]
  try {
    certificates = contentsOf(bytes, source).flatMap((content) =>
      children(content).flatMap((bag) => certificateIn(bag))
    )
  } catch (cause) {
    if (cause instanceof ConnectError) throw cause
    throw invalidTls(
      `${source.place}, a PKCS12 file that cannot be read`,
      'make it anew with keytool of Java 17, or give the certificates as PEM',
      cause
    )
  }
  if (certificates.length === 0) {
    throw invalidTls(
      `${source.place}, which holds no certificate`,
      'import one with keytool -importcert'
    )
  }
  return certificates.map((der) => pemBlock('CERTIFICATE', der.toString('base64'))).join('')
}

function contentsOf(file: Buffer, source: StoreSource): Der[] {
  const [, authSafe] = children(readDer(file).value)
  return children(readDer(octetsOf(authSafe)).value).map((info) => {
    const [type] = children(info)
    const plain = oidOf(type) === OID.data ? octetsOf(info) : decrypted(info, source)
    return readDer(plain).value
  })
}

/** The bytes inside of a ContentInfo of type data. */
function octetsOf(info: Der | undefined): Buffer {
  const explicit = info && children(info).find(({ tag }) => tag === TAG.explicit0)
  const octets = explicit && readDer(explicit.content).value
  if (octets?.tag !== TAG.octets) throw new RangeError('content was expected')
  return octets.content
}

function decrypted(info: Der, { password, place }: StoreSource): Buffer {
  const [type, explicit] = children(info)
  if (oidOf(type) !== OID.encryptedData || explicit === undefined) {
    throw new RangeError('content of an unknown type')
  }
  const [, content] = children(readDer(explicit.content).value)
  const [, algorithm, bytes] = content === undefined ? [] : children(content)
  const [scheme, parameters] = algorithm === undefined ? [] : children(algorithm)
  if (oidOf(scheme) !== OID.pbes2 || parameters === undefined || bytes === undefined) {
    throw new RangeError('encryption older than AES')
  }
  const { key, iv, cipher } = keyOf(parameters, password)
  try {
    const decipher = createDecipheriv(cipher, key, iv)
    return Buffer.concat([decipher.update(bytes.content), decipher.final()])
  } catch (cause) {
    throw invalidTls(
      `${place}, whose password is another`,
      'correct ssl.truststore.password',
      cause
    )
  }
}

function keyOf(parameters: Der, password: string) {
  const [derivation, encryption] = children(parameters)
  const [kdf, kdfParameters] = derivation === undefined ? [] : children(derivation)
  const [cipherOid, iv] = encryption === undefined ? [] : children(encryption)
  const [name, keyBytes] = CIPHERS[oidOf(cipherOid)] ?? []
  if (oidOf(kdf) !== OID.pbkdf2 || kdfParameters === undefined) {
    throw new RangeError('an unknown derivation of the key')
  }
  if (name === undefined || keyBytes === undefined || iv === undefined) {
    throw new RangeError('an unknown cipher')
  }
  const [salt, iterations, ...others] = children(kdfParameters)
  const prf = others.find(({ tag }) => tag === TAG.sequence)
  const digest = prf === undefined ? 'sha1' : DIGESTS[oidOf(children(prf)[0])]
  const rounds = numberOf(iterations)
  if (salt === undefined || digest === undefined || rounds > MAX_ITERATIONS) {
    throw new RangeError('an unknown derivation of the key')
  }
  const key = pbkdf2Sync(password, salt.content, rounds, keyBytes, digest)
  return { key, iv: iv.content, cipher: name }
}

function certificateIn(bag: Der): Buffer[] {
  const [type, explicit] = children(bag)
  if (oidOf(type) !== OID.certBag || explicit === undefined) return []
  const [kind, value] = children(readDer(explicit.content).value)
  if (oidOf(kind) !== OID.x509Certificate || value === undefined) return []
  return [readDer(value.content).value.content]
}
