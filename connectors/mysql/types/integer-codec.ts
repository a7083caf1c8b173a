import {
  boolean,
  decimal,
  int16,
  int32 as int32Schema,
  int64,
  type Schema
} from '../../../runtime/api/schema.ts'
import { exactInteger, readInt64, rescale, SAFE_DIGITS } from '../../relational/exact-number.ts'
import type { BinlogColumn } from '../binlog/binlog-event.ts'
import { ColumnType } from '../binlog/table-map.ts'
import type { ColumnModel } from '../schema/table-model.ts'
import type { BinlogReader, ColumnCodec, MakeCodec, RowCursor } from './column-codec.ts'
import { numericDefault } from './default-value.ts'
import { int32, uint16, uint24, uint32 } from './row-bytes.ts'
import { TableMismatch, wrongType } from './table-mismatch.ts'

/** What the type is called in a table map, and the bytes that it has there. */
interface IntegerType {
  readonly code: number
  readonly signed: BinlogReader
  readonly unsigned: BinlogReader
}

/** Reads one number and moves past it. */
const sized =
  (size: number, read: (buffer: Buffer, at: number) => unknown): BinlogReader =>
  (cursor) => {
    const at = cursor.position
    cursor.position = at + size
    return read(cursor.buffer, at)
  }

const TYPES = {
  TINYINT: {
    code: ColumnType.TINY,
    signed: sized(1, (buffer, at) => ((buffer[at] as number) << 24) >> 24),
    unsigned: sized(1, (buffer, at) => buffer[at])
  },
  SMALLINT: {
    code: ColumnType.SHORT,
    signed: sized(2, (buffer, at) => (uint16(buffer, at) << 16) >> 16),
    unsigned: sized(2, uint16)
  },
  MEDIUMINT: {
    code: ColumnType.INT24,
    signed: sized(3, (buffer, at) => (uint24(buffer, at) << 8) >> 8),
    unsigned: sized(3, uint24)
  },
  INT: { code: ColumnType.LONG, signed: sized(4, int32), unsigned: sized(4, uint32) },
  BIGINT: { code: ColumnType.LONGLONG, signed: readSigned64, unsigned: readUnsigned64 }
} satisfies Readonly<Record<string, IntegerType>>

type IntegerName = keyof typeof TYPES

const SCHEMAS: Readonly<Record<IntegerName, readonly [signed: Schema, unsigned: Schema]>> = {
  TINYINT: [int16(), int16()],
  SMALLINT: [int16(), int32Schema()],
  MEDIUMINT: [int32Schema(), int32Schema()],
  INT: [int32Schema(), int64()],
  BIGINT: [int64(), int64()]
}

/** ZEROFILL makes a column UNSIGNED. */
function isUnsigned(column: ColumnModel): boolean {
  return /\b(?:UNSIGNED|ZEROFILL)\b/.test(column.typeName)
}

export function integerCodec(name: IntegerName): MakeCodec {
  const type = TYPES[name]
  return (column, options) => {
    const unsigned = isUnsigned(column)
    if (name === 'BIGINT' && unsigned) {
      return options.bigintUnsigned === 'precise' ? preciseCodec(column) : wrappingCodec(column)
    }
    const schema = SCHEMAS[name][unsigned ? 1 : 0]
    const read = unsigned ? type.unsigned : type.signed
    return codecOf(column, type, { schema, read, shown: (value) => value, zero: 0 })
  }
}

interface IntegerUse {
  readonly schema: Schema
  readonly read: BinlogReader
  /** What stands for a number in the event. */
  readonly shown: (value: number | bigint) => unknown
  readonly zero: unknown
}

function codecOf(column: ColumnModel, type: IntegerType, use: IntegerUse): ColumnCodec {
  const { schema, read, shown, zero } = use
  return {
    schema,
    readText: (bytes) =>
      shown(bytes.length <= SAFE_DIGITS ? parseSmall(bytes) : readInt64(bytes.toString('latin1'))),
    reader(found) {
      checkType(column, type, found)
      return read
    },
    zero,
    unavailable: null,
    defaultOf(of) {
      const text = numericDefault(of)
      return text === undefined ? undefined : shown(readInt64(rescale(text, 0)))
    }
  }
}

/** `bigint.unsigned.handling.mode` long: what is above 2^63 - 1 turns negative. */
function wrappingCodec(column: ColumnModel): ColumnCodec {
  const shown = (value: number | bigint) =>
    typeof value === 'number' ? value : exactInteger(BigInt.asIntN(64, value))
  return codecOf(column, TYPES.BIGINT, { schema: int64(), read: readSigned64, shown, zero: 0 })
}

function preciseCodec(column: ColumnModel): ColumnCodec {
  return codecOf(column, TYPES.BIGINT, {
    schema: decimal(0, { parameters: { 'connect.decimal.precision': '20' } }),
    read: (cursor) => String(readUnsigned64(cursor)),
    shown: String,
    zero: '0'
  })
}

/** BOOLEAN is another word for TINYINT(1): whatever is not 0 is true. */
export const booleanCodec: MakeCodec = (column) => {
  return {
    schema: boolean(),
    readText: (bytes) => parseSmall(bytes) !== 0,
    reader(found) {
      checkType(column, TYPES.TINYINT, found)
      return (cursor) => cursor.buffer[cursor.position++] !== 0
    },
    zero: false,
    unavailable: null,
    defaultOf(of) {
      const text = numericDefault(of)
      return text === undefined ? undefined : Number(text) !== 0
    }
  }
}

function checkType(column: ColumnModel, type: IntegerType, found: BinlogColumn): void {
  if (found.type !== type.code) throw wrongType(column, found)
  if (found.unsigned === null || found.unsigned === isUnsigned(column)) return
  const sign = found.unsigned ? 'unsigned' : 'signed'
  throw new TableMismatch(`column ${column.name} is ${column.typeName}, and ${sign} there`)
}

/** A whole number of up to 15 digits. */
function parseSmall(bytes: Buffer): number {
  const negative = bytes[0] === 0x2d
  let value = 0
  for (let i = negative ? 1 : 0; i < bytes.length; i++) {
    value = value * 10 + (bytes[i] as number) - 0x30
  }
  return negative ? 0 - value : value
}

const HIGH = 4_294_967_296
/** Above this high word a number is beyond 2^53. */
const SAFE_HIGH = 2_097_152

function readSigned64(cursor: RowCursor): number | bigint {
  const at = cursor.position
  cursor.position = at + 8
  const high = int32(cursor.buffer, at + 4)
  const low = uint32(cursor.buffer, at)
  if (high < SAFE_HIGH && high > -SAFE_HIGH) return high * HIGH + low
  return exactInteger((BigInt(high) << 32n) | BigInt(low))
}

function readUnsigned64(cursor: RowCursor): number | bigint {
  const at = cursor.position
  cursor.position = at + 8
  const high = uint32(cursor.buffer, at + 4)
  const low = uint32(cursor.buffer, at)
  if (high < SAFE_HIGH) return high * HIGH + low
  return (BigInt(high) << 32n) | BigInt(low)
}
