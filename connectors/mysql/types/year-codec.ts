import { int32 } from '../../../runtime/api/schema.ts'
import { ColumnType } from '../binlog/table-map.ts'
import type { MakeCodec } from './column-codec.ts'
import { numericDefault, parseDefault } from './default-value.ts'
import { wrongType } from './table-mismatch.ts'

/** YEAR: 1901 to 2155, and 0000, which is 0. */
export const yearCodec: MakeCodec = (column) => ({
  schema: int32({ name: 'io.debezium.time.Year', version: 1 }),
  readText: (bytes) => Number(bytes.toString('latin1')),
  reader(found) {
    if (found.type !== ColumnType.YEAR) throw wrongType(column, found)
    return (cursor) => {
      const year = cursor.buffer[cursor.position++] as number
      return year === 0 ? 0 : year + 1900
    }
  },
  zero: 0,
  unavailable: null,
  defaultOf(of) {
    const text = numericDefault(of)
    if (text === undefined) return undefined
    const year = Number(text)
    if (year > 99) return year
    // A number 0 is 0000, a text '0' or '00' is 2000.
    const given = parseDefault(of)
    const isZero =
      year === 0 && (!of.defaultIsLiteral || (given.kind === 'text' && given.text.length > 2))
    return isZero ? 0 : year + (year < 70 ? 2000 : 1900)
  }
})
