import { decimalOfBytes } from '../../runtime/api/decimal.ts'
import { DataError } from '../../runtime/api/errors.ts'
import { toJson } from '../../runtime/api/json.ts'
import { DECIMAL, type Schema, Struct } from '../../runtime/api/schema.ts'
import { geometryBytes } from './sink-geometry.ts'
import {
  DAY_US,
  dateText,
  readInstant,
  readTime,
  timestampText,
  timeText,
  wholeMicros
} from './sink-temporal.ts'

/**
 * What values of a field mean: each member reads a value that is not null as one kind of thing, and is
 * only there where that makes sense. All of them throw {DataError} for values that are no such thing.
 */
export interface Meaning {
  /** As people write it, for columns of text. */
  readonly text: (value: unknown) => string
  readonly integer?: (value: unknown) => number | bigint
  /** Exact, in digits, without an exponent unless the value came with one. */
  readonly decimal?: (value: unknown) => string
  readonly float?: (value: unknown) => number
  readonly bytes?: (value: unknown) => Uint8Array
  /** Days since 1970. */
  readonly date?: (value: unknown) => number
  /** Microseconds, since midnight or as a span. */
  readonly time?: (value: unknown) => bigint
  /** Microseconds since 1970, in UTC where there is a zone. */
  readonly instant?: (value: unknown) => bigint
  /** The most significant byte first. */
  readonly bits?: (value: unknown) => Buffer
  /** In the form of {@link geometryBytes}. */
  readonly geometry?: (value: unknown) => Buffer
}

export function invalid(wanted: string, value: unknown): never {
  const found =
    value instanceof Struct ? 'a struct' : `${typeof value} ${String(value)}`.slice(0, 60)
  throw new DataError('INVALID_VALUE', `expected ${wanted}, found ${found}`)
}

export function wholeNumber(value: unknown): number | bigint {
  if (typeof value === 'bigint') return value
  return Number.isSafeInteger(value) ? (value as number) : invalid('a whole number', value)
}

const big = (value: unknown) => BigInt(wholeNumber(value))

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : invalid('text', value)
}

function bytesOf(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : invalid('bytes', value)
}

const floatOf = (value: unknown) => (typeof value === 'number' ? value : invalid('a number', value))

const integers: Meaning = {
  text: (value) => String(wholeNumber(value)),
  integer: wholeNumber,
  decimal: (value) => String(wholeNumber(value)),
  float: exactFloat,
  bits: (value) => bitsOfInteger(big(value))
}

/** A whole number beyond 2^53 is only taken where a double holds it. */
function exactFloat(value: unknown): number {
  const whole = wholeNumber(value)
  const float = Number(whole)
  return typeof whole === 'number' || BigInt(float) === whole
    ? float
    : invalid('a number that a double holds', value)
}

const floats: Meaning = {
  text: (value) => String(floatOf(value)),
  decimal: (value) => String(floatOf(value)),
  float: floatOf
}

const booleanOf = (value: unknown) =>
  typeof value === 'boolean' ? Number(value) : invalid('true or false', value)

const booleans: Meaning = {
  text: (value) => String(booleanOf(value) === 1),
  integer: booleanOf,
  decimal: (value) => String(booleanOf(value)),
  float: booleanOf,
  bits: (value) => Buffer.from([booleanOf(value)])
}

/** Text that a column of another type reads as what it says. */
export const texts: Meaning = {
  text: textOf,
  integer: (value) =>
    /^\s*[+-]?\d+\s*$/.test(textOf(value))
      ? BigInt(textOf(value))
      : invalid('a whole number', value),
  decimal: (value) => numberText(textOf(value)),
  float: (value) => Number(numberText(textOf(value))),
  bytes: (value) => Buffer.from(textOf(value)),
  date: (value) => wholeDays(readInstant(textOf(value))),
  time: (value) => readTime(textOf(value)),
  instant: (value) => readInstant(textOf(value))
}

function numberText(text: string): string {
  const plain = text.trim()
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? plain : invalid('a number', text)
}

/** @throws {DataError} when something of a day is left */
export function wholeDays(micros: bigint): number {
  if (micros % DAY_US === 0n) return Number(micros / DAY_US)
  throw new DataError('INVALID_VALUE', 'a date with a time of day does not fit type date')
}

const binary: Meaning = {
  text: (value) => Buffer.from(bytesOf(value)).toString('base64'),
  bytes: bytesOf
}

const decimals: Meaning = { text: textOf, decimal: textOf, float: (value) => Number(textOf(value)) }

const variableScale: Meaning = {
  text: variableScaleText,
  decimal: variableScaleText,
  float: (value) => Number(variableScaleText(value))
}

function variableScaleText(value: unknown): string {
  const [scale, unscaled] = membersOf(value, ['scale', 'value'])
  const bytes = typeof unscaled === 'string' ? Buffer.from(unscaled, 'base64') : bytesOf(unscaled)
  return decimalOfBytes(bytes, Number(wholeNumber(scale)))
}

