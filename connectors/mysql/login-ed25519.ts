import { createHash } from 'node:crypto'

/**
 * MariaDB's login `ed25519`: the client signs what the server sends. Its keys come from the whole password, so that
 * Node's own Ed25519, whose keys come from 32 bytes, cannot make them. Otherwise it is RFC 8032; names are those of its
 * section 5.1. https://mariadb.com/kb/en/authentication-plugin-ed25519/
 */
export function signEd25519(password: string, message: Buffer): Buffer {
  const hash = sha512(Buffer.from(password, 'utf8'))
  const secret = number(clamped(hash.subarray(0, 32)))
  const publicKey = encoded(multiplied(secret))
  const nonce = number(sha512(hash.subarray(32), message)) % ORDER
  const commitment = encoded(multiplied(nonce))
  const challenge = number(sha512(commitment, publicKey, message)) % ORDER
  return Buffer.concat([commitment, littleEndian((nonce + challenge * secret) % ORDER)])
}

/** What the server sends to be signed has so many bytes. */
export const ED25519_MESSAGE = 32

const PRIME = 2n ** 255n - 19n
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n

/** X, Y, Z and T of a point: x = X/Z, y = Y/Z, xy = T/Z. */
type Point = readonly [bigint, bigint, bigint, bigint]

const D = modulo(-121665n * inverse(121666n))
const NEUTRAL: Point = [0n, 1n, 1n, 0n]
const GENERATOR: Point = generator()

function generator(): Point {
  const x = 15112221349535400772501151409588531511454012693041857206046113283949847762202n
  const y = modulo(4n * inverse(5n))
  return [x, y, 1n, modulo(x * y)]
}

function modulo(value: bigint): bigint {
  const rest = value % PRIME
  return rest < 0n ? rest + PRIME : rest
}

/** By Fermat: the power of two less than the prime. */
function inverse(value: bigint): bigint {
  let result = 1n
  let base = modulo(value)
  for (let exponent = PRIME - 2n; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = modulo(result * base)
    base = modulo(base * base)
  }
  return result
}

function sum([x1, y1, z1, t1]: Point, [x2, y2, z2, t2]: Point): Point {
  const a = (y1 - x1) * (y2 - x2)
  const b = (y1 + x1) * (y2 + x2)
  const c = 2n * t1 * D * t2
  const d = 2n * z1 * z2
  const [e, f, g, h] = [modulo(b - a), modulo(d - c), modulo(d + c), modulo(b + a)]
  return [modulo(e * f), modulo(g * h), modulo(f * g), modulo(e * h)]
}

function multiplied(factor: bigint): Point {
  let result = NEUTRAL
  let point = GENERATOR
  for (let rest = factor; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = sum(result, point)
    point = sum(point, point)
  }
  return result
}

function encoded([x, y, z]: Point): Buffer {
  const scale = inverse(z)
  const sign = modulo(x * scale) & 1n
  return littleEndian(modulo(y * scale) | (sign << 255n))
}

function clamped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeUInt8(copy.readUInt8(0) & 0xf8, 0)
  copy.writeUInt8((copy.readUInt8(31) & 0x3f) | 0x40, 31)
  return copy
}

function sha512(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha512')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

function number(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
}

function littleEndian(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse()
}
