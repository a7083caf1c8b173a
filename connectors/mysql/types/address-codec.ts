import { type Schema, string } from '../../../runtime/api/schema.ts'
import { ColumnType } from '../binlog/table-map.ts'
import { padded } from './binary-codec.ts'
import { type MakeCodec, noDefault } from './column-codec.ts'
import { lengthSize, withLength } from './length-reader.ts'
import { wrongType } from './table-mismatch.ts'

/**
 * MariaDB's UUID, INET4 and INET6: text in the text protocol; in the log BINARY of 16, 4 and 16 bytes in
 * the order of the text, without zeros at the end.
 */
function fixedCodec(
  schema: Schema,
  length: number,
  format: (bytes: Buffer, start: number) => string
): MakeCodec {
  const zero = format(Buffer.alloc(length), 0)
  const read = padded(length, format)
  return (column, { placeholder }) => ({
    schema,
    readText: (bytes) => bytes.toString('latin1'),
    reader(found) {
      if (found.type !== ColumnType.STRING || found.meta !== length) throw wrongType(column, found)
      return withLength(lengthSize(found), read)
    },
    zero,
    unavailable: placeholder,
    defaultOf: noDefault
  })
}

export const uuidCodec: MakeCodec = fixedCodec(
  string({ name: 'io.debezium.data.Uuid', version: 1 }),
  16,
  (bytes, start) => {
    const hex = bytes.toString('hex', start, start + 16)
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  }
)

export const inet4Codec: MakeCodec = fixedCodec(string(), 4, dotted)

export const inet6Codec: MakeCodec = fixedCodec(string(), 16, (bytes, start) => {
  const words = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(start + i * 2))
  const gap = longestGap(words)
  // ::1.2.3.4 and ::ffff:1.2.3.4
  const isMapped = gap.length === 5 && words[5] === 0xffff
  const isIpv4 = gap.start === 0 && (gap.length === 6 || isMapped)
  let text = ''
  for (let i = 0; i < words.length; i++) {
    if (i === gap.start) {
      text += i === 0 ? '::' : ':'
      i += gap.length - 1
    } else if (i === 6 && isIpv4) {
      return text + dotted(bytes, start + 12)
    } else {
      text += (words[i] ?? 0).toString(16) + (i < 7 ? ':' : '')
    }
  }
  return text
})

function dotted(bytes: Buffer, start: number): string {
  return bytes.subarray(start, start + 4).join('.')
}

/** The first of the longest runs of zeros, which the server leaves out of the text. */
function longestGap(words: readonly number[]): { start: number; length: number } {
  let longest = { start: -1, length: 0 }
  let start = 0
  for (let i = 0; i <= words.length; i++) {
    if (words[i] === 0) continue
    if (i - start > longest.length) longest = { start, length: i - start }
    start = i + 1
  }
  return longest
}
