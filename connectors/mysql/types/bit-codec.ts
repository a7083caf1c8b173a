import { boolean, bytes } from '../../../runtime/api/schema.ts'
import type { BinlogColumn } from '../binlog/binlog-event.ts'
import { ColumnType } from '../binlog/table-map.ts'
import type { ColumnModel } from '../schema/table-model.ts'
import type { ColumnCodec, MakeCodec } from './column-codec.ts'
import { parseDefault } from './default-value.ts'
import { TableMismatch, wrongType } from './table-mismatch.ts'

/** BIT(1) is a boolean; longer ones are bytes of the column's width, the lowest first. */
export const bitCodec: MakeCodec = (column, { placeholder }) => {
  const bits = column.length ?? 1
  const size = (bits + 7) >> 3
  if (bits === 1) return singleBit(column)
  return {
    schema: bytes({
      name: 'io.debezium.data.Bits',
      version: 1,
      parameters: { length: String(bits) }
    }),
    readText: (text) => reversed(text, 0, text.length, size),
    reader(found) {
      checkType(column, found, bits)
      return (cursor) => {
        const start = cursor.position
        cursor.position = start + size
        return reversed(cursor.buffer, start, cursor.position, size)
      }
    },
    zero: Buffer.alloc(size),
    unavailable: Buffer.from(placeholder),
    defaultOf(of) {
      const given = defaultBits(of)
      return given === undefined ? undefined : reversed(given, 0, given.length, size)
    }
  }
}

function singleBit(column: ColumnModel): ColumnCodec {
  return {
    schema: boolean(),
    readText: (text) => text[text.length - 1] === 1,
    reader(found) {
      checkType(column, found, 1)
      return (cursor) => cursor.buffer[cursor.position++] === 1
    },
    zero: false,
    unavailable: null,
    defaultOf(of) {
      const given = defaultBits(of)
      return given === undefined ? undefined : given.some((byte) => byte !== 0)
    }
  }
}

function checkType(column: ColumnModel, found: BinlogColumn, bits: number): void {
  if (found.type !== ColumnType.BIT) throw wrongType(column, found)
  if (found.meta !== bits) {
    throw new TableMismatch(`column ${column.name} is BIT(${bits}), and BIT(${found.meta}) there`)
  }
}

/** The server keeps bits big-endian. */
function reversed(buffer: Buffer, start: number, end: number, size: number): Buffer {
  const result = Buffer.alloc(size)
  for (let i = 0; i < end - start && i < size; i++) result[i] = buffer[end - 1 - i] as number
  return result
}

/** The bits of a default, big-endian: of `b'101'`, or of a whole number. */
function defaultBits(column: ColumnModel): Buffer | undefined {
  const given = parseDefault(column)
  if (given.kind === 'bytes') return given.bytes
  if (given.kind !== 'text' || !/^\d+$/.test(given.text)) return undefined
  const digits = BigInt(given.text).toString(16)
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex')
}
