import type { BinlogReader } from './column-codec.ts'

/** Bytes that hold a number of digits below nine; nine digits have four bytes. */
const BYTES_OF_DIGITS = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4]
const GROUP = 9
const GROUP_BYTES = 4

/** Bytes of a DECIMAL in a row image. */
export function decimalSize(precision: number, scale: number): number {
  return partSize(precision - scale) + partSize(scale)
}

function partSize(digits: number): number {
  const rest = BYTES_OF_DIGITS[digits % GROUP] ?? 0
  return Math.floor(digits / GROUP) * GROUP_BYTES + rest
}

/**
 * Reads a DECIMAL as plain text with exactly `scale` fraction digits.
 *
 * Groups of nine digits in four bytes each, big-endian, counted from the point; what is left over at both
 * ends has as many bytes as its digits need. The first bit is turned over, and all bits of a negative number:
 * https://dev.mysql.com/doc/dev/mysql-server/latest/ (`decimal2bin` in strings/decimal.cc).
 */
export function readDecimal(precision: number, scale: number): BinlogReader {
  const groups = [...groupsOf(precision - scale).reverse(), ...groupsOf(scale)]
  const wholeGroups = groups.length - groupsOf(scale).length
  const size = decimalSize(precision, scale)
  // The top bit of the first byte, in a number made of the first group.
  const sign = 0x80 * 256 ** ((groups[0]?.bytes ?? 1) - 1)
  return (cursor) => {
    const { buffer, position } = cursor
    cursor.position = position + size
    const isNegative = ((buffer[position] as number) & 0x80) === 0
    const flip = isNegative ? 0xff : 0
    let at = position
    let text = ''
    let isZero = true
    for (let i = 0; i < groups.length; i++) {
      const { bytes, digits } = groups[i] as Group
      let value = bigEndianOf(buffer, at, bytes, flip)
      if (i === 0) value += (value & sign) === 0 ? sign : -sign
      at += bytes
      if (value !== 0) isZero = false
      if (i === wholeGroups) text = text === '' ? '0.' : `${text}.`
      if (i >= wholeGroups || text !== '') text += padded(value, digits)
      else if (value !== 0) text = String(value)
    }
    if (text === '') return '0'
    return isNegative && !isZero ? `-${text}` : text
  }
}

function bigEndianOf(buffer: Buffer, at: number, bytes: number, flip: number): number {
  let value = 0
  for (let i = 0; i < bytes; i++) value = value * 256 + ((buffer[at + i] as number) ^ flip)
  return value
}

interface Group {
  readonly bytes: number
  readonly digits: number
}

/** Groups of digits, from the point on. */
function groupsOf(digits: number): Group[] {
  const groups: Group[] = Array.from({ length: Math.floor(digits / GROUP) }, () => ({
    bytes: GROUP_BYTES,
    digits: GROUP
  }))
  const rest = digits % GROUP
  if (rest > 0) groups.push({ bytes: BYTES_OF_DIGITS[rest] ?? 0, digits: rest })
  return groups
}

function padded(value: number, digits: number): string {
  const text = String(value)
  return text.length === digits ? text : text.padStart(digits, '0')
}
