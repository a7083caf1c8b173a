import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { ConnectError } from '../api/errors.ts'
import type { TopicPartition } from '../api/record.ts'
import type { StoredRecord } from './broker.ts'
import {
  AT,
  type BatchHeader,
  checksum,
  corruptBatch,
  HEADER_BYTES,
  placeName
} from './record-batch-format.ts'

type StoredHeaders = StoredRecord['headers']

const NO_HEADERS: StoredHeaders = Object.freeze([])

/** A position in a batch; every read moves it on. Shared by all reads of one batch. */
interface Cursor {
  readonly bytes: Buffer
  at: number
}

/** @throws {ConnectError} CORRUPT_BATCH when the bytes are not those that were written */
export function verifyBatch(
  buffer: Buffer,
  at: number,
  { header, place }: { header: BatchHeader; place: TopicPartition | null }
): void {
  const stored = buffer.readUInt32BE(at + AT.crc)
  const computed = checksum(buffer, at, at + header.byteLength)
  if (stored === computed) return
  throw corruptBatch(`its checksum is ${hex(computed)} where ${hex(stored)} is stored`, {
    place,
    offset: header.baseOffset
  })
}

/**
 * Decodes the records of a verified batch, leaving out those before an offset. Keys and values are
 * views into the buffer, or into the decompressed batch.
 *
 * @throws {ConnectError} CORRUPT_BATCH when a length runs past the end of the batch
 * @throws {ConnectError} UNSUPPORTED_COMPRESSION for snappy and lz4
 */
export function readRecords(
  buffer: Buffer,
  at: number,
  options: { header: BatchHeader; from: number; place: TopicPartition | null }
): StoredRecord[] {
  const { header, from, place } = options
  const body = buffer.subarray(at + HEADER_BYTES, at + header.byteLength)
  const cursor: Cursor = { bytes: decompress(body, header, place), at: 0 }
  const records: StoredRecord[] = []
  try {
    for (let index = 0; index < header.recordCount; index++) {
      const record = readRecord(cursor, header, from)
      if (record !== null) records.push(record)
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw corruptBatch(error.message, { place, offset: header.baseOffset })
  }
  if (cursor.at !== cursor.bytes.length) {
    throw corruptBatch('its records end before it does', { place, offset: header.baseOffset })
  }
  return records
}

function readRecord(cursor: Cursor, header: BatchHeader, from: number): StoredRecord | null {
  const length = readVarint(cursor)
  const end = cursor.at + length
  if (length < 6 || end > cursor.bytes.length) throw new RangeError('a record runs past its end')
  cursor.at++
  const timestampDelta = readVarint(cursor)
  const offset = header.baseOffset + readVarint(cursor)
  if (offset < from) {
    cursor.at = end
    return null
  }
  const key = readBytes(cursor)
  const value = readBytes(cursor)
  const headers = readHeaders(cursor)
  if (cursor.at !== end) throw new RangeError('a record is not as long as it says')
  const created = header.timestampType === 'CreateTime'
  const timestamp = created ? header.baseTimestamp + timestampDelta : header.maxTimestamp
  return { offset, key, value, headers, timestamp }
}

function readHeaders(cursor: Cursor): StoredHeaders {
  const count = readVarint(cursor)
  if (count === 0) return NO_HEADERS
  if (count < 0) throw new RangeError('a record has a negative number of headers')
  const headers: { key: string; value: Buffer | null }[] = []
  for (let index = 0; index < count; index++) {
    const key = readBytes(cursor)
    if (key === null) throw new RangeError('a header has no key')
    headers.push({ key: key.toString('utf8'), value: readBytes(cursor) })
  }
  return headers
}

function readBytes(cursor: Cursor): Buffer | null {
  const length = readVarint(cursor)
  if (length < 0) return null
  const start = cursor.at
  const end = start + length
  if (end > cursor.bytes.length) throw new RangeError('a field runs past the end')
  cursor.at = end
  return cursor.bytes.subarray(start, end)
}

function readVarint(cursor: Cursor): number {
  const { bytes } = cursor
  let byte = bytes[cursor.at++]
  if (byte !== undefined && byte < 0x80) return (byte >>> 1) ^ -(byte & 1)
  let low = 0
  let shift = 0
  while (byte !== undefined && shift <= 21) {
    low |= (byte & 0x7f) << shift
    if (byte < 0x80) return (low >>> 1) ^ -(low & 1)
    shift += 7
    byte = bytes[cursor.at++]
  }
  return readWideVarint(cursor, low, byte)
}

/** The rest of a varint of five to ten bytes: time deltas of more than 18 hours, huge values. */
function readWideVarint(cursor: Cursor, low: number, first: number | undefined): number {
  let zigzag = BigInt(low)
  let byte = first
  for (let shift = 28n; shift <= 63n; shift += 7n) {
    if (byte === undefined) break
    zigzag |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) return Number((zigzag >> 1n) ^ -(zigzag & 1n))
    byte = cursor.bytes[cursor.at++]
  }
  throw new RangeError('a number does not end')
}

function decompress(body: Buffer, header: BatchHeader, place: TopicPartition | null): Buffer {
  const { compression, baseOffset: offset } = header
  if (compression === 'none') return body
  try {
    if (compression === 'gzip') return gunzipSync(body)
    if (compression === 'zstd') return zstdDecompressSync(body)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw corruptBatch(`its ${compression} data does not unpack (${reason})`, { place, offset })
  }
  throw new ConnectError(
    'UNSUPPORTED_COMPRESSION',
    `The record batch at offset ${offset}${placeName(place)} is compressed with ${compression};` +
      ' gzip, zstd and none can be read',
    { hint: 'set compression.type of the topic or its producers to gzip, zstd or none' }
  )
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`
}
