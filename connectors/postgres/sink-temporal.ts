/**
 * Days and times as PostgreSQL reads them as text. Everything is exact: no `Date`, whose range and
 * milliseconds are too small. Calendar: proleptic Gregorian, as PostgreSQL's.
 */
import { civil } from '../relational/calendar.ts'

const DAY_US = 86_400_000_000n

/** What Debezium writes for an infinite timestamp, and the first one that PostgreSQL can hold. */
export const INFINITE_US = 9_223_372_036_825_200_000n
export const FIRST_US = -210_866_803_200_000_000n
const LAST_DAY = 2_145_042_905
const FIRST_DAY = -2_440_588

/** What Debezium's arithmetic makes of infinite dates, in the stream and in the snapshot. */
const INFINITE_DAYS = new Map([
  [-2_147_472_692, 'infinity'],
  [-2_147_472_691, '-infinity'],
  [-622_191_234, 'infinity'],
  [-625_821_272, '-infinity']
])

/** Days since 1970 as a date; what lies outside of PostgreSQL's range is an infinity. */
export function dateText(days: number): string {
  if (days > LAST_DAY) return 'infinity'
  if (days < FIRST_DAY) return INFINITE_DAYS.get(days) ?? '-infinity'
  const { year, month, day } = civil(days)
  return withYear(year, `-${pad(month)}-${pad(day)}`)
}

/** Microseconds since 1970 as a timestamp without zone. */
export function timestampText(micros: bigint): string {
  if (micros >= INFINITE_US) return 'infinity'
  if (micros < FIRST_US) return '-infinity'
  const time = ((micros % DAY_US) + DAY_US) % DAY_US
  const { year, month, day } = civil(Number((micros - time) / DAY_US))
  return withYear(year, `-${pad(month)}-${pad(day)} ${timeText(time)}`)
}

/**
 * Microseconds since midnight as a time; 24:00:00 is one. A TIME of MySQL may be negative or longer than a
 * day: a column of type interval takes it, one of type time refuses it.
 */
export function timeText(micros: bigint): string {
  if (micros < 0n) return `-${timeText(-micros)}`
  const total = Number(micros)
  const seconds = Math.floor(total / 1_000_000)
  const fraction = String(total % 1_000_000).padStart(6, '0')
  const clock = `${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}`
  return `${clock}:${pad(seconds % 60)}.${fraction}`
}

/**
 * An ISO 8601 date, with or without time and zone, as PostgreSQL reads it: Java writes years beyond
 * 9999 with a plus, and those before Christ as negative, counting from a year 0.
 */
export function isoText(text: string): string {
  const code = text.charCodeAt(0)
  if (code === 0x2b) return text.slice(1)
  if (code !== 0x2d || text === '-infinity') return text
  const match = /^-(\d+)(.*)$/.exec(text)
  return match ? `${String(Number(match[1]) + 1).padStart(4, '0')}${match[2]} BC` : text
}

function withYear(year: number, rest: string): string {
  if (year > 0) return `${String(year).padStart(4, '0')}${rest}`
  return `${String(1 - year).padStart(4, '0')}${rest} BC`
}

function pad(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}
