import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

/** What is kept of a password: enough to recognise it, and dear to guess it from. */
export interface PasswordHash {
  readonly cost: number
  readonly blockSize: number
  readonly parallelization: number
  readonly salt: Buffer
  readonly key: Buffer
}

const derive = promisify<string, Buffer, number, object, Buffer>(scrypt)

/** 16 MiB and some 40 ms for each guess. */
const STRENGTH = { cost: 16_384, blockSize: 8, parallelization: 1 } as const
const KEY_BYTES = 32
/** What checking one password may take, so that a hash from elsewhere cannot use up the machine. */
const MAX_MEMORY_BYTES = 128 * 1024 * 1024

/** @returns `scrypt:cost:blockSize:parallelization:salt:key`, the last two in base64url */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const { cost, blockSize, parallelization } = STRENGTH
  const key = await keyOf(password, { ...STRENGTH, salt, key: Buffer.alloc(KEY_BYTES) })
  const texts = [salt, key].map((bytes) => bytes.toString('base64url'))
  return ['scrypt', cost, blockSize, parallelization, ...texts].join(':')
}

/** @throws {Error} whose message is worded to follow the key's name and does not hold the hash */
export function parsePasswordHash(text: string): PasswordHash {
  const match = /^scrypt:(\d+):(\d+):(\d+):([\w-]+):([\w-]+)$/.exec(text.trim())
  if (match === null) {
    throw new Error('must be a hash made by: millrace hash-password')
  }
  const [cost = 0, blockSize = 0, parallelization = 0] = match.slice(1, 4).map(Number)
  const memory = 128 * cost * blockSize
  const powerOfTwo = Number.isInteger(Math.log2(cost)) && cost > 1
  if (!powerOfTwo || blockSize < 1 || parallelization < 1 || parallelization > 16) {
    throw new Error('has parameters that scrypt does not have')
  }
  if (memory > MAX_MEMORY_BYTES) {
    throw new Error(`needs ${memory} bytes for each login; at most ${MAX_MEMORY_BYTES} are allowed`)
  }
  const [salt, key] = match.slice(4).map((part) => Buffer.from(part, 'base64url'))
  if (salt === undefined || key === undefined || salt.length < 8 || key.length < 16) {
    throw new Error('is cut short: its salt has 8 bytes or more, its key 16 or more')
  }
  return { cost, blockSize, parallelization, salt, key }
}

/** Takes as long for a wrong password as for the right one. */
export async function verifyPassword(password: string, hash: PasswordHash): Promise<boolean> {
  return timingSafeEqual(await keyOf(password, hash), hash.key)
}

function keyOf(password: string, hash: PasswordHash): Promise<Buffer> {
  const { cost, blockSize, parallelization, salt, key } = hash
  const options = { cost, blockSize, parallelization, maxmem: 2 * MAX_MEMORY_BYTES }
  return derive(password.normalize('NFC'), salt, key.length, options)
}

/** A new token, too long to be guessed. */
export function newToken(): string {
  return `mr_${randomBytes(32).toString('base64url')}`
}

/** What is kept of a token. Tokens are random, so a plain hash is enough. */
export function tokenDigest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** @returns `sha256:` and the digest in hexadecimal digits */
export function hashToken(token: string): string {
  return `sha256:${tokenDigest(token).toString('hex')}`
}

/** @throws {Error} whose message is worded to follow the key's name and does not hold the hash */
export function parseTokenHash(text: string): Buffer {
  const match = /^(?:sha256:)?([0-9a-f]{64})$/i.exec(text.trim())
  if (match?.[1] === undefined) {
    throw new Error(
      'must be sha256: and 64 hexadecimal digits, made by: millrace hash-password --token'
    )
  }
  return Buffer.from(match[1], 'hex')
}
