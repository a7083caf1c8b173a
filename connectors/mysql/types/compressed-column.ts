import { inflateRawSync, inflateSync } from 'node:zlib'
import { UnconvertibleValue } from '../../relational/unconvertible.ts'
import { bigEndian } from './row-bytes.ts'

const ZLIB = 8
/** Without zlib's own header and checksum (`column_compression_zlib_wrap=OFF`). */
const RAW = 0x08

/**
 * The value of a MariaDB column that is COMPRESSED, which the log has as it is stored: nothing for an empty
 * value; else a byte with the method in its upper half (0: not compressed), and in its lower half how many
 * bytes the length of the value has, which follows, big-endian. `Field_longstr::compress` in sql/field.cc;
 * https://mariadb.com/kb/en/storage-engine-independent-column-compression/
 */
export function inflateColumn(buffer: Buffer, start: number, end: number): Buffer {
  if (start >= end) return buffer.subarray(0, 0)
  const header = buffer[start] as number
  if (header === 0) return buffer.subarray(start + 1, end)
  const lengthBytes = header & 0x07
  if (header >> 4 !== ZLIB) {
    throw new UnconvertibleValue(`compression method ${header >> 4} of a column is not known`)
  }
  const content = buffer.subarray(start + 1 + lengthBytes, end)
  const options = { maxOutputLength: Math.max(1, bigEndian(buffer, start + 1, lengthBytes)) }
  try {
    return (header & RAW) !== 0 ? inflateRawSync(content, options) : inflateSync(content, options)
  } catch (cause) {
    throw new UnconvertibleValue('a compressed column cannot be read', { cause })
  }
}
