/**
 * Exact decimals: as text, which is what Decimal values are here, and as Kafka Connect carries them,
 * the unscaled value in big-endian two's complement (Java's `BigInteger.toByteArray`).
 */

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/
const PLAIN_DIGITS = 15
/** More fraction digits than any database keeps; a larger exponent is a mistake or an attack. */
const MAX_SCALE = 100_000

/**
 * The unscaled value of a decimal at a scale: `unscaled('-12.5', 2)` is -1250n.
 *
 * @throws {RangeError} when the text is no decimal number or has more fraction digits than the scale
 */
export function unscaled(text: string, scale: number): bigint | number {
  const match = DECIMAL.exec(text)
  const whole = match?.[2] ?? ''
  const fraction = match?.[3] ?? ''
  if (!match || whole.length + fraction.length === 0) {
    throw new RangeError(`'${text}' is not a decimal number`)
  }
  let digits = whole + fraction
  const missing = scale - fraction.length + Number(match[4] ?? 0)
  if (Math.abs(missing) > MAX_SCALE) throw new RangeError(`'${text}' is too long a decimal number`)
  if (missing < 0) {
    const cut = digits.padStart(-missing, '0')
    if (/[1-9]/.test(cut.slice(missing))) {
      throw new RangeError(`'${text}' has more than ${scale} fraction digits`)
    }
    digits = cut.slice(0, missing) || '0'
  } else {
    digits += '0'.repeat(missing)
  }
  if (digits.length <= PLAIN_DIGITS) return match[1] === '-' ? 0 - Number(digits) : Number(digits)
  return match[1] === '-' ? -BigInt(digits) : BigInt(digits)
}

/** The decimal with exactly `scale` fraction digits (negative: that many zeros at the end). */
export function scaled(value: bigint, scale: number): string {
  if (scale <= 0) return value === 0n ? '0' : value.toString() + '0'.repeat(-scale)
  const negative = value < 0n
  const digits = (negative ? -value : value).toString().padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
}

/** Two's complement, big-endian, minimal. */
export function toTwosComplement(value: bigint | number): Buffer {
  if (typeof value === 'number') return smallTwosComplement(value)
  const magnitude = value < 0n ? -value - 1n : value
  const bits = magnitude.toString(16).length * 4
  const top = Number(BigInt.asUintN(4, magnitude >> BigInt(bits - 4)))
  const length = (bits >> 3) + (bits % 8 === 4 || top >= 8 ? 1 : 0)
  const hex = BigInt.asUintN(length * 8, value)
    .toString(16)
    .padStart(length * 2, '0')
  return Buffer.from(hex, 'hex')
}

function smallTwosComplement(value: number): Buffer {
  let length = 1
  let limit = 128
  while (value >= limit || value < -limit) {
    length++
    limit *= 256
  }
  const bytes = Buffer.allocUnsafe(length)
  let rest = value
  for (let at = length - 1; at >= 0; at--) {
    const byte = ((rest % 256) + 256) % 256
    bytes[at] = byte
    rest = (rest - byte) / 256
  }
  return bytes
}

/** The signed value of big-endian two's complement bytes; no bytes are zero. */
export function fromTwosComplement(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n
  if (bytes.length <= 6) {
    return BigInt(
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).readIntBE(0, bytes.length)
    )
  }
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`))
}

/** The decimal that Kafka Connect's Decimal bytes hold, with exactly `scale` fraction digits. */
export function decimalOfBytes(bytes: Uint8Array, scale: number): string {
  if (bytes.length > 6 || bytes.length === 0 || scale < 0) {
    return scaled(fromTwosComplement(bytes), scale)
  }
  // Nearly all prices and amounts: without a bigint it takes a third of the time.
  let value = (bytes[0] ?? 0) < 128 ? (bytes[0] ?? 0) : (bytes[0] ?? 0) - 256
  for (let at = 1; at < bytes.length; at++) value = value * 256 + (bytes[at] ?? 0)
  if (scale === 0) return String(value)
  const digits = String(Math.abs(value)).padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${value < 0 ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
}
