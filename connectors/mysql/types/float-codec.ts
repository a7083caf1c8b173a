import { float32, float64 } from '../../../runtime/api/schema.ts'
import { ColumnType } from '../binlog/table-map.ts'
import type { ColumnModel } from '../schema/table-model.ts'
import type { BinlogReader, ColumnCodec, MakeCodec } from './column-codec.ts'
import { numericDefault } from './default-value.ts'
import { wrongType } from './table-mismatch.ts'

/** Above this many bits, FLOAT(n) is stored as DOUBLE. */
const FLOAT_BITS = 24

/**
 * FLOAT and FLOAT(24) are float32. FLOAT(25) is a DOUBLE for the server; FLOAT(7,3) is not, but has the
 * schema of one in Debezium.
 */
export const floatCodec: MakeCodec = (column) => {
  const isSingle = column.scale === null && (column.length ?? 0) <= FLOAT_BITS
  return realCodec(column, isSingle)
}

export const doubleCodec: MakeCodec = (column) => realCodec(column, false)

function realCodec(column: ColumnModel, isSingle: boolean): ColumnCodec {
  const parse = isSingle ? (text: string) => Math.fround(Number(text)) : Number
  return {
    schema: isSingle ? float32() : float64(),
    // A DOUBLE is printed so that it can be read back; see `selectExpression` for FLOAT.
    readText: (bytes) => parse(bytes.toString('latin1')),
    reader(found) {
      if (found.type === ColumnType.FLOAT) return readFloat
      if (found.type === ColumnType.DOUBLE) return readDouble
      throw wrongType(column, found)
    },
    zero: 0,
    unavailable: null,
    defaultOf(of) {
      const text = numericDefault(of)
      return text === undefined ? undefined : parse(text)
    }
  }
}

const readFloat: BinlogReader = (cursor) => {
  const value = cursor.buffer.readFloatLE(cursor.position)
  cursor.position += 4
  return value
}

const readDouble: BinlogReader = (cursor) => {
  const value = cursor.buffer.readDoubleLE(cursor.position)
  cursor.position += 8
  return value
}
