import type { BinlogColumn, TableMap } from './binlog-event.ts'
import { ByteReader, badEvent } from './byte-reader.ts'

/**
 * Type codes of columns in the log.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html and, for the compressed ones,
 * https://mariadb.com/kb/en/result-set-packets/#field-types
 */
export const ColumnType = {
  DECIMAL: 0,
  TINY: 1,
  SHORT: 2,
  LONG: 3,
  FLOAT: 4,
  DOUBLE: 5,
  NULL: 6,
  TIMESTAMP: 7,
  LONGLONG: 8,
  INT24: 9,
  DATE: 10,
  TIME: 11,
  DATETIME: 12,
  YEAR: 13,
  NEWDATE: 14,
  VARCHAR: 15,
  BIT: 16,
  TIMESTAMP2: 17,
  DATETIME2: 18,
  TIME2: 19,
  /** MariaDB: BLOB and VARCHAR with the attribute COMPRESSED. */
  BLOB_COMPRESSED: 140,
  VARCHAR_COMPRESSED: 141,
  /** MySQL 9. */
  VECTOR: 242,
  /** MySQL's own JSON; that of MariaDB is a BLOB. */
  JSON: 245,
  NEWDECIMAL: 246,
  ENUM: 247,
  SET: 248,
  BLOB: 252,
  VAR_STRING: 253,
  STRING: 254,
  GEOMETRY: 255
} as const

const NUMERIC = new Set<number>([
  ColumnType.DECIMAL,
  ColumnType.TINY,
  ColumnType.SHORT,
  ColumnType.INT24,
  ColumnType.LONG,
  ColumnType.LONGLONG,
  ColumnType.NEWDECIMAL,
  ColumnType.FLOAT,
  ColumnType.DOUBLE,
  ColumnType.YEAR
])

const CHARACTER = new Set<number>([
  ColumnType.STRING,
  ColumnType.VAR_STRING,
  ColumnType.VARCHAR,
  ColumnType.BLOB,
  ColumnType.VARCHAR_COMPRESSED,
  ColumnType.BLOB_COMPRESSED
])

/** Kinds of optional metadata: https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Table__map__event.html */
const Metadata = {
  SIGNEDNESS: 1,
  DEFAULT_CHARSET: 2,
  COLUMN_CHARSET: 3,
  COLUMN_NAME: 4,
  SET_VALUES: 5,
  ENUM_VALUES: 6,
  PRIMARY_KEY: 8,
  PRIMARY_KEY_WITH_PREFIX: 9,
  ENUM_AND_SET_DEFAULT_CHARSET: 10,
  ENUM_AND_SET_COLUMN_CHARSET: 11,
  VISIBILITY: 12
} as const

/** MariaDB counts spatial columns among those with a character set, MySQL does not. */
export type CharacterColumns = 'with spatial' | 'without spatial'

type Draft = { -readonly [Key in keyof BinlogColumn]: BinlogColumn[Key] }

/**
 * Reads the body of a TABLE_MAP event behind the table id and flags.
 * @throws {ConnectError} MYSQL_BINLOG_EVENT
 */
export function readTableMap(reader: ByteReader, characterColumns: CharacterColumns): TableMap {
  const database = readName(reader)
  const name = readName(reader)
  const count = reader.lengthEncoded()
  const types = reader.bytes(count)
  const meta = reader.lengthEncoded()
  const metaReader = new ByteReader(reader.buffer, reader.skip(meta), reader.position)
  const nullable = reader.bytes((count + 7) >> 3)
  const columns: Draft[] = []
  for (let index = 0; index < count; index++) {
    columns.push({
      ...readType(types.readUInt8(index), metaReader),
      nullable: ((nullable.readUInt8(index >> 3) >> (index & 7)) & 1) === 1,
      unsigned: null,
      collation: null,
      name: null,
      values: null,
      visible: true
    })
  }
  const primaryKey = readMetadata(reader, columns, characterColumns)
  return { database, name, columns, primaryKey }
}

function readName(reader: ByteReader): string {
  const name = reader.text(reader.u8())
  reader.skip(1)
  return name
}

