import { array, float32 } from '../../../runtime/api/schema.ts'
import { UnconvertibleValue } from '../../relational/unconvertible.ts'
import { ColumnType } from '../binlog/table-map.ts'
import { type MakeCodec, noDefault } from './column-codec.ts'
import { lengthSize, withLength } from './length-reader.ts'
import { wrongType } from './table-mismatch.ts'

/** MySQL has a type code of its own; MariaDB's vectors are VARBINARY in the log. */
const TYPES = new Set<number>([ColumnType.VECTOR, ColumnType.VARCHAR, ColumnType.BLOB])

/**
 * VECTOR of MySQL 9 and MariaDB 11.7: float32 values, little-endian, in both protocols.
 * https://dev.mysql.com/doc/refman/9.0/en/vector.html, https://mariadb.com/kb/en/vector/
 */
export const vectorCodec: MakeCodec = (column, { placeholder }) => ({
  schema: array(float32(), { name: 'io.debezium.data.FloatVector', version: 1 }),
  readText: (bytes) => floats(bytes, 0, bytes.length),
  reader(found) {
    if (!TYPES.has(found.type)) throw wrongType(column, found)
    return withLength(lengthSize(found), floats)
  },
  zero: [],
  unavailable: [...Buffer.from(placeholder)],
  defaultOf: noDefault
})

function floats(buffer: Buffer, start: number, end: number): number[] {
  if ((end - start) % 4 !== 0) throw new UnconvertibleValue('a VECTOR has part of a number')
  return Array.from({ length: (end - start) / 4 }, (_, i) => buffer.readFloatLE(start + i * 4))
}
