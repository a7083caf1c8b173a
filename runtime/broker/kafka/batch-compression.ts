import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { AT, checksum, HEADER_BYTES, LENGTH_OVERHEAD } from '../record-batch-format.ts'
import type { ClientSettings } from './client-config.ts'

const GZIP_BITS = 1
const ZSTD_BITS = 4

/** A complete record batch with its records packed, or the batch itself without compression. */
export function compressBatch(
  batch: Buffer,
  { compression, compressionLevel: level }: Pick<ClientSettings, 'compression' | 'compressionLevel'>
): Buffer {
  if (compression === 'none') return batch
  const records = batch.subarray(HEADER_BYTES)
  const gzip = compression === 'gzip'
  const packed = gzip
    ? gzipSync(records, level === null ? {} : { level })
    : zstdCompressSync(
        records,
        level === null ? {} : { params: { [constants.ZSTD_c_compressionLevel]: level } }
      )
  const result = Buffer.concat([batch.subarray(0, HEADER_BYTES), packed])
  result.writeInt32BE(result.length - LENGTH_OVERHEAD, AT.batchLength)
  const attributes = result.readInt16BE(AT.attributes)
  result.writeInt16BE(attributes | (gzip ? GZIP_BITS : ZSTD_BITS), AT.attributes)
  result.writeUInt32BE(checksum(result, 0, result.length), AT.crc)
  return result
}
