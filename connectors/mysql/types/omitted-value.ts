import type { ColumnModel } from '../schema/table-model.ts'
import type { ColumnCodec } from './column-codec.ts'
import { parseDefault } from './default-value.ts'

/** Nobody can tell from the log. */
export const UNKNOWN = Symbol('unknown')

const INTEGERS = /^(?:TINY|SMALL|MEDIUM|BIG)?INT|^INTEGER|^BOOL|^SERIAL|^BIT|^YEAR/
const REALS = /^(?:FLOAT|DOUBLE|REAL)/
const DECIMALS = /^(?:DECIMAL|NUMERIC|FIXED|DEC\b)/
const TEXTS = /CHAR|TEXT|CLOB|^LONG/
const DATES = /^(?:DATE|DATETIME|TIMESTAMP)\b/
/** SHOW CREATE TABLE has a question mark for bytes that are no text, and for characters beyond U+FFFF. */
const CLEAR_BYTES = /^[ ->@-~]*\0*$/
const PRINTED_DIGITS = 6
const ZERO_DATE = /^(?:0000-00-00(?: 00:00:00(?:\.0+)?)?|0+)$/

/**
 * What a new row has in a column that its image leaves out, as the codec of the column reads values.
 *
 * With `binlog_row_image=MINIMAL` the image of an insert has the columns that the statement named, and those
 * whose value the server had to work out: AUTO_INCREMENT, expressions and CURRENT_TIMESTAMP as defaults, stored
 * generated columns, what a trigger set (seen with MariaDB 10.11;
 * https://dev.mysql.com/doc/refman/8.4/en/replication-options-binary-log.html#sysvar_binlog_row_image). What is
 * left are constants, and virtual columns.
 *
 * @returns {@link UNKNOWN} where the constant is not known for sure
 */
export function omittedValue(column: ColumnModel, codec: ColumnCodec): unknown {
  if (column.generated) return UNKNOWN
  if (column.defaultExpression !== null) return constantDefault(column, codec)
  return column.optional ? null : implicitDefault(column, codec)
}

function constantDefault(column: ColumnModel, codec: ColumnCodec): unknown {
  const { typeName, defaultIsLiteral: isLiteral } = column
  const given = parseDefault(column)
  if (given.kind === 'none' || given.kind === 'now') return UNKNOWN
  if (DATES.test(typeName)) {
    if (given.kind !== 'text') return UNKNOWN
    if (ZERO_DATE.test(given.text)) return null
    // It is in the time zone of the session that declared it.
    if (typeName === 'TIMESTAMP') return UNKNOWN
  }
  if (/^(?:ENUM|SET)/.test(typeName) && !isLiteral) return UNKNOWN
  if (/^BIT/.test(typeName) && isLiteral) return UNKNOWN
  if (/BINARY|BLOB/.test(typeName) && given.kind === 'text' && !CLEAR_BYTES.test(given.text)) {
    return UNKNOWN
  }
  if (given.kind === 'text' && given.text.includes('?')) return UNKNOWN
  if (/^(?:UUID|INET4)$/.test(typeName))
    return addressDefault(given.kind === 'text' ? given.text : '')
  // The server prints numbers in its own way, as text.
  if (TEXTS.test(typeName) && !isLiteral && given.kind === 'text' && !/^-?\d+$/.test(given.text)) {
    return UNKNOWN
  }
  if (REALS.test(typeName)) return realDefault(column, codec)
  return shownDefault(column, codec)
}

/** FLOAT(7,3) keeps three digits of the fraction, in 32 bits. */
function realDefault(column: ColumnModel, codec: ColumnCodec): unknown {
  const value = shownDefault(column, codec)
  const text = column.defaultExpression ?? ''
  if (typeof value !== 'number' || !column.typeName.startsWith('FLOAT')) {
    return hasMoreDigits(text, column.scale) ? UNKNOWN : value
  }
  // SHOW CREATE TABLE prints six digits: there may have been more.
  const digits = text.replace(/e.*$/i, '').replaceAll(/[^\d]/g, '')
  if (digits.replace(/^0+/, '').length >= PRINTED_DIGITS) return UNKNOWN
  return hasMoreDigits(text, column.scale) ? UNKNOWN : Math.fround(value)
}

/** As the server prints it; INET6 has too many ways to be written. */
function addressDefault(text: string): unknown {
  const isClear =
    /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text) ||
    /^(?:(?:0|[1-9]\d{0,2})(?:\.|$)){4}$/.test(text)
  return isClear ? text.toLowerCase() : UNKNOWN
}

function hasMoreDigits(text: string, scale: number | null): boolean {
  if (scale === null) return false
  return /e/i.test(text) || (text.split('.')[1] ?? '').length > scale
}

function shownDefault(column: ColumnModel, codec: ColumnCodec): unknown {
  try {
    return codec.defaultOf(column) ?? UNKNOWN
  } catch {
    return UNKNOWN
  }
}

/** Of a NOT NULL column without a default, where the SQL mode lets it pass. */
function implicitDefault(column: ColumnModel, codec: ColumnCodec): unknown {
  const { typeName, values, length } = column
  if (DATES.test(typeName)) return null
  if (typeName === 'ENUM') return values[0] ?? UNKNOWN
  if (typeName === 'BINARY') return codec.readText(Buffer.alloc(length ?? 1))
  const hasZero =
    [INTEGERS, REALS, DECIMALS, TEXTS].some((names) => names.test(typeName)) ||
    /^(?:SET|TIME|VARBINARY|UUID|INET4|INET6|\w*BLOB)$/.test(typeName)
  return hasZero ? codec.zero : UNKNOWN
}
