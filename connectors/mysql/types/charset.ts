import { ConnectError } from '../../../runtime/api/errors.ts'
import { multibyteReader } from './multibyte-charsets.ts'
import { singleByteTable } from './single-byte-charsets.ts'

/** Reads text between two positions. */
export type TextReader = (buffer: Buffer, start: number, end: number) => string

const readers = new Map<string, TextReader>()

/**
 * How text in a character set of the server is read.
 *
 * @param charset as the server calls it, such as `utf8mb4`
 * @throws {ConnectError} MYSQL_UNKNOWN_CHARSET
 */
export function textReader(charset: string): TextReader {
  const name = charset.toLowerCase()
  const known = readers.get(name)
  if (known !== undefined) return known
  const reader = makeReader(name)
  readers.set(name, reader)
  return reader
}

function makeReader(charset: string): TextReader {
  const unicode = UNICODE[charset]
  if (unicode !== undefined) return unicode
  const table = singleByteTable(charset)
  if (table !== undefined) return singleByteReader(table)
  const decode = multibyteReader(charset)
  if (decode !== undefined) {
    return (buffer, start, end) =>
      isAscii(buffer, start, end)
        ? buffer.toString('latin1', start, end)
        : decode(buffer.subarray(start, end))
  }
  throw new ConnectError('MYSQL_UNKNOWN_CHARSET', `Character set '${charset}' is not known`, {
    hint: 'Convert the column to utf8mb4 (ALTER TABLE ... MODIFY ... CHARACTER SET utf8mb4), or leave it out with column.exclude.list'
  })
}

const readUtf8: TextReader = (buffer, start, end) => buffer.toString('utf8', start, end)

const UNICODE: Readonly<Record<string, TextReader>> = {
  utf8: readUtf8,
  utf8mb3: readUtf8,
  utf8mb4: readUtf8,
  // Where a text has no character set, its bytes are shown one by one.
  binary: (buffer, start, end) => buffer.toString('latin1', start, end),
  ucs2: readUtf16,
  utf16: readUtf16,
  utf16le: (buffer, start, end) => buffer.toString('utf16le', start, end),
  utf32: readUtf32
}

/** Big-endian, as the server's utf16 and ucs2 are. */
function readUtf16(buffer: Buffer, start: number, end: number): string {
  const even = end - ((end - start) & 1)
  return Buffer.from(buffer.subarray(start, even)).swap16().toString('utf16le')
}

function readUtf32(buffer: Buffer, start: number, end: number): string {
  let text = ''
  for (let at = start; at + 4 <= end; at += 4) {
    const point = buffer.readUInt32BE(at)
    text += point > 0x10ffff ? '\ufffd' : String.fromCodePoint(point)
  }
  return text
}

function singleByteReader(table: readonly string[]): TextReader {
  const plain = table.every((char, byte) => byte > 0x7f || char.charCodeAt(0) === byte)
  return (buffer, start, end) => {
    if (plain && isAscii(buffer, start, end)) return buffer.toString('latin1', start, end)
    let text = ''
    for (let at = start; at < end; at++) text += table[buffer[at] as number]
    return text
  }
}

function isAscii(buffer: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((buffer[at] as number) > 0x7f) return false
  return true
}
