import type { BinlogColumn } from '../binlog/binlog-event.ts'
import { ColumnType } from '../binlog/table-map.ts'
import { textReader } from '../types/charset.ts'
import { charsetOfCollation } from '../types/collation.ts'
import { bytesPerCharacter } from './charsets.ts'
import type { ColumnModel } from './table-model.ts'

/** What the log tells about the type of a column. */
type LoggedType = Pick<ColumnModel, 'typeName'> &
  Partial<Pick<ColumnModel, 'length' | 'scale' | 'charset' | 'values'>>

/**
 * A column of which only the log tells. Its default, comment and length on display are not known, and of
 * synonyms not which one the table was made with.
 */
export function columnFromLog(found: BinlogColumn, name: string): ColumnModel {
  return {
    name,
    length: null,
    scale: null,
    charset: null,
    optional: found.nullable,
    autoIncremented: false,
    generated: false,
    comment: null,
    hasDefault: found.nullable,
    defaultExpression: null,
    defaultIsLiteral: false,
    values: [],
    invisible: !found.visible,
    ...loggedType(found)
  }
}

const PLAIN: Readonly<Record<number, string>> = {
  [ColumnType.DATE]: 'DATE',
  [ColumnType.NEWDATE]: 'DATE',
  [ColumnType.TIME]: 'TIME',
  [ColumnType.DATETIME]: 'DATETIME',
  [ColumnType.TIMESTAMP]: 'TIMESTAMP',
  [ColumnType.YEAR]: 'YEAR',
  [ColumnType.JSON]: 'JSON',
  [ColumnType.VECTOR]: 'VECTOR',
  [ColumnType.GEOMETRY]: 'GEOMETRY'
}

const NUMERIC: Readonly<Record<number, string>> = {
  [ColumnType.TINY]: 'TINYINT',
  [ColumnType.SHORT]: 'SMALLINT',
  [ColumnType.INT24]: 'MEDIUMINT',
  [ColumnType.LONG]: 'INT',
  [ColumnType.LONGLONG]: 'BIGINT',
  [ColumnType.FLOAT]: 'FLOAT',
  [ColumnType.DOUBLE]: 'DOUBLE',
  [ColumnType.DECIMAL]: 'DECIMAL',
  [ColumnType.NEWDECIMAL]: 'DECIMAL'
}

const FRACTIONS: Readonly<Record<number, string>> = {
  [ColumnType.TIME2]: 'TIME',
  [ColumnType.DATETIME2]: 'DATETIME',
  [ColumnType.TIMESTAMP2]: 'TIMESTAMP'
}

function loggedType(found: BinlogColumn): LoggedType {
  const { type, meta } = found
  const plain = PLAIN[type]
  if (plain !== undefined) return { typeName: plain }
  const number = NUMERIC[type]
  if (number !== undefined) {
    const typeName = found.unsigned ? `${number} UNSIGNED` : number
    if (type !== ColumnType.NEWDECIMAL) return { typeName }
    return { typeName, length: meta >> 8, scale: meta & 255 }
  }
  const moment = FRACTIONS[type]
  if (moment !== undefined) return { typeName: moment, length: meta || null }
  if (type === ColumnType.BIT) return { typeName: 'BIT', length: meta }
  return loggedText(found)
}

const BLOB_PREFIXES: readonly string[] = ['', 'TINY', '', 'MEDIUM', 'LONG']

/** Text or bytes: without a collation it is bytes. */
function loggedText(found: BinlogColumn): LoggedType {
  const { type, meta, collation } = found
  const known = collation === null ? null : charsetOfCollation(collation)
  const charset = known ?? 'binary'
  if (type === ColumnType.ENUM || type === ColumnType.SET) {
    const read = textReader(charset)
    const values = (found.values ?? []).map((value) => read(value, 0, value.length))
    return { typeName: type === ColumnType.ENUM ? 'ENUM' : 'SET', charset, values }
  }
  const isBytes = charset === 'binary'
  const text = isBytes ? {} : { charset }
  if (type === ColumnType.BLOB || type === ColumnType.BLOB_COMPRESSED) {
    return { typeName: `${BLOB_PREFIXES[meta] ?? ''}${isBytes ? 'BLOB' : 'TEXT'}`, ...text }
  }
  const length = Math.floor(meta / (isBytes ? 1 : bytesPerCharacter(charset)))
  const isFixed = type === ColumnType.STRING
  const bytesName = isFixed ? 'BINARY' : 'VARBINARY'
  return { typeName: isBytes ? bytesName : isFixed ? 'CHAR' : 'VARCHAR', length, ...text }
}
