/**
 * What dates and times become in an event, by `time.precision.mode`: from numbers, as both protocols give
 * them. The calendar is the proleptic Gregorian one, which is the server's too.
 */
import {
  int32,
  int64,
  type Schema,
  type SchemaOptions,
  string
} from '../../../runtime/api/schema.ts'
import {
  daysOf,
  isoDate,
  isoDateTime,
  isoTime,
  SECONDS_PER_DAY,
  shortFraction
} from '../../relational/calendar.ts'
import { exactInteger } from '../../relational/exact-number.ts'
import { UnconvertibleValue } from '../../relational/unconvertible.ts'
import type { ValueOptions } from './column-codec.ts'

/** What a value of one type is made of. */
export interface TemporalForm<Show> {
  readonly schema: Schema
  readonly zero: unknown
  readonly unavailable: unknown
  readonly show: Show
}

/** @param days since 1970 */
export type ShowDate = (days: number) => unknown
/** @param micros since midnight; negative, and more than a day, too */
export type ShowTime = (micros: number) => unknown
/** @param seconds since 1970, and the microseconds on top of them */
export type ShowMoment = (seconds: number, micros: number) => unknown

/** Days since 1970 of a date; null for a date with a zero in it, which no calendar has. */
export type CountDays = (year: number, month: number, day: number) => number | null

const MICROS_PER_DAY = SECONDS_PER_DAY * 1_000_000
/** Above this many seconds, microseconds are beyond 2^53. */
const SAFE_SECONDS = 9_007_199_253
const INT64_MAX = 2n ** 63n - 1n
const INT64_MIN = -(2n ** 63n)
const EPOCH = '1970-01-01T00:00:00Z'

const debezium = (name: string): SchemaOptions => ({ name: `io.debezium.time.${name}`, version: 1 })
const connect = (name: string): SchemaOptions => ({
  name: `org.apache.kafka.connect.data.${name}`,
  version: 1
})

export function dateForm(options: ValueOptions): TemporalForm<ShowDate> {
  if (options.time === 'isostring') {
    return isoForm('IsoDate', '1970-01-01Z', options, (days) => `${isoDate(days)}Z`)
  }
  const schema = int32(options.time === 'connect' ? connect('Date') : debezium('Date'))
  return integerForm(schema, (days) => days)
}

export function timeForm(options: ValueOptions): TemporalForm<ShowTime> {
  switch (options.time) {
    case 'isostring':
      return isoForm('IsoTime', '00:00:00Z', options, (micros: number) => {
        const ofDay = timeOfDay(micros)
        return `${isoTime(Math.floor(ofDay / 1_000_000))}${shortFraction(ofDay % 1_000_000)}Z`
      })
    case 'connect':
      return integerForm(int32(connect('Time')), (micros: number) =>
        Math.floor(timeOfDay(micros) / 1000)
      )
    case 'nanoseconds':
      return integerForm(int64(debezium('NanoTime')), (micros: number) => micros * 1000)
    default:
      return integerForm(int64(debezium('MicroTime')), (micros: number) => micros)
  }
}

/** @param digits of the fraction that the column keeps */
export function dateTimeForm(digits: number, options: ValueOptions): TemporalForm<ShowMoment> {
  switch (options.time) {
    case 'isostring':
      return isoForm('IsoTimestamp', EPOCH, options, (seconds, micros) => {
        return `${isoDateTime(seconds)}${shortFraction(micros)}Z`
      })
    case 'connect':
      return integerForm(int64(connect('Timestamp')), millisOf)
    case 'nanoseconds':
      return integerForm(int64(debezium('NanoTimestamp')), nanosOf)
    case 'microseconds':
      return integerForm(int64(debezium('MicroTimestamp')), microsOf)
    default:
      return digits <= 3
        ? integerForm(int64(debezium('Timestamp')), millisOf)
        : integerForm(int64(debezium('MicroTimestamp')), microsOf)
  }
}

/** Always text, in UTC and with as many fraction digits as the column keeps. */
export function timestampForm(digits: number, options: ValueOptions): TemporalForm<ShowMoment> {
  // Rows of one time are often rows of one day.
  let lastDay = Number.NaN
  let lastDate = ''
  const show: ShowMoment = (seconds, micros) => {
    // A zero date: nothing in the log is as early as 1970-01-01 00:00:00.
    if (seconds === 0 && micros === 0) return null
    const day = Math.floor(seconds / SECONDS_PER_DAY)
    if (day !== lastDay) {
      lastDay = day
      lastDate = isoDate(day)
    }
    const time = isoTime(seconds - day * SECONDS_PER_DAY)
    if (digits === 0) return `${lastDate}T${time}Z`
    const fraction = String(micros).padStart(6, '0').slice(0, digits)
    return `${lastDate}T${time}.${fraction}Z`
  }
  return isoForm('ZonedTimestamp', EPOCH, options, show)
}

function integerForm<Show>(schema: Schema, show: Show): TemporalForm<Show> {
  return { schema, zero: 0, unavailable: null, show }
}

function isoForm<Show>(
  name: string,
  zero: string,
  { placeholder }: ValueOptions,
  show: Show
): TemporalForm<Show> {
  return { schema: string(debezium(name)), zero, unavailable: placeholder, show }
}

/** With `enable.time.adjuster` a year of two digits is one of our time: 69 is 2069, 70 is 1970. */
export function dayCounter({ timeAdjuster }: ValueOptions): CountDays {
  return (year, month, day) => {
    if (month === 0 || day === 0) return null
    if (day > 28 && day > lastDayOf(year, month)) {
      // Only with the SQL mode ALLOW_INVALID_DATES.
      throw new UnconvertibleValue(`${year}-${month}-${day} is no day of the calendar`)
    }
    return daysOf(timeAdjuster && year < 100 ? year + (year < 70 ? 2000 : 1900) : year, month, day)
  }
}

function lastDayOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** A TIME may be negative and longer than a day; a time of day may not. */
function timeOfDay(micros: number): number {
  if (micros >= 0 && micros < MICROS_PER_DAY) return micros
  throw new UnconvertibleValue(
    'a TIME below 00:00:00 or beyond 23:59:59 is no time of day; time.precision.mode microseconds keeps it'
  )
}

function millisOf(seconds: number, micros: number): number {
  return seconds * 1000 + Math.floor(micros / 1000)
}

function microsOf(seconds: number, micros: number): number | bigint {
  if (seconds < SAFE_SECONDS && seconds > -SAFE_SECONDS) return seconds * 1_000_000 + micros
  return exactInteger(BigInt(seconds) * 1_000_000n + BigInt(micros))
}

function nanosOf(seconds: number, micros: number): number | bigint {
  const nanos = BigInt(seconds) * 1_000_000_000n + BigInt(micros) * 1000n
  if (nanos > INT64_MAX || nanos < INT64_MIN) {
    throw new UnconvertibleValue(`${isoDateTime(seconds)} is beyond 64 bits of nanoseconds`)
  }
  return exactInteger(nanos)
}
