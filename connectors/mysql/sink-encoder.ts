import { DataError } from '../../runtime/api/errors.ts'
import type { Schema } from '../../runtime/api/schema.ts'
import { type Meaning, meaningOf } from './sink-meaning.ts'
import { schemalessMeaning } from './sink-schemaless.ts'
import type { TargetColumn } from './sink-table.ts'
import { DAY_US, dateText, timestampText, timeText } from './sink-temporal.ts'

/** How the values of a field get into a column. */
export interface Encoder {
  /** What `write` gives: a number for SQL as it is, text that needs quotes, or bytes in hexadecimal. */
  readonly form: 'number' | 'text' | 'hex'
  /** @param value not null. @throws {DataError} when it does not fit the column */
  readonly write: (value: unknown) => string
}

type Compile = (
  meaning: Meaning,
  column: TargetColumn,
  schema: Schema | null
) => Encoder | undefined

/**
 * Chooses how to send a field to a column: exactly, or refused. The server would round fractions and cut
 * digits without a word, even in its strict mode.
 *
 * @param schema of the field; null for values without schema, which the column's type explains
 */
export function encoderFor(
  schema: Schema | null,
  column: TargetColumn,
  options: { readonly decimalsAsBase64: boolean }
): Encoder {
  const meaning = schema === null ? schemalessMeaning(column, options) : meaningOf(schema)
  const compile = BY_COLUMN[column.type] ?? toText
  return compile(meaning, column, schema) ?? { form: 'text', write: () => mismatch(column, schema) }
}

function mismatch(column: TargetColumn, schema: Schema | null): never {
  const found = schema ? (schema.name ?? schema.type) : 'a value'
  throw new DataError('INVALID_VALUE', `${found} does not fit type ${column.fullType}`)
}

function refused(column: TargetColumn, value: unknown): never {
  const found = String(value).slice(0, 60)
  throw new DataError('INVALID_VALUE', `${found} does not fit type ${column.fullType}`)
}

const toInteger: Compile = ({ integer, decimal }, column) => {
  if (integer) return { form: 'number', write: (value) => String(integer(value)) }
  return decimal && { form: 'number', write: (value) => exactDecimal(decimal(value), 0, column) }
}

/** Years of two digits would become years of four, and 5 the year 2005. */
const toYear: Compile = ({ integer }, column) =>
  integer && {
    form: 'number',
    write(value) {
      const year = Number(integer(value))
      return year === 0 || (year >= 1901 && year <= 2155) ? String(year) : refused(column, year)
    }
  }

const toDecimal: Compile = ({ decimal }, column) =>
  decimal && {
    form: 'number',
    write: (value) => exactDecimal(decimal(value), column.scale ?? 0, column)
  }

const DIGITS = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/

/** The number without an exponent, refused where it has more fraction digits than the column. */
function exactDecimal(text: string, scale: number, column: TargetColumn): string {
  const match = DIGITS.exec(text)
  if (!match) return refused(column, text)
  const [, sign, whole = '', fraction = '', exponent] = match
  const moved = exponent === undefined ? text : shifted(whole, fraction, Number(exponent))
  if (moved === null) return refused(column, text)
  const plain = exponent === undefined ? moved : `${sign}${moved}`
  if (!/[1-9]/.test((plain.split('.')[1] ?? '').slice(scale))) return plain
  throw new DataError(
    'INVALID_VALUE',
    `${text} has more fraction digits than the column's ${scale}`
  )
}

/** More digits than a decimal can have are no number for it. */
function shifted(whole: string, fraction: string, by: number): string | null {
  if (Math.abs(by) > 400) return null
  const digits = whole + fraction
  const point = whole.length + by
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`
  return point >= digits.length
    ? digits + '0'.repeat(point - digits.length)
    : `${digits.slice(0, point)}.${digits.slice(point)}`
}

const toFloat: Compile = ({ float }, column, schema) =>
  float && {
    form: 'number',
    write(value) {
      const number = float(value)
      if (!Number.isFinite(number)) return refused(column, number)
      if (column.type === 'float' && schema?.type !== 'float32' && Math.fround(number) !== number) {
        throw new DataError('INVALID_VALUE', `${number} would lose digits in type float`)
      }
      const text = Object.is(number, -0) ? '-0' : String(number)
      // With an exponent, because digits alone are a decimal to the server.
      return text.includes('e') ? text : `${text}e0`
    }
  }

const hexOf = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')

const toBits: Compile = ({ bits }) => bits && { form: 'hex', write: (value) => hexOf(bits(value)) }

const toText: Compile = ({ text }) => ({ form: 'text', write: text })

const toBytes: Compile = ({ bytes, text }) =>
  bytes ? { form: 'hex', write: (value) => hexOf(bytes(value)) } : { form: 'text', write: text }

const toDate: Compile = ({ date }) =>
  date && { form: 'text', write: (value) => dateText(date(value)) }

const toTime: Compile = ({ time }, { digits }) =>
  time && { form: 'text', write: (value) => timeText(time(value), digits) }

const toDateTime: Compile = ({ instant, date }, { digits }) => {
  if (instant) return { form: 'text', write: (value) => timestampText(instant(value), digits) }
  return (
    date && {
      form: 'text',
      write: (value) => timestampText(BigInt(date(value)) * DAY_US, digits)
    }
  )
}

const toGeometry: Compile = ({ geometry, bytes }) => {
  const read = geometry ?? bytes
  return read && { form: 'hex', write: (value) => hexOf(read(value)) }
}

/** By DATA_TYPE; whatever is not here takes text. */
const BY_COLUMN: Readonly<Record<string, Compile>> = {
  tinyint: toInteger,
  smallint: toInteger,
  mediumint: toInteger,
  int: toInteger,
  bigint: toInteger,
  year: toYear,
  decimal: toDecimal,
  float: toFloat,
  double: toFloat,
  bit: toBits,
  binary: toBytes,
  varbinary: toBytes,
  tinyblob: toBytes,
  blob: toBytes,
  mediumblob: toBytes,
  longblob: toBytes,
  vector: toBytes,
  date: toDate,
  time: toTime,
  datetime: toDateTime,
  timestamp: toDateTime,
  geometry: toGeometry,
  point: toGeometry,
  linestring: toGeometry,
  polygon: toGeometry,
  multipoint: toGeometry,
  multilinestring: toGeometry,
  multipolygon: toGeometry,
  geomcollection: toGeometry,
  geometrycollection: toGeometry
}
