import type { ColumnModel } from '../schema/table-model.ts'
import { inet4Codec, inet6Codec, uuidCodec } from './address-codec.ts'
import { blobCodec, bytesCodec, fixedBytesCodec } from './binary-codec.ts'
import { bitCodec } from './bit-codec.ts'
import type { ColumnCodec, MakeCodec, ValueOptions } from './column-codec.ts'
import { decimalCodec } from './decimal-codec.ts'
import { enumCodec, setCodec } from './enum-codec.ts'
import { doubleCodec, floatCodec } from './float-codec.ts'
import { booleanCodec, integerCodec } from './integer-codec.ts'
import { jsonCodec } from './json-codec.ts'
import { geometryCodec, pointCodec } from './spatial-codec.ts'
import { dateCodec, dateTimeCodec, timeCodec, timestampCodec } from './temporal-codec.ts'
import { textCodec } from './text-codec.ts'
import { vectorCodec } from './vector-codec.ts'
import { yearCodec } from './year-codec.ts'

const tinyint = integerCodec('TINYINT')
const smallint = integerCodec('SMALLINT')
const mediumint = integerCodec('MEDIUMINT')
const int = integerCodec('INT')
const bigint = integerCodec('BIGINT')

/**
 * Types by the word that a statement has for them.
 * https://dev.mysql.com/doc/refman/8.4/en/data-types.html, https://mariadb.com/kb/en/data-types/;
 * NUMBER, VARCHAR2, CLOB and RAW: MariaDB with `sql_mode=ORACLE`.
 */
const TYPES: Readonly<Record<string, MakeCodec>> = {
  TINYINT: tinyint,
  INT1: tinyint,
  SMALLINT: smallint,
  INT2: smallint,
  MEDIUMINT: mediumint,
  MIDDLEINT: mediumint,
  INT3: mediumint,
  INT: int,
  INTEGER: int,
  INT4: int,
  BIGINT: bigint,
  INT8: bigint,
  SERIAL: bigint,
  BOOLEAN: booleanCodec,
  BOOL: booleanCodec,
  BIT: bitCodec,
  YEAR: yearCodec,
  DECIMAL: decimalCodec,
  DEC: decimalCodec,
  NUMERIC: decimalCodec,
  FIXED: decimalCodec,
  NUMBER: numberCodec,
  FLOAT: floatCodec,
  FLOAT4: floatCodec,
  DOUBLE: doubleCodec,
  'DOUBLE PRECISION': doubleCodec,
  FLOAT8: doubleCodec,
  // Unlike Debezium, which makes it a float32: the server keeps a DOUBLE.
  REAL: doubleCodec,
  DATE: dateCodec,
  TIME: timeCodec,
  DATETIME: dateTimeCodec,
  TIMESTAMP: timestampCodec,
  BINARY: fixedBytesCodec,
  VARBINARY: bytesCodec,
  RAW: bytesCodec,
  TINYBLOB: blobCodec,
  BLOB: blobCodec,
  MEDIUMBLOB: blobCodec,
  LONGBLOB: blobCodec,
  'LONG VARBINARY': blobCodec,
  ENUM: enumCodec,
  SET: setCodec,
  JSON: jsonCodec,
  UUID: uuidCodec,
  INET4: inet4Codec,
  INET6: inet6Codec,
  VECTOR: vectorCodec,
  POINT: pointCodec,
  GEOMETRY: geometryCodec,
  LINESTRING: geometryCodec,
  POLYGON: geometryCodec,
  MULTIPOINT: geometryCodec,
  MULTILINESTRING: geometryCodec,
  MULTIPOLYGON: geometryCodec,
  GEOMETRYCOLLECTION: geometryCodec,
  GEOMCOLLECTION: geometryCodec
}

/** CHAR, VARCHAR and TEXT in all their forms, such as `NATIONAL CHARACTER VARYING`. */
const TEXT = /(?:CHAR|CHARACTER|VARYING|VARCHARACTER|VARCHAR2|TEXT|CLOB|LONG)$/

/** Oracle's NUMBER: a DOUBLE without arguments. */
function numberCodec(column: ColumnModel, options: ValueOptions): ColumnCodec {
  return column.length === null ? doubleCodec(column, options) : decimalCodec(column, options)
}

/** The codec of a column; null for a type that is not known. */
export function columnCodec(column: ColumnModel, options: ValueOptions): ColumnCodec | null {
  const word = column.typeName.replace(/ (?:UNSIGNED|SIGNED|ZEROFILL)\b/g, '')
  const make = TYPES[word] ?? (TEXT.test(word) ? textCodec : undefined)
  if (make === textCodec && column.charset === 'binary') return bytesCodec(column, options)
  return make?.(column, options) ?? null
}
