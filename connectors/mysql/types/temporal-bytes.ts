/**
 * Dates and times in row images. The layouts of today (codes 17 to 19):
 * https://dev.mysql.com/doc/dev/mysql-server/latest/ (my_time.h: `my_timestamp_from_binary`,
 * `my_datetime_packed_from_binary`, `my_time_packed_from_binary`); those of before MySQL 5.6, and those of
 * MariaDB 5.3 with fractions (codes 7, 11 and 12): `Field_timestamp_hires`, `Field_time_hires` and
 * `Field_datetime_hires` in MariaDB's sql/field.cc, which `mysql56_temporal_format=OFF` still writes.
 */
import { SECONDS_PER_DAY } from '../../relational/calendar.ts'
import { ColumnType } from '../binlog/table-map.ts'
import type { BinlogReader } from './column-codec.ts'
import { bigEndian, int32, uint24, uint32 } from './row-bytes.ts'
import type { CountDays, ShowDate, ShowMoment, ShowTime } from './temporal-value.ts'

/** Bytes of a fraction, by its digits. */
const FRACTION_BYTES = [0, 1, 1, 2, 2, 3, 3]

/** Digits of a fraction in today's layouts are counted in pairs. */
function fractionUnit(digits: number): number {
  return 10 ** (6 - 2 * (FRACTION_BYTES[digits] ?? 0))
}

export function dateReader(countDays: CountDays, show: ShowDate): BinlogReader {
  return (cursor) => {
    const value = uint24(cursor.buffer, cursor.position)
    cursor.position += 3
    const days = countDays(value >> 9, (value >> 5) & 15, value & 31)
    return days === null ? null : show(days)
  }
}

export function timestampReader(digits: number, show: ShowMoment): BinlogReader {
  const bytes = FRACTION_BYTES[digits] ?? 0
  const unit = fractionUnit(digits)
  return (cursor) => {
    const { buffer, position } = cursor
    cursor.position = position + 4 + bytes
    return show(bigEndian(buffer, position, 4), bigEndian(buffer, position + 4, bytes) * unit)
  }
}

/** How many digits of a second a DATETIME has, and what becomes of it. */
export interface DateTimeUse {
  readonly digits: number
  readonly countDays: CountDays
  readonly show: ShowMoment
}

/** Five bytes: a sign, 17 bits of year * 13 + month, day, hour, minute, second; then the fraction. */
export function dateTimeReader({ digits, countDays, show }: DateTimeUse): BinlogReader {
  const bytes = FRACTION_BYTES[digits] ?? 0
  const unit = fractionUnit(digits)
  return (cursor) => {
    const { buffer, position } = cursor
    cursor.position = position + 5 + bytes
    // The first three bytes end with the highest bit of the hour.
    const date = bigEndian(buffer, position, 3) & 0x7fffff
    const clock = bigEndian(buffer, position + 2, 3) & 0x1ffff
    const months = date >> 6
    const year = Math.floor(months / 13)
    const days = countDays(year, months - year * 13, (date >> 1) & 31)
    if (days === null) return null
    const seconds = (clock >> 12) * 3600 + ((clock >> 6) & 63) * 60 + (clock & 63)
    const micros = bigEndian(buffer, position + 5, bytes) * unit
    return show(days * SECONDS_PER_DAY + seconds, micros)
  }
}

/** Three bytes and the fraction, as one number around the middle of its range. */
export function timeReader(digits: number, show: ShowTime): BinlogReader {
  const bytes = FRACTION_BYTES[digits] ?? 0
  const unit = fractionUnit(digits)
  const whole = 256 ** bytes
  const middle = 0x800000 * whole
  return (cursor) => {
    const packed = bigEndian(cursor.buffer, cursor.position, 3 + bytes) - middle
    cursor.position += 3 + bytes
    const size = Math.abs(packed)
    const clock = Math.floor(size / whole)
    const seconds = ((clock >> 12) & 0x3ff) * 3600 + ((clock >> 6) & 63) * 60 + (clock & 63)
    const micros = seconds * 1_000_000 + (size % whole) * unit
    return show(packed < 0 ? 0 - micros : micros)
  }
}

