import { daysOf, SECONDS_PER_DAY } from '../../relational/calendar.ts'
import { UnconvertibleValue } from '../../relational/unconvertible.ts'

/**
 * Readers of PostgreSQL's text of dates and times in DateStyle ISO. Nothing passes through Date or a
 * float: years run from 4713 BC to 294276, with microseconds.
 */

const COLON = 0x3a
const DASH = 0x2d
const ZERO = 0x30
const LETTER_C = 0x43
/** Above this many seconds, microseconds are beyond 2^53. */
const SAFE_SECONDS = 9_007_199_253

/** A point in time: whole seconds since 1970, downwards, and the microseconds on top of them. */
export interface Moment {
  readonly seconds: number
  readonly micros: number
}

export function isInfinity(text: string): boolean {
  return text === 'infinity' || text === '-infinity'
}

function twoAt(text: string, at: number): number {
  return text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - 11 * ZERO
}

/** Microseconds of a fraction that starts after its point, up to `end`. */
function fractionAt(text: string, start: number, end: number): number {
  let value = 0
  for (let i = 0; i < 6; i++) {
    value = value * 10 + (start + i < end ? text.charCodeAt(start + i) - ZERO : 0)
  }
  return value
}

/** Seconds of `13:14:15` at a position. */
function clockAt(text: string, at: number): number {
  return twoAt(text, at) * 3600 + twoAt(text, at + 3) * 60 + twoAt(text, at + 6)
}

/** Whether the text starts with a year of four digits and is not before Christ. */
function isCommon(text: string): boolean {
  return text.charCodeAt(4) === DASH && text.charCodeAt(text.length - 1) !== LETTER_C
}

/** Days since 1970 of `2024-02-29` or `0044-03-15 BC`. */
export function readDays(text: string): number {
  if (isCommon(text)) {
    return daysOf(twoAt(text, 0) * 100 + twoAt(text, 2), twoAt(text, 5), twoAt(text, 8))
  }
  const [, year, month, day, bc] = /^(\d+)-(\d\d)-(\d\d)( BC)?$/.exec(text) ?? []
  if (year === undefined) throw unreadable('date', text)
  return daysOf(bc ? 1 - Number(year) : Number(year), Number(month), Number(day))
}

/** Microseconds since midnight of `13:14:15.123456`; `24:00:00` is a whole day. */
export function readTimeMicros(text: string): number {
  if (text.charCodeAt(2) !== COLON) throw unreadable('time', text)
  return clockAt(text, 0) * 1_000_000 + fractionAt(text, 9, text.length)
}

/** Microseconds since 1970 of a timestamp without zone; a bigint beyond 2^53. */
export function readTimestampMicros(text: string): number | bigint {
  if (isCommon(text)) {
    const year = twoAt(text, 0) * 100 + twoAt(text, 2)
    const days = daysOf(year, twoAt(text, 5), twoAt(text, 8))
    const seconds = days * SECONDS_PER_DAY + clockAt(text, 11)
    return microsOf(seconds, fractionAt(text, 20, text.length))
  }
  const { seconds, micros } = readMoment(text)
  return microsOf(seconds, micros)
}

export function microsOf(seconds: number, micros: number): number | bigint {
  if (seconds < SAFE_SECONDS && seconds > -SAFE_SECONDS) return seconds * 1_000_000 + micros
  return BigInt(seconds) * 1_000_000n + BigInt(micros)
}

const MOMENT =
  /^(\d+)-(\d\d)-(\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?(?:([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?)?( BC)?$/

/** Any timestamp, with or without zone, but infinity. */
export function readMoment(text: string): Moment {
  const match = MOMENT.exec(text)
  if (match === null) throw unreadable('timestamp', text)
  const [, year, month, day, clock = '', fraction = '', sign, ...rest] = match
  const [hours, minutes, seconds, bc] = rest
  const days = daysOf(bc ? 1 - Number(year) : Number(year), Number(month), Number(day))
  const offset = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)
  return {
    seconds: days * SECONDS_PER_DAY + clockAt(clock, 0) - (sign === '-' ? -offset : offset),
    micros: fractionAt(fraction, 0, fraction.length)
  }
}

const ZONED_TIME = /^(\d\d:\d\d:\d\d)(?:\.(\d+))?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?$/

/** A time of day with zone, as the time of day in UTC. */
export function readZonedTime(text: string): Moment {
  const match = ZONED_TIME.exec(text)
  if (match === null) throw unreadable('time with time zone', text)
  const [, clock = '', fraction = '', sign, hours, minutes, seconds] = match
  const offset = Number(hours) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)
  const utc = clockAt(clock, 0) - (sign === '-' ? -offset : offset)
  return {
    seconds: ((utc % SECONDS_PER_DAY) + SECONDS_PER_DAY) % SECONDS_PER_DAY,
    micros: fractionAt(fraction, 0, fraction.length)
  }
}

/** The parts that PostgreSQL keeps apart: a month has no fixed number of days. */
export interface Interval {
  readonly years: number
  readonly months: number
  readonly days: number
  /** Seconds and microseconds have the sign of the time part. */
  readonly seconds: number
  readonly micros: number
}

const INTERVAL =
  /^(?:([+-]?\d+) years?)? ?(?:([+-]?\d+) mons?)? ?(?:([+-]?\d+) days?)? ?(?:([+-])?(\d+):(\d\d):(\d\d)(?:\.(\d+))?)?$/

/** An interval in IntervalStyle postgres, such as `1 year 2 mons -3 days +04:05:06.789`. */
export function readInterval(text: string): Interval {
  const match = INTERVAL.exec(text)
  if (match === null || text === '') throw unreadable('interval', text)
  const [, years, months, days, sign, hours, minutes, seconds, fraction = ''] = match
  const direction = sign === '-' ? -1 : 1
  const clock = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)
  return {
    years: Number(years ?? 0),
    months: Number(months ?? 0),
    days: Number(days ?? 0),
    seconds: direction * clock,
    micros: direction * fractionAt(fraction, 0, fraction.length)
  }
}

function unreadable(type: string, text: string): UnconvertibleValue {
  return new UnconvertibleValue(`'${text}' is not a ${type} in ISO style`)
}
