import { DataError } from '../../runtime/api/errors.ts'
import { DECIMAL, type Schema } from '../../runtime/api/schema.ts'
import type { ArrayBuilder } from './sink-array.ts'
import { schemalessText } from './sink-schemaless.ts'
import type { TargetColumn } from './sink-tables.ts'
import { FIRST_US, INFINITE_US } from './sink-temporal.ts'
import { toText } from './sink-text.ts'

/** How the values of a field get into a column. */
export interface Encoder {
  /** The type of the array parameter's elements. */
  readonly elementOid: number
  readonly elementType: string
  /** Whether the statement casts to the column's type. */
  readonly cast: boolean
  /** Adds a value that is not null. @throws {DataError} when it does not fit the column */
  write(array: ArrayBuilder, value: unknown): void
}

const VARIABLE_SCALE = 'io.debezium.data.VariableScaleDecimal'
const INTEGER_BYTES: Readonly<Record<string, number>> = { int8: 1, int16: 2, int32: 4, int64: 8 }
const TEXT_TYPES = new Set(['text', 'varchar', 'bpchar'])
const EPOCH_2000_US = 946_684_800_000_000

/** Microseconds per unit, by schema name. */
const TIMESTAMP_UNITS: Readonly<Record<string, number>> = {
  'io.debezium.time.Timestamp': 1000,
  'org.apache.kafka.connect.data.Timestamp': 1000,
  'io.debezium.time.MicroTimestamp': 1
}

const OID = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int2: 21,
  int4: 23,
  text: 25,
  float4: 700,
  float8: 701,
  timestamp: 1114
} as const

type Write = (array: ArrayBuilder, value: unknown) => void

/**
 * Chooses how to send a field to a column: in the column's binary format where field and column match
 * exactly, else as text that PostgreSQL reads as the column's type.
 *
 * @param schema of the field; null for values without schema, which the column's type explains
 */
export function encoderFor(
  schema: Schema | null,
  column: TargetColumn,
  options: { decimalsAsBase64: boolean }
): Encoder {
  if (schema === null) {
    const text = schemalessText(column, options)
    return asText((value) => text(value), column)
  }
  const binary = binaryWrite(schema, column)
  if (binary) {
    const { elementType, write } = binary
    return { elementType, elementOid: OID[elementType], cast: false, write }
  }
  return asText(exactText(schema, column), column)
}

function asText(text: (value: unknown) => string, column: TargetColumn): Encoder {
  return {
    elementOid: OID.text,
    elementType: 'text',
    cast: !TEXT_TYPES.has(column.type),
    write: (array, value) => array.text(noZero(text(value)))
  }
}

/** PostgreSQL's text cannot hold the character with code 0; its own error does not say where it is. */
function noZero(text: string): string {
  if (!text.includes('\0')) return text
  throw new DataError('INVALID_VALUE', 'text with a zero character cannot be stored in PostgreSQL')
}

function mismatch(column: TargetColumn, value: unknown): never {
  const found = typeof value === 'object' ? 'an object' : `${typeof value} ${String(value)}`
  throw new DataError('INVALID_VALUE', `${found.slice(0, 60)} does not fit type ${column.type}`)
}

function binaryWrite(
  schema: Schema,
  column: TargetColumn
): { elementType: keyof typeof OID; write: Write } | undefined {
  const name = schema.name ?? ''
  const size = INTEGER_BYTES[schema.type]
  if (name === '' && size !== undefined) return integerWrite(size, column)
  const unit = TIMESTAMP_UNITS[name]
  if (unit !== undefined && column.type === 'timestamp') {
    return { elementType: 'timestamp', write: timestampWrite(unit, column) }
  }
  if (name !== '' && schema.type !== 'string') return undefined
  if (schema.type === 'boolean' && column.type === 'bool') {
    return { elementType: 'bool', write: writeBoolean(column) }
  }
  if (schema.type === 'string' && TEXT_TYPES.has(column.type)) {
    return { elementType: 'text', write: writeString(column) }
  }
  if (schema.type === 'bytes' && column.type === 'bytea') {
    return { elementType: 'bytea', write: writeBytes(column) }
  }
  return floatWrite(schema, column)
}

const INT64_MAX = 2n ** 63n - 1n

