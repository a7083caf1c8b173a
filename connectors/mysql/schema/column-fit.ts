import type { BinlogColumn } from '../binlog/binlog-event.ts'
import { ColumnType } from '../binlog/table-map.ts'
import { charsetOfCollation } from '../types/collation.ts'
import { type ServerType, serverType } from './server-type.ts'
import type { ColumnModel } from './table-model.ts'

const { BLOB, BLOB_COMPRESSED, VARCHAR, VAR_STRING, VARCHAR_COMPRESSED, STRING } = ColumnType

const VARIABLE: readonly number[] = [VARCHAR, VAR_STRING, VARCHAR_COMPRESSED]

/** Type codes of the log by the name of the server's type; the older of two where there are two. */
const CODES: Readonly<Record<string, readonly number[]>> = {
  tinyint: [ColumnType.TINY],
  smallint: [ColumnType.SHORT],
  mediumint: [ColumnType.INT24],
  int: [ColumnType.LONG],
  bigint: [ColumnType.LONGLONG],
  float: [ColumnType.FLOAT],
  double: [ColumnType.DOUBLE],
  decimal: [ColumnType.NEWDECIMAL, ColumnType.DECIMAL],
  bit: [ColumnType.BIT],
  year: [ColumnType.YEAR],
  date: [ColumnType.DATE, ColumnType.NEWDATE],
  time: [ColumnType.TIME2, ColumnType.TIME],
  datetime: [ColumnType.DATETIME2, ColumnType.DATETIME],
  timestamp: [ColumnType.TIMESTAMP2, ColumnType.TIMESTAMP],
  char: [STRING],
  binary: [STRING],
  varchar: VARIABLE,
  varbinary: VARIABLE,
  enum: [ColumnType.ENUM],
  set: [ColumnType.SET],
  json: [ColumnType.JSON, BLOB],
  vector: [ColumnType.VECTOR],
  uuid: [STRING],
  inet4: [STRING],
  inet6: [STRING],
  ...Object.fromEntries(
    [
      'geometry',
      'point',
      'linestring',
      'polygon',
      'multipoint',
      'multilinestring',
      'multipolygon',
      'geometrycollection'
    ].map((name) => [name, [ColumnType.GEOMETRY]])
  )
}

/** Bytes of the length before a value. */
const BLOB_SIZES: Readonly<Record<string, number>> = {
  tinytext: 1,
  tinyblob: 1,
  text: 2,
  blob: 2,
  mediumtext: 3,
  mediumblob: 3,
  longtext: 4,
  longblob: 4
}

/** Bytes of a value of MariaDB's types for addresses and identifiers. */
const FIXED_SIZES: Readonly<Record<string, number>> = { uuid: 16, inet6: 16, inet4: 4 }

/**
 * Whether values of a column are written in the log like this. Lengths of text are not compared: they
 * change nothing about how values are read.
 */
export function fitsColumn(column: ColumnModel, found: BinlogColumn): boolean {
  const type = serverType(column, 'mysql')
  const size = BLOB_SIZES[type.name]
  if (size !== undefined) {
    const isBlob = found.type === BLOB || found.type === BLOB_COMPRESSED
    return isBlob && found.meta === size && fitsCharset(column, found)
  }
  const codes = CODES[type.name]
  // A type that nobody knows can be anything.
  if (codes === undefined) return true
  return codes.includes(found.type) && fitsSize(type, found) && fitsText(type, column, found)
}

function fitsSize(type: ServerType, found: BinlogColumn): boolean {
  if (found.unsigned !== null && SIGNED.has(type.name) && found.unsigned !== type.unsigned) {
    return false
  }
  switch (found.type) {
    case ColumnType.NEWDECIMAL:
      return found.meta === (type.length ?? 10) * 256 + (type.scale ?? 0)
    case ColumnType.BIT:
      return found.meta === (type.length ?? 1)
    case ColumnType.TIME2:
    case ColumnType.DATETIME2:
    case ColumnType.TIMESTAMP2:
      return found.meta === (type.length ?? 0)
    default:
      return true
  }
}

/** Types whose sign the log tells. */
const SIGNED = new Set([
  'tinyint',
  'smallint',
  'mediumint',
  'int',
  'bigint',
  'float',
  'double',
  'decimal'
])

function fitsText(type: ServerType, column: ColumnModel, found: BinlogColumn): boolean {
  const bytes = FIXED_SIZES[type.name]
  if (bytes !== undefined) return found.meta === bytes
  if (found.values !== null && found.values.length !== column.values.length) return false
  return fitsCharset(column, found)
}

/** Whether it is text on both sides, in the same character set as far as both tell. */
function fitsCharset(column: ColumnModel, found: BinlogColumn): boolean {
  const charset = found.collation === null ? null : charsetOfCollation(found.collation)
  if (charset === null || column.typeName === 'JSON' || !HAS_COLLATION.has(found.type)) return true
  return (column.charset ?? 'binary').replace(/^utf8$/, 'utf8mb3') === charset
}

const HAS_COLLATION = new Set<number>([
  STRING,
  ...VARIABLE,
  BLOB,
  BLOB_COMPRESSED,
  ColumnType.ENUM,
  ColumnType.SET
])
