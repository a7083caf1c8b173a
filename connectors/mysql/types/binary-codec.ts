import { bytes, string } from '../../../runtime/api/schema.ts'
import type { BinlogColumn } from '../binlog/binlog-event.ts'
import { ColumnType } from '../binlog/table-map.ts'
import type { ColumnModel } from '../schema/table-model.ts'
import { type BinlogReader, type MakeCodec, noDefault, type ValueOptions } from './column-codec.ts'
import { inflateColumn } from './compressed-column.ts'
import { parseDefault } from './default-value.ts'
import { lengthSize, withLength } from './length-reader.ts'
import { TableMismatch, wrongType } from './table-mismatch.ts'

const ENCODINGS = { base64: 'base64', 'base64-url-safe': 'base64url', hex: 'hex' } as const

/** What `binary.handling.mode` makes of bytes. The bytes are good until it returns. */
type Show = (buffer: Buffer, start: number, end: number) => unknown

function showAs({ binary }: ValueOptions): Show {
  if (binary === 'bytes') return (buffer, start, end) => Buffer.from(buffer.subarray(start, end))
  const encoding = ENCODINGS[binary]
  if (binary !== 'base64-url-safe') {
    return (buffer, start, end) => buffer.toString(encoding, start, end)
  }
  return (buffer, start, end) => {
    const encoded = buffer.toString(encoding, start, end)
    // Java's URL-safe encoder keeps the padding.
    return encoded.padEnd(Math.ceil(encoded.length / 4) * 4, '=')
  }
}

/** VARBINARY and BLOB; Debezium shows no default of a BLOB. */
export const bytesCodec: MakeCodec = (column, options) => codecOf(column, options, false)

/** BINARY(n): always n bytes, of which the log leaves out zeros at the end. */
export const fixedBytesCodec: MakeCodec = (column, options) => codecOf(column, options, true)

function codecOf(column: ColumnModel, options: ValueOptions, isFixed: boolean) {
  const show = showAs(options)
  const isBytes = options.binary === 'bytes'
  return {
    schema: isBytes ? bytes() : string(),
    readText: (text: Buffer) => show(text, 0, text.length),
    reader: (found: BinlogColumn) => bytesReader(column, found, show),
    zero: isBytes ? Buffer.alloc(0) : '',
    unavailable: isBytes ? Buffer.from(options.placeholder) : options.placeholder,
    defaultOf(of: ColumnModel) {
      const given = defaultBytes(of, isFixed)
      return given === undefined ? undefined : show(given, 0, given.length)
    }
  }
}

export const blobCodec: MakeCodec = (column, options) => ({
  ...bytesCodec(column, options),
  defaultOf: noDefault
})

const BYTES_TYPES = new Set<number>([
  ColumnType.VAR_STRING,
  ColumnType.VARCHAR,
  ColumnType.BLOB,
  ColumnType.VARCHAR_COMPRESSED,
  ColumnType.BLOB_COMPRESSED
])

function bytesReader(column: ColumnModel, found: BinlogColumn, show: Show): BinlogReader {
  const { collation, meta, type } = found
  if (collation !== null && collation !== 63) {
    throw new TableMismatch(`column ${column.name} is ${column.typeName}, and text there`)
  }
  if (type === ColumnType.STRING) return withLength(lengthSize(found), padded(meta, show))
  if (!BYTES_TYPES.has(type)) throw wrongType(column, found)
  if (type !== ColumnType.BLOB_COMPRESSED && type !== ColumnType.VARCHAR_COMPRESSED) {
    return withLength(lengthSize(found), show)
  }
  return withLength(lengthSize(found), (buffer, start, end) => {
    const inflated = inflateColumn(buffer, start, end)
    return show(inflated, 0, inflated.length)
  })
}

/** Puts back the zeros that the log leaves out. */
export function padded<T>(
  length: number,
  read: (buffer: Buffer, start: number, end: number) => T
): (buffer: Buffer, start: number, end: number) => T {
  return (buffer, start, end) => {
    if (end - start === length) return read(buffer, start, end)
    const whole = Buffer.alloc(length)
    buffer.copy(whole, 0, start, end)
    return read(whole, 0, length)
  }
}

function defaultBytes(column: ColumnModel, isFixed: boolean): Buffer | undefined {
  const given = parseDefault(column)
  if (given.kind !== 'bytes' && given.kind !== 'text') return undefined
  // SHOW CREATE TABLE prints bytes as text, and what is no text is lost.
  if (given.kind === 'text' && given.text.includes('\ufffd')) return undefined
  const value = given.kind === 'bytes' ? given.bytes : Buffer.from(given.text)
  if (!isFixed) return value
  const whole = Buffer.alloc(column.length ?? 1)
  value.copy(whole)
  return whole
}
