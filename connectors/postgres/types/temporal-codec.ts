import {
  int32,
  int64,
  type Schema,
  type SchemaOptions,
  string
} from '../../../runtime/api/schema.ts'
import {
  isoDate,
  isoDateTime,
  isoTime,
  SECONDS_PER_DAY,
  shortFraction
} from '../../relational/calendar.ts'
import { exactInteger } from '../../relational/exact-number.ts'
import { UnconvertibleValue } from '../../relational/unconvertible.ts'
import {
  isInfinity,
  readDays,
  readMoment,
  readTimeMicros,
  readTimestampMicros,
  readZonedTime
} from './temporal-text.ts'
import { type TypeUse, type ValueCodec, withDefaults } from './value-codec.ts'

const named = (name: string): SchemaOptions => ({ name, version: 1 })
const debezium = (name: string) => named(`io.debezium.time.${name}`)
const connect = (name: string) => named(`org.apache.kafka.connect.data.${name}`)

const INT64_MAX = 2n ** 63n - 1n
const INT64_MIN = -(2n ** 63n)
/** What the PostgreSQL driver of Java, and so Debezium, has for infinite timestamps: milliseconds. */
const INFINITY_MILLIS = 9_223_372_036_825_200n
const MINUS_INFINITY_MILLIS = -9_223_372_036_832_400n
const INT32_MAX = 2_147_483_647
const INT32_MIN = -2_147_483_648

/** Digits of the fraction that a type with this modifier keeps. */
function precisionOf(typmod: number): number {
  return typmod < 0 ? 6 : typmod
}

function integerCodec(schema: Schema, decode: (text: string) => unknown): ValueCodec {
  return withDefaults({ schema, decode, zero: 0, unchanged: 0 }, 0)
}

function isoCodec(name: string, zero: string, decode: (text: string) => string, use: TypeUse) {
  const codec = {
    schema: string(debezium(name)),
    decode,
    zero,
    unchanged: use.options.placeholder
  }
  return withDefaults(codec, zero)
}

export function dateCodec(use: TypeUse): ValueCodec {
  if (use.options.time === 'isostring') {
    const decode = (text: string) => (isInfinity(text) ? text : `${isoDate(readDays(text))}Z`)
    return isoCodec('IsoDate', '1970-01-01Z', decode, use)
  }
  const schema = int32(use.options.time === 'connect' ? connect('Date') : debezium('Date'))
  return integerCodec(schema, (text) => {
    // The integers that PostgreSQL itself keeps for them.
    if (isInfinity(text)) return text === 'infinity' ? INT32_MAX : INT32_MIN
    return readDays(text)
  })
}

export function timeCodec(use: TypeUse): ValueCodec {
  const mode = use.options.time
  const millis = (text: string) => Math.floor(readTimeMicros(text) / 1000)
  if (mode === 'isostring') {
    const decode = (text: string) => {
      const micros = readTimeMicros(text)
      const seconds = Math.floor(micros / 1_000_000) % SECONDS_PER_DAY
      return `${isoTime(seconds)}${shortFraction(micros % 1_000_000)}Z`
    }
    return isoCodec('IsoTime', '00:00:00Z', decode, use)
  }
  if (mode === 'connect') return integerCodec(int32(connect('Time')), millis)
  if (mode === 'nanoseconds') {
    return integerCodec(int64(debezium('NanoTime')), (text) => readTimeMicros(text) * 1000)
  }
  if (mode === 'adaptive' && precisionOf(use.typmod) <= 3) {
    return integerCodec(int32(debezium('Time')), millis)
  }
  return integerCodec(int64(debezium('MicroTime')), readTimeMicros)
}

