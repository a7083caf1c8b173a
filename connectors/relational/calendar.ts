/**
 * Arithmetic of the proleptic Gregorian calendar, in which databases count; years before 1 are
 * 0, -1 and so on. Algorithms after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
 */

export const SECONDS_PER_DAY = 86_400

/** @returns days since 1970-01-01 */
export function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** The date of a day number since 1970-01-01. */
export function civil(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365
  )
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day }
}

/** A date as ISO 8601 and Java print it: `2024-02-29`, `-0043-03-15`, `+12345-06-07`. */
export function isoDate(days: number): string {
  const { year, month, day } = civil(days)
  return `${isoYear(year)}-${twoDigits(month)}-${twoDigits(day)}`
}

function isoYear(year: number): string {
  const digits = String(Math.abs(year)).padStart(4, '0')
  if (year < 0) return `-${digits}`
  return year > 9999 ? `+${digits}` : digits
}

export function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : `${value}`
}

/** `13:14:15`, from seconds since midnight. */
export function isoTime(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  return `${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}:${twoDigits(seconds % 60)}`
}

/** `2024-02-29T13:14:15`, from whole seconds since 1970. */
export function isoDateTime(seconds: number): string {
  const days = Math.floor(seconds / SECONDS_PER_DAY)
  return `${isoDate(days)}T${isoTime(seconds - days * SECONDS_PER_DAY)}`
}

/** `.5` from 500000: without zeros at the end, and without a point when nothing is left. */
export function shortFraction(micros: number): string {
  if (micros === 0) return ''
  return `.${String(micros).padStart(6, '0').replace(/0+$/, '')}`
}