function readType(type: number, reader: ByteReader): { type: number; meta: number } {
  switch (type) {
    case ColumnType.STRING: {
      const real = reader.u8()
      const length = reader.u8()
      // CHAR of more than 255 bytes hides the two high bits of its length, inverted, in the type.
      if (real === ColumnType.ENUM || real === ColumnType.SET) return { type: real, meta: length }
      return { type, meta: (((real & 0x30) ^ 0x30) << 4) | length }
    }
    case ColumnType.NEWDECIMAL:
      return { type, meta: (reader.u8() << 8) | reader.u8() }
    case ColumnType.BIT:
      return { type, meta: reader.u8() + 8 * reader.u8() }
    case ColumnType.VARCHAR:
    case ColumnType.VAR_STRING:
    case ColumnType.VARCHAR_COMPRESSED:
      return { type, meta: reader.u16() }
    case ColumnType.FLOAT:
    case ColumnType.DOUBLE:
    case ColumnType.BLOB:
    case ColumnType.BLOB_COMPRESSED:
    case ColumnType.JSON:
    case ColumnType.GEOMETRY:
    case ColumnType.VECTOR:
    case ColumnType.TIMESTAMP2:
    case ColumnType.DATETIME2:
    case ColumnType.TIME2:
      return { type, meta: reader.u8() }
    default:
      return { type, meta: 0 }
  }
}

/** @returns the positions of the primary key, or null when they are not told */
function readMetadata(
  reader: ByteReader,
  columns: Draft[],
  characterColumns: CharacterColumns
): readonly number[] | null {
  const isEnumOrSet = ({ type }: Draft) => type === ColumnType.ENUM || type === ColumnType.SET
  const hasCharset = ({ type }: Draft) =>
    CHARACTER.has(type) || (type === ColumnType.GEOMETRY && characterColumns === 'with spatial')
  let primaryKey: readonly number[] | null = null
  while (reader.remaining > 0) {
    const kind = reader.u8()
    const length = reader.lengthEncoded()
    const field = new ByteReader(reader.buffer, reader.skip(length), reader.position)
    switch (kind) {
      case Metadata.SIGNEDNESS:
        readBits(
          field,
          columns.filter(({ type }) => NUMERIC.has(type)),
          (column, bit) => {
            column.unsigned = bit
          }
        )
        break
      case Metadata.DEFAULT_CHARSET:
        readDefaultCharset(field, columns.filter(hasCharset))
        break
      case Metadata.COLUMN_CHARSET:
        for (const column of columns.filter(hasCharset)) column.collation = field.lengthEncoded()
        break
      case Metadata.ENUM_AND_SET_DEFAULT_CHARSET:
        readDefaultCharset(field, columns.filter(isEnumOrSet))
        break
      case Metadata.ENUM_AND_SET_COLUMN_CHARSET:
        for (const column of columns.filter(isEnumOrSet)) column.collation = field.lengthEncoded()
        break
      case Metadata.COLUMN_NAME:
        for (const column of columns) column.name = field.text(field.lengthEncoded())
        break
      case Metadata.ENUM_VALUES:
        readValues(field, columns, ColumnType.ENUM)
        break
      case Metadata.SET_VALUES:
        readValues(field, columns, ColumnType.SET)
        break
      case Metadata.PRIMARY_KEY:
        primaryKey = readKey(field, columns.length, false)
        break
      case Metadata.PRIMARY_KEY_WITH_PREFIX:
        primaryKey = readKey(field, columns.length, true)
        break
      case Metadata.VISIBILITY:
        readBits(field, columns, (column, bit) => {
          column.visible = bit
        })
    }
  }
  return primaryKey
}

/** One bit for each column, high bit first. */
function readBits(
  reader: ByteReader,
  columns: readonly Draft[],
  apply: (column: Draft, bit: boolean) => void
): void {
  let bits = 0
  columns.forEach((column, index) => {
    if ((index & 7) === 0) bits = reader.u8()
    apply(column, (bits & (0x80 >> (index & 7))) !== 0)
  })
}

/** A collation for all, then pairs of a position among these columns and its own collation. */
function readDefaultCharset(reader: ByteReader, columns: readonly Draft[]): void {
  const collation = reader.lengthEncoded()
  for (const column of columns) column.collation = collation
  while (reader.remaining > 0) {
    const column = columns[reader.lengthEncoded()]
    if (column === undefined) throw badEvent('a character set is of a column that does not exist')
    column.collation = reader.lengthEncoded()
  }
}

function readValues(reader: ByteReader, columns: readonly Draft[], type: number): void {
  for (const column of columns) {
    if (column.type !== type) continue
    const values: Buffer[] = []
    const count = reader.lengthEncoded()
    for (let index = 0; index < count; index++) {
      values.push(Buffer.from(reader.bytes(reader.lengthEncoded())))
    }
    column.values = values
  }
}

function readKey(reader: ByteReader, columns: number, prefixes: boolean): number[] {
  const key: number[] = []
  while (reader.remaining > 0) {
    const index = reader.lengthEncoded()
    if (index >= columns) throw badEvent(`column ${index} of a key does not exist`)
    key.push(index)
    if (prefixes) reader.lengthEncoded()
  }
  return key
}
