import { zstdDecompressSync } from 'node:zlib'
import { ByteReader, badEvent } from './byte-reader.ts'

const Field = { END: 0, SIZE: 1, COMPRESSION: 2, UNCOMPRESSED_SIZE: 3 } as const
const ZSTD = 0
const NONE = 255

/**
 * The events inside a TRANSACTION_PAYLOAD event (`binlog_transaction_compression` of MySQL):
 * https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Transaction__payload__event.html
 */
export function readPayload(reader: ByteReader): Buffer {
  let compression = NONE
  let uncompressedSize = 0
  for (let field = reader.lengthEncoded(); field !== Field.END; field = reader.lengthEncoded()) {
    const length = reader.lengthEncoded()
    const value = new ByteReader(reader.buffer, reader.skip(length), reader.position)
    if (field === Field.COMPRESSION) compression = value.lengthEncoded()
    else if (field === Field.UNCOMPRESSED_SIZE) uncompressedSize = value.lengthEncoded()
  }
  const payload = reader.rest()
  if (compression === NONE) return payload
  if (compression !== ZSTD) throw badEvent(`a transaction has compression ${compression}`)
  try {
    return zstdDecompressSync(payload, { maxOutputLength: Math.max(1, uncompressedSize) })
  } catch (error) {
    throw badEvent('a compressed transaction is damaged', error)
  }
}