/** Microseconds since 2000; infinities are the ends of the range (`timestamp_recv`). */
function timestampWrite(unit: number, column: TargetColumn): Write {
  const step = column.typmod < 0 ? 1 : 10 ** (6 - column.typmod)
  return (array, value) => {
    const micros = typeof value === 'number' ? value * unit : Number.NaN
    if (Number.isSafeInteger(micros)) {
      if (micros % step !== 0) {
        throw new DataError(
          'INVALID_VALUE',
          `${micros} us is finer than timestamp(${column.typmod})`
        )
      }
      array.int64(micros - EPOCH_2000_US)
      return
    }
    if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) mismatch(column, value)
    const exact = BigInt(value as number | bigint) * BigInt(unit)
    if (exact >= INFINITE_US) array.int64(INT64_MAX)
    else if (exact < FIRST_US) array.int64(-INT64_MAX - 1n)
    else array.int64(exact - BigInt(EPOCH_2000_US))
  }
}

/** Text for everything else, refused where the column would round it. */
function exactText(schema: Schema, column: TargetColumn): (value: unknown) => string {
  const text = toText(schema)
  const { scale } = column
  const fromScale = schema.name === DECIMAL ? Number(schema.parameters?.['scale'] ?? 0) : null
  const mayRound = fromScale === null ? schema.name === VARIABLE_SCALE : fromScale > (scale ?? 0)
  if (column.type !== 'numeric' || scale === null || !mayRound) return text
  return (value) => {
    const exact = text(value)
    const fraction = exact.split('.')[1] ?? ''
    if (!/[1-9]/.test(fraction.slice(Math.max(scale, 0)))) return exact
    throw new DataError(
      'INVALID_VALUE',
      `${exact} has more fraction digits than the column's ${scale}`
    )
  }
}

/** The number when it is one of so many bits: whatever else a transform made must not be cut. */
function whole(value: unknown, limit: number, column: TargetColumn): number {
  if (typeof value === 'number' && Number.isInteger(value) && value < limit && value >= -limit) {
    return value
  }
  return mismatch(column, value)
}

function writeInt64(column: TargetColumn): Write {
  return (array, value) => {
    if (typeof value === 'bigint' && BigInt.asIntN(64, value) === value) array.int64(value)
    else array.int64(whole(value, 2 ** 53, column))
  }
}

function integerWrite(
  size: number,
  column: TargetColumn
): { elementType: keyof typeof OID; write: Write } | undefined {
  if (column.type === 'int8') return { elementType: 'int8', write: writeInt64(column) }
  if (column.type === 'int4' && size <= 4) {
    const write: Write = (array, value) => array.int32(whole(value, 2 ** 31, column))
    return { elementType: 'int4', write }
  }
  if (column.type === 'int2' && size <= 2) {
    const write: Write = (array, value) => array.int16(whole(value, 2 ** 15, column))
    return { elementType: 'int2', write }
  }
  return undefined
}

function floatWrite(
  schema: Schema,
  column: TargetColumn
): { elementType: keyof typeof OID; write: Write } | undefined {
  if (schema.type !== 'float32' && schema.type !== 'float64') return undefined
  if (column.type === 'float8') {
    return {
      elementType: 'float8',
      write: (array, value) =>
        array.float64(typeof value === 'number' ? value : mismatch(column, value))
    }
  }
  if (column.type !== 'float4') return undefined
  return {
    elementType: 'float4',
    write: (array, value) => {
      if (typeof value !== 'number') return mismatch(column, value)
      if (schema.type === 'float64' && !Object.is(Math.fround(value), value)) {
        throw new DataError('INVALID_VALUE', `${value} would lose digits in type real`)
      }
      array.float32(value)
    }
  }
}

const writeBoolean =
  (column: TargetColumn): Write =>
  (array, value) =>
    array.boolean(typeof value === 'boolean' ? value : mismatch(column, value))

const writeString =
  (column: TargetColumn): Write =>
  (array, value) =>
    array.text(noZero(typeof value === 'string' ? value : mismatch(column, value)))

const writeBytes =
  (column: TargetColumn): Write =>
  (array, value) =>
    array.bytes(value instanceof Uint8Array ? value : mismatch(column, value))