/** Before MySQL 5.6: seconds since 1970, little-endian; with a fraction MariaDB's, big-endian. */
export function oldTimestampReader(digits: number, show: ShowMoment): BinlogReader {
  const bytes = FRACTION_BYTES[digits] ?? 0
  const unit = 10 ** (6 - digits)
  return (cursor) => {
    const { buffer, position } = cursor
    cursor.position = position + 4 + bytes
    if (digits === 0) return show(uint32(buffer, position), 0)
    return show(bigEndian(buffer, position, 4), bigEndian(buffer, position + 4, bytes) * unit)
  }
}

/** Bytes of MariaDB's TIME and DATETIME of 5.3, by the digits of the fraction. */
const OLD_TIME_BYTES = [3, 4, 4, 5, 5, 5, 6]
const OLD_DATETIME_BYTES = [8, 6, 6, 7, 7, 7, 8]
const MAX_TIME_SECONDS = 838 * 3600 + 59 * 60 + 59

/** The digits HHMMSS of a number; with a fraction, units of it from the earliest time on. */
export function oldTimeReader(digits: number, show: ShowTime): BinlogReader {
  const bytes = OLD_TIME_BYTES[digits] ?? 3
  const unit = 10 ** (6 - digits)
  const start = (MAX_TIME_SECONDS + 1) * 10 ** digits
  return (cursor) => {
    const { buffer, position } = cursor
    cursor.position = position + bytes
    if (digits > 0) return show((bigEndian(buffer, position, bytes) - start) * unit + 0)
    const value = (uint24(buffer, position) << 8) >> 8
    const size = Math.abs(value)
    const seconds = secondsOfDigits(size)
    return show((value < 0 ? 0 - seconds : seconds) * 1_000_000)
  }
}

/** The digits YYYYMMDDHHMMSS of a number; with a fraction, all parts packed into one number. */
export function oldDateTimeReader({ digits, countDays, show }: DateTimeUse): BinlogReader {
  const bytes = OLD_DATETIME_BYTES[digits] ?? 8
  if (digits === 0) {
    return (cursor) => {
      const { buffer, position } = cursor
      cursor.position = position + bytes
      const value = int32(buffer, position + 4) * 4_294_967_296 + uint32(buffer, position)
      const date = Math.floor(value / 1_000_000)
      const days = countDays(Math.floor(date / 10_000), Math.floor(date / 100) % 100, date % 100)
      if (days === null) return null
      return show(days * SECONDS_PER_DAY + secondsOfDigits(value % 1_000_000), 0)
    }
  }
  const perSecond = BigInt(10 ** digits)
  return (cursor) => {
    const { buffer, position } = cursor
    cursor.position = position + bytes
    const packed = BigInt(`0x${buffer.toString('hex', position, position + bytes)}`)
    const seconds = Number(packed / perSecond)
    const date = Math.floor(seconds / SECONDS_PER_DAY)
    const months = Math.floor(date / 32)
    const days = countDays(Math.floor(months / 13), months % 13, date % 32)
    if (days === null) return null
    const micros = Number(packed % perSecond) * 10 ** (6 - digits)
    return show(days * SECONDS_PER_DAY + (seconds % SECONDS_PER_DAY), micros)
  }
}

function secondsOfDigits(digits: number): number {
  return Math.floor(digits / 10_000) * 3600 + (Math.floor(digits / 100) % 100) * 60 + (digits % 100)
}

/** Bytes of a date or time in a row image; undefined for other types. */
export function temporalSize(type: number, digits: number): number | undefined {
  const fraction = FRACTION_BYTES[digits] ?? 0
  switch (type) {
    case ColumnType.DATE:
    case ColumnType.NEWDATE:
      return 3
    case ColumnType.TIMESTAMP:
    case ColumnType.TIMESTAMP2:
      return 4 + fraction
    case ColumnType.DATETIME2:
      return 5 + fraction
    case ColumnType.TIME2:
      return 3 + fraction
    case ColumnType.TIME:
      return OLD_TIME_BYTES[digits]
    case ColumnType.DATETIME:
      return OLD_DATETIME_BYTES[digits]
    default:
      return undefined
  }
}
