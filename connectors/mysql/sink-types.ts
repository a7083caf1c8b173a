import { DECIMAL, type Schema } from '../../runtime/api/schema.ts'
import type { ServerFacts } from './sink-connection.ts'
import { sourceType } from './sink-source-types.ts'

/** Types by the name of a schema: Debezium's semantic types and Kafka Connect's logical types. */
const BY_NAME: Readonly<Record<string, string>> = {
  'io.debezium.time.Date': 'date',
  'io.debezium.time.IsoDate': 'date',
  'org.apache.kafka.connect.data.Date': 'date',
  'io.debezium.time.Time': 'time(3)',
  'org.apache.kafka.connect.data.Time': 'time(3)',
  'io.debezium.time.MicroTime': 'time(6)',
  'io.debezium.time.NanoTime': 'time(6)',
  'io.debezium.time.IsoTime': 'time(6)',
  'io.debezium.time.ZonedTime': 'time(6)',
  'io.debezium.time.Timestamp': 'datetime(3)',
  'org.apache.kafka.connect.data.Timestamp': 'datetime(3)',
  'io.debezium.time.MicroTimestamp': 'datetime(6)',
  'io.debezium.time.NanoTimestamp': 'datetime(6)',
  'io.debezium.time.IsoTimestamp': 'datetime(6)',
  // Not a TIMESTAMP, which ends in 2038.
  'io.debezium.time.ZonedTimestamp': 'datetime(6)',
  'io.debezium.time.MicroDuration': 'bigint',
  'io.debezium.time.NanoDuration': 'bigint',
  'io.debezium.time.Year': 'year',
  'io.debezium.data.Json': 'json',
  // Not MariaDB's uuid, which refuses those whose version and variant do not fit together.
  'io.debezium.data.Uuid': 'char(36)',
  'io.debezium.data.VariableScaleDecimal': 'decimal(65,30)',
  'io.debezium.data.DoubleVector': 'json',
  'io.debezium.data.FloatVector': 'json',
  'io.debezium.data.geometry.Point': 'point',
  'io.debezium.data.geometry.Geometry': 'geometry',
  'io.debezium.data.geometry.Geography': 'geometry'
}

const BY_TYPE: Readonly<Record<Schema['type'], string>> = {
  int8: 'tinyint',
  int16: 'smallint',
  int32: 'int',
  int64: 'bigint',
  float32: 'float',
  float64: 'double',
  boolean: 'tinyint(1)',
  string: 'longtext',
  bytes: 'longblob',
  array: 'json',
  map: 'json',
  struct: 'json'
}

/** Most digits of a decimal, and most of them after the point. */
const MOST_DIGITS = 65
const MOST_FRACTION = { mysql: 30, mariadb: 38 } as const

/**
 * Bytes that an index of InnoDB takes, of which each character needs four; and what is enough for the keys of
 * most tables.
 */
const INDEX_BYTES = 3072
const MOST_KEY_LENGTH = 255

/** The type of a column that is made for a field. */
export function columnType(schema: Schema, server: ServerFacts): string {
  const source = sourceType(schema)
  if (source !== undefined) return source
  const name = schema.name ?? ''
  if (name === DECIMAL) return decimalType(schema, server)
  if (name === 'io.debezium.data.Bits') return bitsType(Number(schema.parameters?.['length']))
  return BY_NAME[name] ?? BY_TYPE[schema.type]
}

const LONG = /^(long|medium|tiny)?(text|blob)$|^json$|^(var)?(char|binary)\((\d+)\)$/

/**
 * The type of a key column: an index cannot have text or bytes of any length, and must tell texts apart
 * that the source tells apart, which a collation that ignores case or spaces at the end does not.
 *
 * @param type as {@link columnType} gives it
 * @param share how many such columns the index has
 */
export function keyType(type: string, share: number, server: ServerFacts): string {
  const match = LONG.exec(type)
  if (!match) return type
  const isBytes = /blob|binary/.test(type)
  const room = Math.floor(INDEX_BYTES / share / (isBytes ? 1 : 4))
  const given = match[5] === undefined ? MOST_KEY_LENGTH : Number(match[5])
  const length = Math.min(given, room)
  return isBytes
    ? `varbinary(${length})`
    : `varchar(${length}) CHARACTER SET utf8mb4 COLLATE ${server.exactCollation}`
}

/** Whether {@link keyType} limits the type. */
export function needsLength(type: string): boolean {
  return LONG.test(type)
}

function decimalType(schema: Schema, { flavor }: ServerFacts): string {
  const scale = Number(schema.parameters?.['scale'] ?? 0)
  const precision = Number(schema.parameters?.['connect.decimal.precision'])
  const fraction = MOST_FRACTION[flavor]
  // A negative scale arrives as one beyond all precision.
  const known = precision >= 1 && scale >= 0 && scale <= precision
  if (known && precision <= MOST_DIGITS && scale <= fraction)
    return `decimal(${precision},${scale})`
  if (!known && scale >= 0 && scale <= fraction && !(precision > MOST_DIGITS)) {
    return `decimal(${MOST_DIGITS},${scale})`
  }
  return 'longtext'
}

function bitsType(length: number): string {
  if (length >= 1 && length <= 64) return `bit(${length})`
  return 'longblob'
}

/**
 * The type of a column for a value without schema; null when the value does not tell. Numbers are
 * decimals (in a key whole ones), because plain JSON does not tell 1 from 1.0 and a column cannot change its type later.
 */
export function guessedType(value: unknown, isKey: boolean): string | null {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return isKey ? 'bigint' : 'decimal(65,30)'
    case 'boolean':
      return 'tinyint(1)'
    case 'string':
      return 'longtext'
    case 'object':
      if (value === null) return null
      return value instanceof Uint8Array ? 'longblob' : 'json'
    default:
      return null
  }
}