/** Members of a struct, or of the object that it is without a schema. */
function membersOf(value: unknown, names: readonly string[]): unknown[] {
  if (value instanceof Struct) return names.map((name) => value.get(name))
  if (typeof value !== 'object' || value === null) return invalid('an object', value)
  const object = value as Readonly<Record<string, unknown>>
  return names.map((name) => object[name])
}

const daysOfValue = (value: unknown) => Number(wholeNumber(value))

const dates: Meaning = {
  text: (value) => dateText(daysOfValue(value)),
  integer: wholeNumber,
  date: daysOfValue,
  instant: (value) => big(value) * DAY_US
}

/** @param micros what a value is in microseconds */
const times = (micros: (value: unknown) => bigint): Meaning => ({
  text: (value) => timeText(micros(value), 6),
  integer: wholeNumber,
  time: micros
})

const timestamps = (micros: (value: unknown) => bigint): Meaning => ({
  text: (value) => timestampText(micros(value), 6),
  integer: wholeNumber,
  date: (value) => wholeDays(micros(value)),
  instant: micros
})

const durations = (micros: (value: unknown) => bigint): Meaning => ({
  text: (value) => String(wholeNumber(value)),
  integer: wholeNumber,
  time: micros
})

const ofMillis = (value: unknown) => big(value) * 1000n
const ofNanos = (value: unknown) => wholeMicros(big(value))

const bits: Meaning = {
  text: (value) => digitsOf(bigEndian(value)),
  integer: (value) => BigInt(`0x0${bigEndian(value).toString('hex')}`),
  bytes: bytesOf,
  bits: bigEndian
}

/** Debezium writes bits with the least significant byte first. */
function bigEndian(value: unknown): Buffer {
  return Buffer.from(bytesOf(value)).reverse()
}

function digitsOf(bytes: Uint8Array): string {
  let digits = ''
  for (const byte of bytes) digits += byte.toString(2).padStart(8, '0')
  return digits.replace(/^0+(?=.)/, '')
}

export function bitsOfInteger(value: bigint): Buffer {
  if (value < 0n) return invalid('bits', value)
  const hex = value.toString(16)
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
}

const structures: Meaning = { text: toJson }

const geometries: Meaning = { text: toJson, geometry: geometryBytes }

const vectors: Meaning = {
  text: toJson,
  bytes(value) {
    if (!Array.isArray(value)) return invalid('a list', value)
    return new Uint8Array(Float32Array.from(value, floatOf).buffer)
  }
}

const uuids: Meaning = { text: textOf, bytes: (value) => uuidBytes(textOf(value)) }

function uuidBytes(text: string): Buffer {
  const hex = text.replaceAll('-', '')
  return /^[\da-f]{32}$/i.test(hex) ? Buffer.from(hex, 'hex') : invalid('a UUID', text)
}

/** By the name of the schema: Debezium's semantic types and Kafka Connect's logical types. */
const BY_NAME: Readonly<Record<string, Meaning>> = {
  'io.debezium.time.Date': dates,
  'org.apache.kafka.connect.data.Date': dates,
  'io.debezium.time.Time': times(ofMillis),
  'org.apache.kafka.connect.data.Time': times(ofMillis),
  'io.debezium.time.MicroTime': times(big),
  'io.debezium.time.NanoTime': times(ofNanos),
  'io.debezium.time.Timestamp': timestamps(ofMillis),
  'org.apache.kafka.connect.data.Timestamp': timestamps(ofMillis),
  'io.debezium.time.MicroTimestamp': timestamps(big),
  'io.debezium.time.NanoTimestamp': timestamps(ofNanos),
  'io.debezium.time.MicroDuration': durations(big),
  'io.debezium.time.NanoDuration': durations(ofNanos),
  'io.debezium.data.Bits': bits,
  'io.debezium.data.VariableScaleDecimal': variableScale,
  'io.debezium.data.geometry.Point': geometries,
  'io.debezium.data.geometry.Geometry': geometries,
  'io.debezium.data.geometry.Geography': geometries,
  'io.debezium.data.FloatVector': vectors,
  'io.debezium.data.DoubleVector': structures,
  'io.debezium.data.Uuid': uuids,
  [DECIMAL]: decimals
}

const BY_TYPE: Readonly<Record<Schema['type'], Meaning>> = {
  int8: integers,
  int16: integers,
  int32: integers,
  int64: integers,
  float32: floats,
  float64: floats,
  boolean: booleans,
  string: texts,
  bytes: binary,
  array: structures,
  map: structures,
  struct: structures
}

/** What a `bigint unsigned` looks like in an int64: `bigint.unsigned.handling.mode: long` wraps it. */
const wrapped: Meaning = {
  ...integers,
  integer: (value) => BigInt.asUintN(64, big(value)),
  decimal: (value) => String(BigInt.asUintN(64, big(value))),
  text: (value) => String(BigInt.asUintN(64, big(value)))
}

/** What the values of a schema mean. */
export function meaningOf(schema: Schema): Meaning {
  const named = schema.name === undefined ? undefined : BY_NAME[schema.name]
  if (named) return named
  const source = schema.parameters?.['__debezium.source.column.type']
  if (schema.type === 'int64' && /^BIGINT UNSIGNED/i.test(source ?? '')) return wrapped
  return BY_TYPE[schema.type]
}
