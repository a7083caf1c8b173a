import { ConnectError } from '../../../runtime/api/errors.ts'
import { Struct } from '../../../runtime/api/schema.ts'
import type { RowGaps } from '../../relational/row-gaps.ts'
import type { TableMap } from '../binlog/binlog-event.ts'
import { ColumnType } from '../binlog/table-map.ts'
import type { BinlogReader, RowCursor } from './column-codec.ts'
import { hasBit, ImageGaps, type RowImages } from './image-gaps.ts'
import { readPartialJson } from './json-codec.ts'
import type { RowField, RowShape } from './row-shape.ts'
import { TableMismatch } from './table-mismatch.ts'
import { valueSkipper } from './value-skipper.ts'

/**
 * Reads the rows of one table as one table map describes them. Compiled once, for all events that have that
 * table map.
 *
 * An image is a bitmap of nulls, low bit first, with a bit for every column that is present, and then the
 * values that are not null:
 * https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Rows__event.html
 */
export class RowReader {
  readonly #shape: RowShape
  /** By position in the log. */
  readonly #readers: readonly BinlogReader[]
  /** The field of each column, or null for one that is not in the events. */
  readonly #fields: readonly (RowField | null)[]
  /** Positions of JSON columns, for which a partial update has one bit each. */
  readonly #json: readonly number[]
  readonly #bitmapBytes: number
  readonly #gaps: ImageGaps

