/**
 * MySQL's binary JSON. Grammar: the comment at the head of sql-common/json_binary.h,
 * https://dev.mysql.com/doc/dev/mysql-server/latest/json__binary_8h.html
 */
import { shortFraction, twoDigits } from '../../relational/calendar.ts'
import { UnconvertibleValue } from '../../relational/unconvertible.ts'
import { ColumnType } from '../binlog/table-map.ts'
import { readDecimal } from './decimal-bytes.ts'
import { type JsonNode, jsonDecimal, jsonDouble, jsonString } from './json-text.ts'

const Kind = {
  SMALL_OBJECT: 0x00,
  LARGE_OBJECT: 0x01,
  SMALL_ARRAY: 0x02,
  LARGE_ARRAY: 0x03,
  LITERAL: 0x04,
  INT16: 0x05,
  UINT16: 0x06,
  INT32: 0x07,
  UINT32: 0x08,
  INT64: 0x09,
  UINT64: 0x0a,
  DOUBLE: 0x0b,
  STRING: 0x0c,
  OPAQUE: 0x0f
} as const

const LITERALS = ['null', 'true', 'false']
const MAX_DEPTH = 200

/**
 * A document, or one value of a partial update: a byte that tells its kind, and its bytes.
 * @throws {UnconvertibleValue} when the bytes are no document
 */
export function readJson(buffer: Buffer, start: number, end: number): JsonNode {
  // A NULL that was made NOT NULL without a default has no bytes at all: the server reads it as null.
  if (start === end) return 'null'
  try {
    const bytes = buffer.subarray(start + 1, end)
    return readValue(bytes, buffer[start] as number, 0)
  } catch (cause) {
    if (cause instanceof UnconvertibleValue) throw cause
    throw new UnconvertibleValue('a JSON document ends too early', { cause })
  }
}

/** @param bytes from the value on, to the end of what it is in */
function readValue(bytes: Buffer, kind: number, depth: number): JsonNode {
  switch (kind) {
    case Kind.SMALL_OBJECT:
    case Kind.LARGE_OBJECT:
    case Kind.SMALL_ARRAY:
    case Kind.LARGE_ARRAY:
      if (depth > MAX_DEPTH) throw new UnconvertibleValue('a JSON document is nested too deeply')
      return readContainer(bytes, kind, depth)
    case Kind.LITERAL:
      return LITERALS[bytes.readUInt8(0)] ?? unknown('literal', bytes.readUInt8(0))
    case Kind.INT16:
      return String(bytes.readInt16LE(0))
    case Kind.UINT16:
      return String(bytes.readUInt16LE(0))
    case Kind.INT32:
      return String(bytes.readInt32LE(0))
    case Kind.UINT32:
      return String(bytes.readUInt32LE(0))
    case Kind.INT64:
      return String(bytes.readBigInt64LE(0))
    case Kind.UINT64:
      return String(bytes.readBigUInt64LE(0))
    case Kind.DOUBLE:
      return jsonDouble(bytes.readDoubleLE(0))
    case Kind.STRING:
      return jsonString(sizedBytes(bytes, 0).toString('utf8'))
    case Kind.OPAQUE:
      return readOpaque(bytes.readUInt8(0), sizedBytes(bytes, 1))
    default:
      return unknown('kind', kind)
  }
}

/** Objects and arrays: counts and offsets have two bytes in small ones, four in large ones. */
function readContainer(bytes: Buffer, kind: number, depth: number): JsonNode {
  const isLarge = kind === Kind.LARGE_OBJECT || kind === Kind.LARGE_ARRAY
  const isObject = kind === Kind.SMALL_OBJECT || kind === Kind.LARGE_OBJECT
  const width = isLarge ? 4 : 2
  const offsetAt = (at: number) => bytes.readUIntLE(at, width)
  const count = offsetAt(0)
  const inside = part(bytes, 0, offsetAt(width))
  const keysAt = 2 * width
  const valuesAt = keysAt + (isObject ? count * (width + 2) : 0)
  const valueAt = (index: number): JsonNode => {
    const at = valuesAt + index * (width + 1)
    const of = inside.readUInt8(at)
    const start = isInlined(of, isLarge) ? at + 1 : inside.readUIntLE(at + 1, width)
    return readValue(part(inside, start), of, depth + 1)
  }
  if (!isObject) {
    const elements: JsonNode[] = []
    for (let i = 0; i < count; i++) elements.push(valueAt(i))
    return elements
  }
  const members = new Map<string, JsonNode>()
  for (let i = 0; i < count; i++) {
    const at = keysAt + i * (width + 2)
    const start = inside.readUIntLE(at, width)
    const name = part(inside, start, inside.readUInt16LE(at + width)).toString('utf8')
    members.set(name, valueAt(i))
  }
  return members
}

