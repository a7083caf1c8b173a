import { createHmac, timingSafeEqual } from 'node:crypto'
import type { SessionKey } from '../herder/herder.ts'
import { RequestError } from '../herder/request-error.ts'
import type { RestRequest } from './http.ts'

/** The headers of requests between workers (KIP-507): a base64 HMAC of the body, and what made it. */
export const SIGNATURE_HEADER = 'x-connect-authorization'
export const ALGORITHM_HEADER = 'x-connect-request-signature-algorithm'
export const SIGNATURE_HEADERS = [SIGNATURE_HEADER, ALGORITHM_HEADER] as const

/** Java's names of HMACs, which travel in the headers and in the session key, to Node's. */
const HASHES: Readonly<Record<string, string>> = {
  HmacMD5: 'md5',
  HmacSHA1: 'sha1',
  HmacSHA224: 'sha224',
  HmacSHA256: 'sha256',
  HmacSHA384: 'sha384',
  HmacSHA512: 'sha512'
}

/** The headers that let a request between workers pass. @param algorithm Java's name of an HMAC */
export function signatureOf(
  body: string | Uint8Array,
  key: SessionKey,
  algorithm: string
): Record<string, string> {
  const signature = hmac(body, key, algorithm)?.toString('base64') ?? ''
  return { [SIGNATURE_HEADER]: signature, [ALGORITHM_HEADER]: algorithm }
}

export interface SignatureRules {
  readonly sessionKey: SessionKey | null
  /** `inter.worker.verification.algorithms` */
  readonly algorithms: readonly string[]
}

/**
 * Lets only requests of other workers of the group pass.
 *
 * @throws {RequestError} 400 without a readable signature, 403 for a wrong one, 503 while no key is known
 */
export function verifySignature(request: RestRequest, rules: SignatureRules): void {
  const encoded = request.headers[SIGNATURE_HEADER]
  const algorithm = request.headers[ALGORITHM_HEADER]
  if (typeof encoded !== 'string' || typeof algorithm !== 'string') {
    throw new RequestError(400, 'Internal request missing required signature')
  }
  if (HASHES[algorithm] === undefined) {
    throw new RequestError(400, `Algorithm ${algorithm} not available`)
  }
  const signature = decode(encoded)
  if (!rules.algorithms.includes(algorithm)) {
    throw new RequestError(
      400,
      `This worker does not accept requests signed with ${algorithm}, only with ${rules.algorithms.join(', ')}: ` +
        'give all workers the same inter.worker.verification.algorithms'
    )
  }
  const { sessionKey } = rules
  if (sessionKey === null) {
    throw new RequestError(
      503,
      'This worker is still starting up and has not been able to read a session key from the config topic yet'
    )
  }
  const expected = hmac(request.body, sessionKey, algorithm)
  const valid =
    expected !== null &&
    expected.length === signature.length &&
    timingSafeEqual(expected, signature)
  if (!valid) throw new RequestError(403, 'Internal request contained invalid signature.')
}

function hmac(body: string | Uint8Array, { key }: SessionKey, algorithm: string): Buffer | null {
  const hash = HASHES[algorithm]
  if (hash === undefined) return null
  return createHmac(hash, Buffer.from(key, 'base64')).update(body).digest()
}

/** Base64 as Java reads it: a foreign character is an error. */
function decode(text: string): Buffer {
  const foreign = /[^A-Za-z0-9+/=]/.exec(text)?.[0]
  if (foreign !== undefined) {
    const code = foreign.charCodeAt(0).toString(16)
    throw new RequestError(400, `Illegal base64 character ${code}`)
  }
  return Buffer.from(text, 'base64')
}
