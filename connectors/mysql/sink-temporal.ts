/**
 * Days and times as MySQL and MariaDB read them as text. Everything is exact: no `Date`, whose
 * milliseconds are too coarse. Calendar: proleptic Gregorian, as theirs.
 */
import { DataError } from '../../runtime/api/errors.ts'
import { civil, daysOf, twoDigits } from '../relational/calendar.ts'

export const DAY_US = 86_400_000_000n
const SECOND_US = 1_000_000n

/** The longest TIME of MariaDB; MySQL, whose last second has no fraction, refuses the rest itself. */
const MOST_TIME_US = 3_020_399_999_999n

function refuse(what: string): never {
  throw new DataError('INVALID_VALUE', `${what} cannot be stored in MySQL`)
}

/** Days since 1970 as a date. @throws {DataError} outside of the years 0 to 9999 */
export function dateText(days: number): string {
  const { year, month, day } = civil(days)
  if (!(year >= 0 && year <= 9999))
    refuse(`a date ${days} days from 1970, which is no year to 9999,`)
  return `${String(year).padStart(4, '0')}-${twoDigits(month)}-${twoDigits(day)}`
}

/**
 * Microseconds since 1970 as a date with time.
 *
 * @param digits of the fraction that the column keeps
 * @throws {DataError} for what the column would round
 */
export function timestampText(micros: bigint, digits: number): string {
  const time = timeOfDay(micros)
  const date = dateText(Number((micros - time) / DAY_US))
  return `${date} ${clock(time, digits)}`
}

/** Microseconds, of which TIME may have less than none and more than a day. */
export function timeText(micros: bigint, digits: number): string {
  const size = micros < 0n ? -micros : micros
  if (size > MOST_TIME_US) refuse(`a time of ${micros} microseconds, beyond 838:59:59,`)
  return `${micros < 0n ? '-' : ''}${clock(size, digits)}`
}

/** The microseconds since midnight. */
function timeOfDay(micros: bigint): bigint {
  return ((micros % DAY_US) + DAY_US) % DAY_US
}

function clock(micros: bigint, digits: number): string {
  const fraction = Number(micros % SECOND_US)
  const seconds = Number(micros / SECOND_US)
  if (fraction % 10 ** (6 - digits) !== 0) {
    throw new DataError(
      'INVALID_VALUE',
      `a time with .${String(fraction).padStart(6, '0')} seconds is finer than the column's ${digits} digits`
    )
  }
  const minutes = Math.floor(seconds / 60)
  const whole = `${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}:${twoDigits(seconds % 60)}`
  return fraction === 0 ? whole : `${whole}.${String(fraction).padStart(6, '0')}`
}

const TIME = String.raw`(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?`
const ZONE = String.raw`(Z|[+-]\d\d(?::?\d\d){0,2})?`
const DATE_TIME = new RegExp(String.raw`^([+-]?\d{4,6})-(\d\d)-(\d\d)(?:[T ]${TIME})?${ZONE}$`, 'i')
const TIME_ONLY = new RegExp(`^${TIME}${ZONE}$`, 'i')

/**
 * An ISO 8601 date, with or without time and zone, as microseconds since 1970 in UTC.
 *
 * @throws {DataError} when it is none, or has nanoseconds
 */
export function readInstant(text: string): bigint {
  const match = DATE_TIME.exec(text)
  if (!match) throw new DataError('INVALID_VALUE', `'${text.slice(0, 60)}' is no date and time`)
  const [, year, month, day, ...rest] = match
  const days = daysOf(Number(year), Number(month), Number(day))
  return BigInt(days) * DAY_US + microsOf(rest)
}

/** An ISO 8601 time, as microseconds since midnight in UTC. @throws {DataError} */
export function readTime(text: string): bigint {
  const match = TIME_ONLY.exec(text)
  if (!match) throw new DataError('INVALID_VALUE', `'${text.slice(0, 60)}' is no time`)
  const micros = microsOf(match.slice(1))
  return match[5] === undefined ? micros : timeOfDay(micros)
}

function microsOf([hours, minutes, seconds, fraction, zone]: readonly (
  | string
  | undefined
)[]): bigint {
  const clockSeconds = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)
  const nanos = BigInt((fraction ?? '').padEnd(9, '0'))
  return BigInt(clockSeconds - zoneSeconds(zone)) * SECOND_US + wholeMicros(nanos)
}

function zoneSeconds(zone: string | undefined): number {
  if (zone === undefined || /^z$/i.test(zone)) return 0
  const [hours, minutes, seconds] = zone.slice(1).match(/\d\d/g) ?? []
  const size = Number(hours) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)
  return zone.startsWith('-') ? -size : size
}

/** MySQL keeps microseconds: nanoseconds that would be lost are refused. */
export function wholeMicros(nanos: bigint): bigint {
  if (nanos % 1000n !== 0n) {
    throw new DataError('INVALID_VALUE', `${nanos} ns is finer than the microseconds of MySQL`)
  }
  return nanos / 1000n
}
