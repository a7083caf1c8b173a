import { string } from '../../../runtime/api/schema.ts'
import type { BinlogColumn } from '../binlog/binlog-event.ts'
import { ColumnType } from '../binlog/table-map.ts'
import type { ColumnModel } from '../schema/table-model.ts'
import { type TextReader, textReader } from './charset.ts'
import { charsetOfCollation } from './collation.ts'
import type { BinlogReader, MakeCodec } from './column-codec.ts'
import { inflateColumn } from './compressed-column.ts'
import { parseDefault } from './default-value.ts'
import { lengthSize, withLength } from './length-reader.ts'
import { TableMismatch, wrongType } from './table-mismatch.ts'

/** What a text without a known character set is taken for. */
const DEFAULT_CHARSET = 'utf8mb4'
/** The collation of bytes. */
const BINARY_COLLATION = 63

/** CHAR, VARCHAR, TEXT and their other names. */
export const textCodec: MakeCodec = (column, options) => {
  const read = textReader(column.charset ?? DEFAULT_CHARSET)
  return {
    schema: string(),
    readText: (bytes) => read(bytes, 0, bytes.length),
    reader: (found) => binlogTextReader(column, found, read),
    zero: '',
    unavailable: options.placeholder,
    defaultOf(of) {
      const given = parseDefault(of)
      if (given.kind === 'bytes') return read(given.bytes, 0, given.bytes.length)
      if (given.kind !== 'text') return undefined
      return isPadded(of) ? given.text.replace(/ +$/, '') : given.text
    }
  }
}

/** CHAR does not keep spaces at its end. */
function isPadded(column: ColumnModel): boolean {
  return /CHAR/.test(column.typeName) && !/VAR/.test(column.typeName)
}

const TEXT_TYPES = new Set<number>([
  ColumnType.STRING,
  ColumnType.VAR_STRING,
  ColumnType.VARCHAR,
  ColumnType.BLOB,
  ColumnType.VARCHAR_COMPRESSED,
  ColumnType.BLOB_COMPRESSED
])

function binlogTextReader(
  column: ColumnModel,
  found: BinlogColumn,
  declared: TextReader
): BinlogReader {
  if (!TEXT_TYPES.has(found.type)) throw wrongType(column, found)
  if (found.collation === BINARY_COLLATION) {
    throw new TableMismatch(`column ${column.name} is ${column.typeName}, and bytes there`)
  }
  const charset = found.collation === null ? null : charsetOfCollation(found.collation)
  const read = charset === null ? declared : textReader(charset)
  const isCompressed =
    found.type === ColumnType.BLOB_COMPRESSED || found.type === ColumnType.VARCHAR_COMPRESSED
  if (!isCompressed) return withLength(lengthSize(found), read)
  return withLength(lengthSize(found), (buffer, start, end) => {
    const bytes = inflateColumn(buffer, start, end)
    return read(bytes, 0, bytes.length)
  })
}
