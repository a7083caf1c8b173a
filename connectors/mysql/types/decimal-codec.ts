import { scaled } from '../../../runtime/api/decimal.ts'
import { decimal, float64, string } from '../../../runtime/api/schema.ts'
import { rescale } from '../../relational/exact-number.ts'
import type { BinlogColumn } from '../binlog/binlog-event.ts'
import { ColumnType } from '../binlog/table-map.ts'
import type { ColumnModel } from '../schema/table-model.ts'
import type { BinlogReader, ColumnCodec, MakeCodec } from './column-codec.ts'
import { readDecimal } from './decimal-bytes.ts'
import { numericDefault } from './default-value.ts'
import { TableMismatch, wrongType } from './table-mismatch.ts'

/** What DECIMAL without arguments is. */
const DEFAULT_PRECISION = 10

/** DECIMAL, NUMERIC and FIXED, as `decimal.handling.mode` says. */
export const decimalCodec: MakeCodec = (column, { decimal: mode, placeholder }) => {
  const precision = column.length ?? DEFAULT_PRECISION
  const scale = column.scale ?? 0
  const read = (found: BinlogColumn) => decimalReader(column, found, { precision, scale })
  if (mode === 'double') {
    return doubleDecimal(column, read, scale)
  }
  const parameters = { 'connect.decimal.precision': String(precision) }
  return {
    schema: mode === 'string' ? string() : decimal(scale, { parameters }),
    readText: (bytes) => withoutZeroFill(bytes.toString('latin1')),
    reader: read,
    zero: scaled(0n, scale),
    unavailable: mode === 'string' ? placeholder : null,
    defaultOf: (of) => exactDefault(of, scale)
  }
}

function doubleDecimal(
  column: ColumnModel,
  read: (found: BinlogColumn) => BinlogReader,
  scale: number
): ColumnCodec {
  return {
    schema: float64(),
    readText: (bytes) => Number(bytes.toString('latin1')) + 0,
    reader(found) {
      const exact = read(found)
      return (cursor) => Number(exact(cursor))
    },
    zero: 0,
    unavailable: null,
    defaultOf() {
      const text = exactDefault(column, scale)
      return text === undefined ? undefined : Number(text)
    }
  }
}

function exactDefault(column: ColumnModel, scale: number): string | undefined {
  const text = numericDefault(column)
  if (text === undefined) return undefined
  return withoutZeroFill(rescale(text, scale))
}

/** ZEROFILL puts zeros in front, and no number is minus zero. */
function withoutZeroFill(text: string): string {
  const second = text.charCodeAt(1)
  if (text.charCodeAt(0) === 0x30 && second >= 0x30 && second <= 0x39) {
    return text.replace(/^0+(?=\d)/, '')
  }
  return text.charCodeAt(0) === 0x2d && /^-[0.]*$/.test(text) ? text.slice(1) : text
}

function decimalReader(
  column: ColumnModel,
  found: BinlogColumn,
  declared: { readonly precision: number; readonly scale: number }
): BinlogReader {
  if (found.type !== ColumnType.NEWDECIMAL) throw wrongType(column, found)
  const precision = found.meta >> 8
  const scale = found.meta & 0xff
  if (precision !== declared.precision || scale !== declared.scale) {
    throw new TableMismatch(
      `column ${column.name} is DECIMAL(${declared.precision},${declared.scale}), and DECIMAL(${precision},${scale}) there`
    )
  }
  return readDecimal(precision, scale)
}
