import type { ColumnModel } from '../schema/table-model.ts'
import { isBoolean, serverTypeName } from '../schema/type-words.ts'
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

/** Codecs by the server's names of types; `number`: MariaDB with `sql_mode=ORACLE`. */
const CODECS: Readonly<Record<string, MakeCodec>> = {
  tinyint: integerCodec('TINYINT'),
  smallint: integerCodec('SMALLINT'),
  mediumint: integerCodec('MEDIUMINT'),
  int: integerCodec('INT'),
  bigint: integerCodec('BIGINT'),
  bit: bitCodec,
  year: yearCodec,
  decimal: decimalCodec,
  number: numberCodec,
  float: floatCodec,
  // REAL too, unlike Debezium, which makes it a float32: the server keeps a DOUBLE.
  double: doubleCodec,
  date: dateCodec,
  time: timeCodec,
  datetime: dateTimeCodec,
  timestamp: timestampCodec,
  char: textCodec,
  varchar: textCodec,
  tinytext: textCodec,
  text: textCodec,
  mediumtext: textCodec,
  longtext: textCodec,
  binary: fixedBytesCodec,
  varbinary: bytesCodec,
  tinyblob: blobCodec,
  blob: blobCodec,
  mediumblob: blobCodec,
  longblob: blobCodec,
  enum: enumCodec,
  set: setCodec,
  json: jsonCodec,
  uuid: uuidCodec,
  inet4: inet4Codec,
  inet6: inet6Codec,
  vector: vectorCodec,
  point: pointCodec,
  geometry: geometryCodec,
  linestring: geometryCodec,
  polygon: geometryCodec,
  multipoint: geometryCodec,
  multilinestring: geometryCodec,
  multipolygon: geometryCodec,
  geometrycollection: geometryCodec
}

/** Oracle's NUMBER: a DOUBLE without arguments. */
function numberCodec(column: ColumnModel, options: ValueOptions): ColumnCodec {
  return column.length === null ? doubleCodec(column, options) : decimalCodec(column, options)
}

/** The codec of a column; null for a type that is not known. */
export function columnCodec(column: ColumnModel, options: ValueOptions): ColumnCodec | null {
  const make = isBoolean(column.typeName) ? booleanCodec : CODECS[serverTypeName(column.typeName)]
  if (make === textCodec && column.charset === 'binary') return bytesCodec(column, options)
  return make?.(column, options) ?? null
}
