import { daysOf, SECONDS_PER_DAY } from '../../relational/calendar.ts'
import type { BinlogColumn } from '../binlog/binlog-event.ts'
import { ColumnType } from '../binlog/table-map.ts'
import type { ColumnModel } from '../schema/table-model.ts'
import type { BinlogReader, ColumnCodec, MakeCodec, ValueOptions } from './column-codec.ts'
import { parseDefault } from './default-value.ts'
import { TableMismatch, wrongType } from './table-mismatch.ts'
import {
  dateReader,
  dateTimeReader,
  oldDateTimeReader,
  oldTimeReader,
  oldTimestampReader,
  timeReader,
  timestampReader
} from './temporal-bytes.ts'
import {
  CLOCK_AT,
  type DateParts,
  FRACTION_AT,
  type Moment,
  type Precision,
  readClock,
  readDate,
  readDuration,
  readFraction,
  readMoment,
  readTime
} from './temporal-text.ts'
import {
  dateForm,
  dateTimeForm,
  dayCounter,
  type TemporalForm,
  timeForm,
  timestampForm
} from './temporal-value.ts'

interface TemporalParts {
  readonly readText: (bytes: Buffer) => unknown
  /** By type code. */
  readonly readers: Readonly<Record<number, () => BinlogReader>>
  /** A constant default, from its text; null for a zero date. */
  readonly constant: (text: string) => unknown
  /** Shown for CURRENT_TIMESTAMP; undefined shows none. */
  readonly now?: unknown
}

export const dateCodec: MakeCodec = (column, options) => {
  const form = dateForm(options)
  const countDays = dayCounter(options)
  const shown = ({ year, month, day }: DateParts) => {
    const days = countDays(year, month, day)
    return days === null ? null : form.show(days)
  }
  const read = () => dateReader(countDays, form.show)
  return codecOf(column, form, {
    readText: (bytes) => shown(readDate(bytes)),
    readers: { [ColumnType.DATE]: read, [ColumnType.NEWDATE]: read },
    constant(text) {
      const moment = readMoment(text, precisionOf(column, options))
      return moment && shown(moment.date)
    }
  })
}

export const timeCodec: MakeCodec = (column, options) => {
  const form = timeForm(options)
  const precision = precisionOf(column, options)
  const { digits } = precision
  return codecOf(column, form, {
    readText: (bytes) => form.show(readTime(bytes)),
    readers: {
      [ColumnType.TIME2]: () => timeReader(digits, form.show),
      [ColumnType.TIME]: () => oldTimeReader(digits, form.show)
    },
    constant(text) {
      const micros = readDuration(text, precision)
      return micros === undefined ? undefined : form.show(micros)
    }
  })
}

export const dateTimeCodec: MakeCodec = (column, options) => {
  const precision = precisionOf(column, options)
  const { digits } = precision
  const form = dateTimeForm(digits, options)
  const countDays = dayCounter(options)
  const shown = ({ date, seconds, micros }: Moment) => {
    const days = countDays(date.year, date.month, date.day)
    return days === null ? null : form.show(days * SECONDS_PER_DAY + seconds, micros)
  }
  const use = { digits, countDays, show: form.show }
  return codecOf(column, form, {
    readText: (bytes) =>
      shown({
        date: readDate(bytes),
        seconds: readClock(bytes, CLOCK_AT),
        micros: readFraction(bytes, FRACTION_AT)
      }),
    readers: {
      [ColumnType.DATETIME2]: () => dateTimeReader(use),
      [ColumnType.DATETIME]: () => oldDateTimeReader(use)
    },
    constant(text) {
      const moment = readMoment(text, precision)
      return moment && shown(moment)
    },
    now: form.zero
  })
}

/** From a session whose time zone is UTC. */
export const timestampCodec: MakeCodec = (column, options) => {
  const precision = precisionOf(column, options)
  const { digits } = precision
  const form = timestampForm(digits, options)
  // The text has what the event has, but for the letters.
  const shown = (text: string) => `${text.slice(0, 10)}T${text.slice(11)}Z`
  return codecOf(column, form, {
    readText: (bytes) => (isZeroDate(bytes) ? null : shown(bytes.toString('latin1'))),
    readers: {
      [ColumnType.TIMESTAMP2]: () => timestampReader(digits, form.show),
      [ColumnType.TIMESTAMP]: () => oldTimestampReader(digits, form.show)
    },
    constant(text) {
      const moment = readMoment(text, precision)
      if (moment === undefined) return undefined
      const { date, seconds, micros } = moment
      if (date.month === 0) return null
      const days = daysOf(date.year, date.month, date.day)
      return form.show(days * SECONDS_PER_DAY + seconds, micros)
    },
    now: column.optional ? undefined : form.zero
  })
}

/** `0000-00-00 00:00:00` */
function isZeroDate(bytes: Buffer): boolean {
  return bytes[0] === 0x30 && bytes[6] === 0x30 && bytes[5] === 0x30
}

function precisionOf(column: ColumnModel, { flavor }: ValueOptions): Precision {
  return { digits: column.length ?? 0, rounds: flavor === 'mysql' }
}

function codecOf(
  column: ColumnModel,
  { schema, zero, unavailable }: TemporalForm<unknown>,
  { readText, readers, constant, now }: TemporalParts
): ColumnCodec {
  return {
    schema,
    readText,
    reader(found) {
      const make = readers[found.type]
      if (make === undefined) throw wrongType(column, found)
      checkDigits(column, found)
      return make()
    },
    zero,
    unavailable,
    defaultOf(of) {
      const given = parseDefault(of)
      if (given.kind === 'now') return now
      if (given.kind !== 'text') return undefined
      const value = constant(given.text)
      // A zero date: what stands for one in the column itself.
      return value === null ? (of.optional ? undefined : zero) : value
    }
  }
}

function checkDigits(column: ColumnModel, found: BinlogColumn): void {
  const { TIME2, DATETIME2, TIMESTAMP2 } = ColumnType
  const tells = found.type === TIME2 || found.type === DATETIME2 || found.type === TIMESTAMP2
  const digits = column.length ?? 0
  if (!tells || found.meta === digits) return
  throw new TableMismatch(
    `column ${column.name} keeps ${digits} digits of a second, and ${found.meta} there`
  )
}