  /** @throws {TableMismatch} when the log has other columns than the table */
  constructor(shape: RowShape, map: TableMap) {
    const { columns } = shape.table
    checkColumns(shape, map)
    this.#shape = shape
    this.#fields = columns.map(
      (_, source) => shape.fields.find((field) => field.source === source) ?? null
    )
    this.#readers = map.columns.map((found, i) => {
      const field = this.#fields[i]
      if (field) return field.codec.reader(found)
      const column = columns[i]
      if (column === undefined) throw new TableMismatch(`column ${i + 1} is not known`)
      return valueSkipper(column, found)
    })
    this.#json = map.columns.flatMap(({ type }, i) => (type === ColumnType.JSON ? [i] : []))
    this.#bitmapBytes = (columns.length + 7) >> 3
    this.#gaps = new ImageGaps(shape)
  }

  /**
   * Reads one row image and moves the cursor past it.
   *
   * @param present the columns that the image has, one bit each, low bit first
   * @param before the row before the update: it has the values that its image leaves out. Where it has none
   *   either, what stands for an unavailable value is read
   * @throws {TableMismatch} when the bytes are those of another table
   */
  read(cursor: RowCursor, present: Uint8Array | null, before: Struct | null = null): Struct {
    return present === null || this.#isWhole(present)
      ? this.#readWhole(cursor)
      : this.#readPart(cursor, { present, partial: null, before, base: before?.values })
  }

  /** Reads the image of a row that is new: where it leaves a column out, the row has its default. */
  readInserted(cursor: RowCursor, present: Uint8Array | null): Struct {
    if (present === null || this.#isWhole(present)) return this.#readWhole(cursor)
    const base = this.#shape.inserted.values
    return this.#readPart(cursor, { present, partial: null, before: null, base })
  }

  /**
   * Reads the image after an update of an event of the type PARTIAL_UPDATE_ROWS, in which JSON documents
   * may be changes to those of the image before. It begins with options (a length-encoded number) and, when
   * their first bit is set, with one bit for each JSON column of the table:
   * https://dev.mysql.com/doc/dev/mysql-server/latest/rows__event_8h.html
   *
   * @throws {ConnectError} MYSQL_ROW_IMAGE when the row before does not have the document
   */
  readPartialUpdate(cursor: RowCursor, present: Uint8Array, before: Struct): Struct {
    const options = cursor.buffer[cursor.position++] as number
    const hasBits = (options & 1) !== 0
    const partial = new Set(this.#json.filter((_, i) => hasBits && bitAt(cursor, i)))
    if (hasBits) cursor.position += (this.#json.length + 7) >> 3
    return this.#readPart(cursor, { present, partial, before, base: before.values })
  }

  /**
   * What the rows of an event leave out; null when that is nothing that the events have.
   * @throws {ConnectError} MYSQL_ROW_IMAGE when their record keys cannot be known
   */
  gaps(images: RowImages): RowGaps | null {
    return this.#gaps.of(images)
  }

  /** Whether row images have all columns of the table. */
  isWhole({ before, after }: Pick<RowImages, 'before' | 'after'>): boolean {
    return (before === null || this.#isWhole(before)) && (after === null || this.#isWhole(after))
  }

  #isWhole(present: Uint8Array): boolean {
    const last = this.#bitmapBytes - 1
    for (let i = 0; i < last; i++) if (present[i] !== 0xff) return false
    const bits = this.#readers.length - last * 8
    const mask = (1 << bits) - 1
    return ((present[last] as number) & mask) === mask
  }

  #readWhole(cursor: RowCursor): Struct {
    const shape = this.#shape
    const readers = this.#readers
    const fields = this.#fields
    const values: unknown[] = new Array(shape.size)
    const { buffer, position } = cursor
    cursor.position = position + this.#bitmapBytes
    let nulls = 0
    for (let i = 0; i < readers.length; i++) {
      if ((i & 7) === 0) nulls = buffer[position + (i >> 3)] as number
      const isNull = (nulls & 1) === 1
      nulls >>= 1
      const field = fields[i] as RowField | null
      if (isNull) {
        if (field !== null) shape.putNull(values, field)
      } else if (field === null) {
        ;(readers[i] as BinlogReader)(cursor)
      } else {
        shape.put(values, field, readers[i] as BinlogReader, cursor)
      }
    }
    checkEnd(cursor, shape)
    return new Struct(shape.schema, values)
  }

  #readPart(
    cursor: RowCursor,
    image: {
      readonly present: Uint8Array
      readonly partial: ReadonlySet<number> | null
      readonly before: Struct | null
      /** What stands where the image has nothing. */
      readonly base: readonly unknown[] | undefined
    }
  ): Struct {
    const { present, partial, before, base } = image
    const shape = this.#shape
    const values = (base ?? shape.unavailable).slice()
    const nullsAt = cursor.position
    let index = 0
    for (let i = 0; i < this.#readers.length; i++) if (hasBit(present, i)) index++
    cursor.position += (index + 7) >> 3
    index = 0
    for (let i = 0; i < this.#readers.length; i++) {
      if (!hasBit(present, i)) continue
      const isNull = (((cursor.buffer[nullsAt + (index >> 3)] as number) >> (index & 7)) & 1) === 1
      index++
      const field = this.#fields[i] ?? null
      if (isNull) {
        if (field !== null) shape.putNull(values, field)
        continue
      }
      const reader = partial?.has(i) ? this.#partialJson(before, field) : this.#readers[i]
      if (field === null) reader?.(cursor)
      else if (reader !== undefined) shape.put(values, field, reader, cursor)
    }
    checkEnd(cursor, shape)
    return new Struct(shape.schema, values)
  }

  /** Reads the changes to a document, which is the text that the row before has. */
  #partialJson(before: Struct | null, field: RowField | null): BinlogReader {
    const given = field === null ? null : before?.values[field.at]
    const text = typeof given === 'string' && given !== field?.codec.unavailable ? given : null
    return (cursor) => {
      const document = readPartialJson(cursor, text)
      if (document === undefined && field !== null) throw unknownDocument(field, this.#shape)
      return document
    }
  }
}

function unknownDocument({ name }: RowField, { table }: RowShape): ConnectError {
  return new ConnectError(
    'MYSQL_ROW_IMAGE',
    `The binary log has changes to a JSON document in ${table.database}.${table.name}.${name}, but not the document`,
    {
      hint: "SET GLOBAL binlog_row_value_options = '' or binlog_row_image = FULL on the server, have applications connect again, and reset the offsets of the connector for a new snapshot; or leave the column out with column.exclude.list"
    }
  )
}

function bitAt({ buffer, position }: RowCursor, index: number): boolean {
  return (((buffer[position + (index >> 3)] as number) >> (index & 7)) & 1) === 1
}

/** Whatever reads past the end does not throw: not even numbers that are no numbers get by here. */
function checkEnd(cursor: RowCursor, { table }: RowShape): void {
  if (cursor.position <= cursor.buffer.length) return
  throw new TableMismatch(`a row of ${table.database}.${table.name} is longer than its event`)
}

function checkColumns({ table }: RowShape, map: TableMap): void {
  const about = `${table.database}.${table.name}`
  if (map.columns.length !== table.columns.length) {
    throw new TableMismatch(
      `${about} has ${table.columns.length} columns, and ${map.columns.length} there`
    )
  }
  for (const [i, { name }] of map.columns.entries()) {
    const known = table.columns[i]?.name ?? ''
    if (name !== null && name.toLowerCase() !== known.toLowerCase()) {
      throw new TableMismatch(`column ${i + 1} of ${about} is ${known}, and ${name} there`)
    }
  }
}