export function timestampCodec(use: TypeUse): ValueCodec {
  const mode = use.options.time
  if (mode === 'isostring') {
    const decode = (text: string) => {
      if (isInfinity(text)) return text
      const moment = readMoment(text)
      return `${isoDateTime(moment.seconds)}${shortFraction(moment.micros)}Z`
    }
    return isoCodec('IsoTimestamp', '1970-01-01T00:00:00Z', decode, use)
  }
  if (mode === 'connect') return integerCodec(int64(connect('Timestamp')), readTimestampMillis)
  if (mode === 'nanoseconds') {
    return integerCodec(int64(debezium('NanoTimestamp')), readTimestampNanos)
  }
  const isShort = precisionOf(use.typmod) <= 3
  if (isShort && mode !== 'microseconds') {
    return integerCodec(int64(debezium('Timestamp')), readTimestampMillis)
  }
  return integerCodec(int64(debezium('MicroTimestamp')), (text) => {
    if (isInfinity(text)) return infinityMillis(text) * 1000n
    return inRange(readTimestampMicros(text), text)
  })
}

function infinityMillis(text: string): bigint {
  return text === 'infinity' ? INFINITY_MILLIS : MINUS_INFINITY_MILLIS
}

function readTimestampMillis(text: string): number | bigint {
  if (isInfinity(text)) return infinityMillis(text)
  const micros = readTimestampMicros(text)
  if (typeof micros === 'number') return Math.floor(micros / 1000)
  const down = micros % 1000n < 0n ? 1n : 0n
  return exactInteger(micros / 1000n - down)
}

function readTimestampNanos(text: string): number | bigint {
  if (isInfinity(text)) return text === 'infinity' ? INT64_MAX : INT64_MIN
  const micros = readTimestampMicros(text)
  return inRange(exactInteger(BigInt(micros) * 1000n), text)
}

function inRange(value: number | bigint, text: string): number | bigint {
  if (typeof value === 'bigint' && (value > INT64_MAX || value < INT64_MIN)) {
    throw new UnconvertibleValue(`${text} is beyond 64 bits at this precision`)
  }
  return value
}

const PLUS = 0x2b
const DIGIT_ZERO = 0x30
const DASH = 0x2d
const POINT = 0x2e
/** `2024-02-29 13:14:15`: what comes before the fraction in a common year. */
const COMMON_LENGTH = 19

/** Always in UTC and with as many fraction digits as the type keeps. */
export function timestamptzCodec(use: TypeUse): ValueCodec {
  const digits = precisionOf(use.typmod)
  const padding = digits === 0 ? '' : `.${'0'.repeat(digits)}`
  const decode = (text: string): string => {
    const end = text.length - 3
    const isUtc =
      text.charCodeAt(end) === PLUS &&
      text.charCodeAt(end + 1) === DIGIT_ZERO &&
      text.charCodeAt(end + 2) === DIGIT_ZERO
    if (isUtc && text.charCodeAt(4) === DASH) {
      const date = text.slice(0, 10)
      if (end === COMMON_LENGTH) return `${date}T${text.slice(11, end)}${padding}Z`
      if (text.charCodeAt(COMMON_LENGTH) === POINT) {
        const missing = COMMON_LENGTH + 1 + digits - end
        const zeros = missing > 0 ? '0'.repeat(missing) : ''
        return `${date}T${text.slice(11, end)}${zeros}Z`
      }
    }
    if (isInfinity(text)) return text
    const moment = readMoment(text)
    const fraction = digits === 0 ? '' : `.${String(moment.micros).padStart(6, '0')}`
    return `${isoDateTime(moment.seconds)}${fraction.slice(0, digits + 1)}Z`
  }
  const codec = {
    schema: string(debezium('ZonedTimestamp')),
    decode,
    zero: '1970-01-01T00:00:00Z',
    unchanged: use.options.placeholder
  }
  return withDefaults(codec, `1970-01-01T00:00:00${padding}Z`)
}

/** The time of day in UTC. */
export function timetzCodec(use: TypeUse): ValueCodec {
  return {
    schema: string(debezium('ZonedTime')),
    decode(text) {
      const { seconds, micros } = readZonedTime(text)
      return `${isoTime(seconds)}${shortFraction(micros)}Z`
    },
    zero: '00:00:00Z',
    unchanged: use.options.placeholder
  }
}
