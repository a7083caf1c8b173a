import { decimalOfBytes } from '../../runtime/api/decimal.ts'
import { DataError } from '../../runtime/api/errors.ts'
import { toJson } from '../../runtime/api/json.ts'
import { DECIMAL, type Schema, Struct } from '../../runtime/api/schema.ts'
import { dateText, isoText, timestampText, timeText } from './sink-temporal.ts'

/** A value that is not null as the text that PostgreSQL reads for the matching type. */
export type ToText = (value: unknown) => string

function invalid(wanted: string, value: unknown): never {
  const found = value instanceof Struct ? 'a struct' : typeof value
  throw new DataError('INVALID_VALUE', `expected ${wanted}, found ${found}`)
}

function integer(value: unknown): bigint {
  if (typeof value === 'bigint') return value
  return typeof value === 'number' && Number.isSafeInteger(value)
    ? BigInt(value)
    : invalid('a whole number', value)
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : invalid('text', value)
}

function bytes(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : invalid('bytes', value)
}

const toPlain: ToText = (value) => {
  if (typeof value === 'object' || value === undefined) return invalid('a plain value', value)
  return String(value)
}

const toTime = (perMicro: bigint, micros: bigint): ToText => {
  return (value) => timeText(exactDiv(integer(value) * micros, perMicro))
}

const toTimestamp = (perMicro: bigint, micros: bigint): ToText => {
  return (value) => {
    const given = integer(value)
    // In nanoseconds the ends of the range stand for infinity.
    if (given >= INT64_MAX) return 'infinity'
    if (given < -INT64_MAX) return '-infinity'
    return timestampText(exactDiv(given * micros, perMicro))
  }
}

const INT64_MAX = 2n ** 63n - 1n

/** PostgreSQL keeps microseconds: nanoseconds that would be lost are refused. */
function exactDiv(value: bigint, by: bigint): bigint {
  if (value % by !== 0n) {
    throw new DataError('INVALID_VALUE', `${value} ns is finer than the microseconds of PostgreSQL`)
  }
  return value / by
}

const toDate: ToText = (value) => dateText(Number(integer(value)))

/** By the name of the schema; names of Debezium 3.6 and Kafka Connect. */
const BY_NAME: Readonly<Record<string, (schema: Schema) => ToText>> = {
  'io.debezium.time.Date': () => toDate,
  'org.apache.kafka.connect.data.Date': () => toDate,
  'io.debezium.time.Time': () => toTime(1n, 1000n),
  'org.apache.kafka.connect.data.Time': () => toTime(1n, 1000n),
  'io.debezium.time.MicroTime': () => toTime(1n, 1n),
  'io.debezium.time.NanoTime': () => toTime(1000n, 1n),
  'io.debezium.time.Timestamp': () => toTimestamp(1n, 1000n),
  'org.apache.kafka.connect.data.Timestamp': () => toTimestamp(1n, 1000n),
  'io.debezium.time.MicroTimestamp': () => toTimestamp(1n, 1n),
  'io.debezium.time.NanoTimestamp': () => toTimestamp(1000n, 1n),
  'io.debezium.time.ZonedTimestamp': () => (value) => isoText(text(value)),
  'io.debezium.time.IsoTimestamp': () => (value) => isoText(text(value)),
  'io.debezium.time.IsoDate': () => (value) => isoText(text(value)),
  'io.debezium.time.MicroDuration': () => (value) => `${integer(value)} microseconds`,
  'io.debezium.time.NanoDuration': () => (value) =>
    `${exactDiv(integer(value), 1000n)} microseconds`,
  'io.debezium.data.Bits': bitsText,
  'io.debezium.data.VariableScaleDecimal': () => variableScaleText,
  'io.debezium.data.geometry.Point': () => pointText,
  'io.debezium.data.geometry.Geometry': () => geometryText,
  'io.debezium.data.geometry.Geography': () => geometryText,
  'io.debezium.data.DoubleVector': () => vectorText,
  'io.debezium.data.FloatVector': () => vectorText,
  [DECIMAL]: () => text
}

/** How values of a schema are written as PostgreSQL's text. */
export function toText(schema: Schema): ToText {
  const named = schema.name === undefined ? undefined : BY_NAME[schema.name]
  if (named) return named(schema)
  switch (schema.type) {
    case 'string':
      return text
    case 'bytes':
      return (value) => `\\x${Buffer.from(bytes(value)).toString('hex')}`
    case 'array':
      return schema.items ? arrayText(schema.items) : toJson
    case 'map':
    case 'struct':
      return toJson
    default:
      return toPlain
  }
}

/** Little-endian bytes as the digits of a bit string; its length is that of the type, where it is known. */
function bitsText(schema: Schema): ToText {
  const length = Number(schema.parameters?.['length'] ?? 0)
  const unlimited = length === 0 || length === 2_147_483_647
  return (value) => {
    let digits = ''
    for (const byte of bytes(value)) digits = byte.toString(2).padStart(8, '0') + digits
    const trimmed = digits.replace(/^0+(?=.)/, '')
    return unlimited ? trimmed || '0' : trimmed.padStart(length, '0')
  }
}

function variableScaleText(value: unknown): string {
  const [scale, unscaled] = members(value, ['scale', 'value'])
  const given = typeof unscaled === 'string' ? Buffer.from(unscaled, 'base64') : bytes(unscaled)
  return decimalOfBytes(given, Number(integer(scale)))
}

function pointText(value: unknown): string {
  const [x, y] = members(value, ['x', 'y'])
  return `(${Number(x)},${Number(y)})`
}

/** PostGIS reads a hexadecimal WKB, with the reference system before it. */
function geometryText(value: unknown): string {
  const [wkb, srid] = members(value, ['wkb', 'srid'])
  const given = typeof wkb === 'string' ? Buffer.from(wkb, 'base64') : Buffer.from(bytes(wkb))
  const hex = given.toString('hex')
  return srid === null || srid === undefined ? hex : `SRID=${integer(srid)};${hex}`
}

function vectorText(value: unknown): string {
  return Array.isArray(value) ? `[${value.join(',')}]` : invalid('a list', value)
}

/** Members of a struct, or of the object that it is without a schema. */
function members(value: unknown, names: readonly string[]): unknown[] {
  if (value instanceof Struct) return names.map((name) => value.get(name))
  if (typeof value !== 'object' || value === null) return invalid('an object', value)
  const object = value as Readonly<Record<string, unknown>>
  return names.map((name) => object[name])
}

function arrayText(items: Schema): ToText {
  const item = toText(items)
  const nested = items.type === 'array' && items.name === undefined
  return (value) => {
    if (!Array.isArray(value)) return invalid('a list', value)
    const parts = value.map((element: unknown) => {
      if (element === null || element === undefined) return 'NULL'
      return nested ? item(element) : quoteElement(item(element))
    })
    return `{${parts.join(',')}}`
  }
}

/** An element of an array literal: in quotes, with backslashes before quotes and backslashes. */
export function quoteElement(element: string): string {
  return `"${element.replace(/["\\]/g, '\\$&')}"`
}
