import type { BinlogColumn } from '../binlog/binlog-event.ts'
import { ColumnType } from '../binlog/table-map.ts'
import type { BinlogReader } from './column-codec.ts'
import { littleEndian } from './row-bytes.ts'

/**
 * Bytes of the length that comes before a text, bytes, JSON or a shape; 0 for any other column. For CHAR,
 * VARCHAR, BINARY and VARBINARY it follows from the most bytes that the column may have.
 */
export function lengthSize({ type, meta }: BinlogColumn): number {
  switch (type) {
    case ColumnType.STRING:
    case ColumnType.VAR_STRING:
    case ColumnType.VARCHAR:
    case ColumnType.VARCHAR_COMPRESSED:
      return meta > 255 ? 2 : 1
    case ColumnType.BLOB:
    case ColumnType.BLOB_COMPRESSED:
    case ColumnType.JSON:
    case ColumnType.GEOMETRY:
    case ColumnType.VECTOR:
      return meta
    default:
      return 0
  }
}

/**
 * Reads a value that has its length before it.
 * @returns a reader that throws a RangeError where the value, or its length, is past the end
 */
export function withLength(
  size: number,
  read: (buffer: Buffer, start: number, end: number) => unknown
): BinlogReader {
  if (size === 1) {
    return (cursor) => {
      const { buffer } = cursor
      const start = cursor.position + 1
      const end = start + (buffer[cursor.position] as number)
      cursor.position = end
      if (!(end <= buffer.length)) throw overrun()
      return read(buffer, start, end)
    }
  }
  return (cursor) => {
    const start = cursor.position + size
    const end = start + littleEndian(cursor.buffer, cursor.position, size)
    cursor.position = end
    if (!(end <= cursor.buffer.length)) throw overrun()
    return read(cursor.buffer, start, end)
  }
}

function overrun(): RangeError {
  return new RangeError('a value is longer than its event')
}
