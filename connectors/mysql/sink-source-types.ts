import type { Schema } from '../../runtime/api/schema.ts'

const INTEGERS = /^(TINYINT|SMALLINT|MEDIUMINT|INT|INTEGER|BIGINT)( UNSIGNED)?( ZEROFILL)?$/
const TEXTS = /^(TINYTEXT|TEXT|MEDIUMTEXT|LONGTEXT)$/
const BLOBS = /^(TINYBLOB|BLOB|MEDIUMBLOB|LONGBLOB)$/
const GEOMETRIES =
  /^(GEOMETRY|POINT|LINESTRING|POLYGON|MULTIPOINT|MULTILINESTRING|MULTIPOLYGON|GEOMETRYCOLLECTION)$/

/** Longer texts become LONGTEXT: a row has 65,535 bytes for all its VARCHARs, of four bytes a character. */
const MOST_CHARACTERS = 1024

/**
 * The type of a source column of MySQL or MariaDB, as `column.propagate.source.type` puts it into the
 * schema, where it says more than the schema does. Other databases have types of the same names: it
 * only counts where the schema is what MySQL has for it.
 */
export function sourceType(schema: Schema): string | undefined {
  const parameters = schema.parameters ?? {}
  const type = (parameters['__debezium.source.column.type'] ?? '').toUpperCase()
  if (type === '') return undefined
  const length = Number(parameters['__debezium.source.column.length'] ?? Number.NaN)
  const name = schema.name ?? ''
  if (name === '') return plainType(schema, type, length)
  const digits = length >= 0 && length <= 6 ? `(${length})` : ''
  if (name === 'io.debezium.time.ZonedTimestamp' && type === 'TIMESTAMP')
    return `timestamp${digits}`
  if (name.startsWith('io.debezium.data.geometry.') && GEOMETRIES.test(type))
    return type.toLowerCase()
  return undefined
}

function plainType(schema: Schema, type: string, length: number): string | undefined {
  const integer = INTEGERS.exec(type)
  if (integer && schema.type.startsWith('int')) {
    return `${integer[1]?.toLowerCase()}${integer[2] ? ' unsigned' : ''}`
  }
  if (schema.type === 'string') {
    if (TEXTS.test(type)) return type.toLowerCase()
    const isLimited = type === 'VARCHAR' || type === 'CHAR'
    if (isLimited && length >= 1 && length <= MOST_CHARACTERS) return `varchar(${length})`
  }
  if (schema.type === 'bytes') {
    if (BLOBS.test(type)) return type.toLowerCase()
    if (type === 'BINARY' && length >= 1 && length <= 255) return `binary(${length})`
    if (type === 'VARBINARY' && length >= 1 && length <= MOST_CHARACTERS)
      return `varbinary(${length})`
  }
  return undefined
}
