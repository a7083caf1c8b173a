/** Reads the text protocol's dates and times, and what a DEFAULT may look like. */
import { SECONDS_PER_DAY } from '../../relational/calendar.ts'
import { UnconvertibleValue } from '../../relational/unconvertible.ts'

export interface DateParts {
  readonly year: number
  readonly month: number
  readonly day: number
}

const ZERO = 0x30
const DASH = 0x2d
const COLON = 0x3a
const DATE_LENGTH = 10

function twoAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) * 10 + (bytes[at + 1] as number) - 11 * ZERO
}

/** Of `2024-02-29`, and of whatever begins with it. */
export function readDate(bytes: Uint8Array): DateParts {
  if (bytes[4] !== DASH || bytes[7] !== DASH) throw unreadable('date', bytes)
  return {
    year: twoAt(bytes, 0) * 100 + twoAt(bytes, 2),
    month: twoAt(bytes, 5),
    day: twoAt(bytes, 8)
  }
}

/** Seconds of `13:14:15` at a position. */
export function readClock(bytes: Uint8Array, at: number): number {
  return twoAt(bytes, at) * 3600 + twoAt(bytes, at + 3) * 60 + twoAt(bytes, at + 6)
}

/** Microseconds of a fraction that starts behind its point. */
export function readFraction(bytes: Uint8Array, start: number): number {
  let value = 0
  for (let i = start; i < start + 6; i++) {
    value = value * 10 + (i < bytes.length ? (bytes[i] as number) - ZERO : 0)
  }
  return value
}

/** Microseconds of `-838:59:59.999999`. */
export function readTime(bytes: Uint8Array): number {
  const negative = bytes[0] === DASH
  let at = negative ? 1 : 0
  let hours = 0
  while (at < bytes.length && bytes[at] !== COLON)
    hours = hours * 10 + (bytes[at++] as number) - ZERO
  if (bytes[at + 3] !== COLON) throw unreadable('time', bytes)
  const seconds = hours * 3600 + twoAt(bytes, at + 1) * 60 + twoAt(bytes, at + 4)
  const micros = seconds * 1_000_000 + readFraction(bytes, at + 7)
  return negative ? 0 - micros : micros
}

/** Where the time begins in `2024-02-29 13:14:15`. */
export const CLOCK_AT: number = DATE_LENGTH + 1
/** Where its fraction begins. */
export const FRACTION_AT: number = DATE_LENGTH + 10

function unreadable(type: string, bytes: Uint8Array): UnconvertibleValue {
  return new UnconvertibleValue(`'${Buffer.from(bytes).toString('latin1')}' is not a ${type}`)
}

/** How many digits of a fraction a column keeps, and whether it rounds (MySQL) or cuts (MariaDB). */
export interface Precision {
  readonly digits: number
  readonly rounds: boolean
}

/** A date and a time of day. */
export interface Moment {
  readonly date: DateParts
  readonly seconds: number
  readonly micros: number
}

const MOMENT =
  /^(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d*))?)?)?$/
const PACKED_MOMENT = /^(\d{4}|\d{2})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)(?:\.(\d*))?)?$/

/**
 * A date with or without time as a DEFAULT may have it: `2024-2-9`, `20240229131415`, `24-02-29`.
 * https://dev.mysql.com/doc/refman/8.4/en/date-and-time-literals.html
 *
 * @returns undefined when it is none
 */
export function readMoment(text: string, precision: Precision): Moment | undefined {
  const match = MOMENT.exec(text) ?? PACKED_MOMENT.exec(text)
  if (match === null) return undefined
  const [, year = '', month, day, hours = 0, minutes = 0, seconds = 0, fraction = ''] = match
  const short = year.length < 3 && Number(month) > 0
  const date = {
    year: short ? Number(year) + (Number(year) < 70 ? 2000 : 1900) : Number(year),
    month: Number(month),
    day: Number(day)
  }
  const clock = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
  const micros = microsOf(fraction, precision)
  // What rounding carries beyond midnight is no default that anybody writes.
  if (clock + Math.floor(micros / 1_000_000) >= SECONDS_PER_DAY) return undefined
  return { date, seconds: clock + Math.floor(micros / 1_000_000), micros: micros % 1_000_000 }
}

const DURATION = /^(-?)(?:(\d+) )?(\d{1,3}):(\d{1,2})(?::(\d{1,2})(?:\.(\d*))?)?$/
const PACKED_DURATION = /^(-?)(\d{0,3}?)(\d{0,2}?)(\d{1,2})(?:\.(\d*))?$/

/** A time as a DEFAULT may have it: `1:2:3`, `-838:59:59.5`, `010203`; undefined when it is none. */
export function readDuration(text: string, precision: Precision): number | undefined {
  const match = DURATION.exec(text)
  const packed = match === null ? PACKED_DURATION.exec(text) : null
  const parts = match ?? (packed && [packed[0], packed[1], '0', ...packed.slice(2)])
  if (!parts) return undefined
  const [, sign, days = 0, hours = 0, minutes = 0, seconds = 0, fraction = ''] = parts
  const clock = Number(days) * 24 + Number(hours)
  const total = clock * 3600 + Number(minutes) * 60 + Number(seconds)
  const micros = total * 1_000_000 + microsOf(String(fraction ?? ''), precision)
  return sign === '-' ? 0 - micros : micros
}

function microsOf(fraction: string, { digits, rounds }: Precision): number {
  const unit = 10 ** (6 - digits)
  const units = Number(fraction.slice(0, 6).padEnd(6, '0')) / unit
  return (rounds ? Math.round(units) : Math.floor(units)) * unit
}
