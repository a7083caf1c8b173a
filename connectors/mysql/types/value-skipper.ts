import type { BinlogColumn } from '../binlog/binlog-event.ts'
import { ColumnType } from '../binlog/table-map.ts'
import type { ColumnModel } from '../schema/table-model.ts'
import type { BinlogReader } from './column-codec.ts'
import { decimalSize } from './decimal-bytes.ts'
import { lengthSize } from './length-reader.ts'
import { littleEndian } from './row-bytes.ts'
import { wrongType } from './table-mismatch.ts'
import { temporalSize } from './temporal-bytes.ts'

const SIZES: Readonly<Record<number, number>> = {
  [ColumnType.TINY]: 1,
  [ColumnType.YEAR]: 1,
  [ColumnType.SHORT]: 2,
  [ColumnType.INT24]: 3,
  [ColumnType.LONG]: 4,
  [ColumnType.FLOAT]: 4,
  [ColumnType.DOUBLE]: 8,
  [ColumnType.LONGLONG]: 8
}

/** Moves past a value of a column that is not in the events. */
export function valueSkipper(column: ColumnModel, found: BinlogColumn): BinlogReader {
  const prefix = lengthSize(found)
  if (prefix > 0) {
    return (cursor) => {
      cursor.position += prefix + littleEndian(cursor.buffer, cursor.position, prefix)
    }
  }
  const size = fixedSize(found, column.length ?? 0)
  if (size === undefined) throw wrongType(column, found)
  return (cursor) => {
    cursor.position += size
  }
}

/** @param digits of a second, which old layouts do not tell */
function fixedSize({ type, meta }: BinlogColumn, digits: number): number | undefined {
  switch (type) {
    case ColumnType.BIT:
      return (meta + 7) >> 3
    case ColumnType.ENUM:
    case ColumnType.SET:
      return meta
    case ColumnType.NEWDECIMAL:
      return decimalSize(meta >> 8, meta & 0xff)
    case ColumnType.TIMESTAMP2:
    case ColumnType.DATETIME2:
    case ColumnType.TIME2:
      return temporalSize(type, meta)
    default:
      return SIZES[type] ?? temporalSize(type, digits)
  }
}