/** Values that stand where others have their offset. */
function isInlined(kind: number, isLarge: boolean): boolean {
  const isShort = kind === Kind.LITERAL || kind === Kind.INT16 || kind === Kind.UINT16
  return isShort || (isLarge && (kind === Kind.INT32 || kind === Kind.UINT32))
}

function part(bytes: Buffer, start: number, length = bytes.length - start): Buffer {
  if (length < 0 || start + length > bytes.length) {
    throw new UnconvertibleValue('a JSON document ends too early')
  }
  return bytes.subarray(start, start + length)
}

/** A length of seven bits a byte, the lowest first and all but the last marked, and as many bytes. */
function sizedBytes(bytes: Buffer, start: number): Buffer {
  let length = 0
  for (let i = 0; i < 5; i++) {
    const byte = bytes.readUInt8(start + i)
    length += (byte & 0x7f) * 128 ** i
    if (byte < 0x80) return part(bytes, start + i + 1, length)
  }
  return unknown('length', length)
}

/** What JSON has no values for: decimals, dates and times, bytes. */
function readOpaque(type: number, bytes: Buffer): string {
  switch (type) {
    case ColumnType.DECIMAL:
    case ColumnType.NEWDECIMAL: {
      const read = readDecimal(bytes.readUInt8(0), bytes.readUInt8(1))
      return jsonDecimal(String(read({ buffer: bytes, position: 2 })))
    }
    case ColumnType.DATE:
      return `"${dateText(packed(bytes))}"`
    case ColumnType.TIME:
    case ColumnType.TIME2:
      return `"${timeText(packed(bytes))}"`
    case ColumnType.DATETIME:
    case ColumnType.DATETIME2:
    case ColumnType.TIMESTAMP:
    case ColumnType.TIMESTAMP2: {
      const moment = packed(bytes)
      return `"${dateText(moment)} ${timeText({ ...moment, hours: moment.hours & 31 })}"`
    }
    default:
      return `"${bytes.toString('base64')}"`
  }
}

interface PackedMoment {
  readonly isNegative: boolean
  readonly months: number
  readonly day: number
  readonly hours: number
  readonly minutes: number
  readonly seconds: number
  readonly micros: number
}

/** `TIME_to_longlong_packed` in mysys/my_time.cc: as in DATETIME2, with three bytes of fraction. */
function packed(bytes: Buffer): PackedMoment {
  const value = bytes.readBigInt64LE(0)
  const size = value < 0n ? -value : value
  const high = Number(size >> 24n)
  const clock = high % 2 ** 22
  return {
    isNegative: value < 0n,
    months: Math.floor(high / 2 ** 22),
    day: (clock >> 17) & 31,
    hours: (clock >> 12) & 0x3ff,
    minutes: (clock >> 6) & 63,
    seconds: clock & 63,
    micros: Number(size & 0xffffffn)
  }
}

function dateText({ months, day }: PackedMoment): string {
  const year = String(Math.floor(months / 13)).padStart(4, '0')
  return `${year}-${twoDigits(months % 13)}-${twoDigits(day)}`
}

function timeText({ isNegative, hours, minutes, seconds, micros }: PackedMoment): string {
  const clock = `${twoDigits(hours)}:${twoDigits(minutes)}:${twoDigits(seconds)}`
  return `${isNegative ? '-' : ''}${clock}${shortFraction(micros)}`
}

function unknown(what: string, value: number): never {
  throw new UnconvertibleValue(`a JSON document has the unknown ${what} ${value}`)
}
