import { string } from '../../../runtime/api/schema.ts'
import { ColumnType } from '../binlog/table-map.ts'
import { type ColumnCodec, type MakeCodec, noDefault, type RowCursor } from './column-codec.ts'
import { readJson } from './json-binary.ts'
import { applyDiffs } from './json-diff.ts'
import { parseJson, printJson } from './json-text.ts'
import { withLength } from './length-reader.ts'
import { uint32 } from './row-bytes.ts'
import { textCodec } from './text-codec.ts'

const schema = string({ name: 'io.debezium.data.Json', version: 1 })

/** MySQL's JSON is binary in the log and text with spaces otherwise; MariaDB's is LONGTEXT in both. */
export const jsonCodec: MakeCodec = (column, options) => {
  const text = textCodec({ ...column, charset: column.charset ?? 'utf8mb4' }, options)
  const codec: ColumnCodec = { ...text, schema, defaultOf: noDefault }
  return options.flavor === 'mariadb' ? codec : mysqlJson(codec)
}

function mysqlJson(codec: ColumnCodec): ColumnCodec {
  return {
    ...codec,
    readText: (bytes) => printJson(parseJson(bytes.toString('utf8'))),
    reader(found) {
      if (found.type !== ColumnType.JSON) return codec.reader(found)
      return withLength(found.meta, (buffer, start, end) => printJson(readJson(buffer, start, end)))
    }
  }
}

/**
 * Reads a partial update of a JSON column: its changes, applied to the document of the row before.
 *
 * @param before text of the document; null when it is not known
 * @returns undefined when it is not known
 */
export function readPartialJson(cursor: RowCursor, before: string | null): string | undefined {
  const start = cursor.position + 4
  const end = start + uint32(cursor.buffer, cursor.position)
  cursor.position = end
  if (before === null) return undefined
  return printJson(applyDiffs(parseJson(before), cursor.buffer, [start, end]))
}
