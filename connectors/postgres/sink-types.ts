import { DECIMAL, type Schema } from '../../runtime/api/schema.ts'

/** Types by the name of a schema: Debezium's semantic types and Kafka Connect's logical types. */
const BY_NAME: Readonly<Record<string, string>> = {
  'io.debezium.time.Date': 'date',
  'io.debezium.time.IsoDate': 'date',
  'org.apache.kafka.connect.data.Date': 'date',
  'io.debezium.time.Time': 'time(3)',
  'org.apache.kafka.connect.data.Time': 'time(3)',
  'io.debezium.time.MicroTime': 'time',
  'io.debezium.time.NanoTime': 'time',
  'io.debezium.time.ZonedTime': 'timetz',
  'io.debezium.time.Timestamp': 'timestamp(3)',
  'org.apache.kafka.connect.data.Timestamp': 'timestamp(3)',
  'io.debezium.time.MicroTimestamp': 'timestamp',
  'io.debezium.time.NanoTimestamp': 'timestamp',
  'io.debezium.time.IsoTimestamp': 'timestamp',
  'io.debezium.time.ZonedTimestamp': 'timestamptz',
  'io.debezium.time.MicroDuration': 'interval',
  'io.debezium.time.NanoDuration': 'interval',
  'io.debezium.time.Interval': 'interval',
  'io.debezium.time.Year': 'integer',
  'io.debezium.data.Json': 'json',
  'io.debezium.data.Uuid': 'uuid',
  'io.debezium.data.Xml': 'xml',
  'io.debezium.data.Tsvector': 'tsvector',
  'io.debezium.data.Enum': 'text',
  'io.debezium.data.EnumSet': 'text',
  'io.debezium.data.Bits': 'bit varying',
  'io.debezium.data.VariableScaleDecimal': 'numeric',
  'io.debezium.data.geometry.Point': 'point'
}

/** Types of extensions, and what holds their values where the extension is missing. */
const EXTENSION_TYPES: Readonly<Record<string, readonly [type: string, otherwise: string]>> = {
  'io.debezium.data.Ltree': ['ltree', 'text'],
  'io.debezium.data.geometry.Geometry': ['geometry', 'text'],
  'io.debezium.data.geometry.Geography': ['geography', 'text'],
  'io.debezium.data.DoubleVector': ['vector', 'text'],
  'io.debezium.data.FloatVector': ['halfvec', 'text']
}

const BY_TYPE: Readonly<Record<Schema['type'], string>> = {
  int8: 'smallint',
  int16: 'smallint',
  int32: 'integer',
  int64: 'bigint',
  float32: 'real',
  float64: 'double precision',
  boolean: 'boolean',
  string: 'text',
  bytes: 'bytea',
  array: 'jsonb',
  map: 'jsonb',
  struct: 'jsonb'
}

/**
 * Source types, as `column.propagate.source.type` puts them into `__debezium.source.column.type`, that
 * say more than the schema. Others are left to the schema: it may be a type that only the source has.
 */
const SOURCE_TYPES: Readonly<Record<string, string>> = {
  JSONB: 'jsonb',
  JSON: 'json',
  INET: 'inet',
  CIDR: 'cidr',
  MACADDR: 'macaddr',
  MACADDR8: 'macaddr8',
  MONEY: 'money',
  VARBIT: 'bit varying',
  INT4RANGE: 'int4range',
  INT8RANGE: 'int8range',
  NUMRANGE: 'numrange',
  TSRANGE: 'tsrange',
  TSTZRANGE: 'tstzrange',
  DATERANGE: 'daterange',
  OID: 'oid'
}

const MOST_DIGITS = 1000

/**
 * The type of a column that is made for a field.
 *
 * @param exists tells whether the target has a type of that name (those of extensions)
 */
export function columnType(schema: Schema, exists: (type: string) => boolean): string {
  const parameters = schema.parameters ?? {}
  const source = SOURCE_TYPES[parameters['__debezium.source.column.type']?.toUpperCase() ?? '']
  if (source !== undefined) return source
  const name = schema.name ?? ''
  if (name === DECIMAL) return decimalType(schema)
  if (name === 'io.debezium.data.Bits') return bitsType(parameters['length'])
  const extension = EXTENSION_TYPES[name]
  if (extension) return exists(extension[0]) ? extension[0] : extension[1]
  const known = BY_NAME[name]
  if (known !== undefined) return known
  if (schema.type === 'array' && schema.items) return arrayType(columnType(schema.items, exists))
  return BY_TYPE[schema.type]
}

function arrayType(item: string): string {
  return item.endsWith('[]') ? item : `${item}[]`
}

function decimalType(schema: Schema): string {
  const scale = Number(schema.parameters?.['scale'])
  const precision = Number(schema.parameters?.['connect.decimal.precision'])
  // A scale beyond the precision (or negative, which arrives as 2046) is not a type everywhere.
  const known = precision >= 1 && precision <= MOST_DIGITS && scale >= 0 && scale <= precision
  return known ? `numeric(${precision},${scale})` : 'numeric'
}

function bitsType(length: string | undefined): string {
  const bits = Number(length)
  return bits >= 1 && bits <= 83_886_080 ? `bit varying(${bits})` : 'bit varying'
}

/**
 * The type of a column for a value without schema; null when the value does not tell. Numbers are
 * numeric, because plain JSON does not tell 1 from 1.0 and a column cannot change its type later.
 */
export function guessedType(value: unknown): string | null {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return 'numeric'
    case 'boolean':
      return 'boolean'
    case 'string':
      return 'text'
    case 'object':
      if (value === null) return null
      return value instanceof Uint8Array ? 'bytea' : 'jsonb'
    default:
      return null
  }
}

/** A schema's default as an SQL expression for existing rows, or null where it is none to trust. */
export function defaultExpression(schema: Schema): string | null {
  const value = schema.default
  // Debezium writes the epoch, an empty text or zero bytes for defaults that are function calls.
  const temporal = schema.name?.startsWith('io.debezium.time.') ?? false
  if (
    temporal ||
    value === undefined ||
    value === null ||
    schema.name === 'io.debezium.data.Uuid'
  ) {
    return null
  }
  if (typeof value === 'number' || typeof value === 'bigint') return `'${value}'`
  if (typeof value === 'boolean') return `'${value}'`
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : null
}
