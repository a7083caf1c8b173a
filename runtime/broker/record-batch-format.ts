import { crc32c } from '@node-rs/crc32'
import { ConnectError } from '../api/errors.ts'
import type { TopicPartition } from '../api/record.ts'

/*
 * Layout of Kafka's record batch, format version 2 (magic 2), as documented in "Implementation:
 * Message Format" of the Kafka documentation. All numbers are big-endian; lengths inside a record
 * are zigzag varints, as in Protocol Buffers.
 */

export const HEADER_BYTES = 61
/** What `batchLength` does not count: the base offset and the length itself. */
export const LENGTH_OVERHEAD = 12
export const MAGIC = 2

export const AT = {
  baseOffset: 0,
  batchLength: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57
} as const

const COMPRESSION_MASK = 0x07
const LOG_APPEND_TIME = 0x08
export const TRANSACTIONAL = 0x10
const CONTROL = 0x20

const COMPRESSIONS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type Compression = (typeof COMPRESSIONS)[number] | 'unknown'

/** What the header of a stored batch says. Offsets are absolute, times are ms since 1970. */
export interface BatchHeader {
  readonly baseOffset: number
  /** The offset of the last record as produced; compaction may have removed that record. */
  readonly lastOffset: number
  /** The number of bytes from the start of the batch to the start of the next one. */
  readonly byteLength: number
  readonly compression: Compression
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  readonly transactional: boolean
  /** The batch holds a transaction marker, not records. */
  readonly control: boolean
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  /** -1n without a producer id. */
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly recordCount: number
}

/** Reads an int64. Exact within the safe integers; offsets and times never leave them. */
export function readInt64(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * 4294967296 + buffer.readUInt32BE(at + 4)
}

export function writeInt64(buffer: Buffer, value: number, at: number): void {
  buffer.writeInt32BE(Math.floor(value / 4294967296), at)
  buffer.writeInt32BE(value | 0, at + 4)
}

/** How many bytes a zigzag varint of this integer takes. */
export function varintSize(value: number): number {
  if (value < -0x40000000 || value > 0x3fffffff) return wideVarintSize(value)
  const zigzag = (value << 1) ^ (value >> 31)
  if (zigzag < 0x80) return 1
  if (zigzag < 0x4000) return 2
  if (zigzag < 0x200000) return 3
  return zigzag < 0x10000000 ? 4 : 5
}

function wideVarintSize(value: number): number {
  let zigzag = value < 0 ? -2 * value - 1 : 2 * value
  let size = 1
  for (; zigzag >= 128; zigzag = Math.floor(zigzag / 128)) size++
  return size
}

/** Writes a zigzag varint and returns the position after it. */
export function writeVarint(buffer: Buffer, value: number, at: number): number {
  if (value < -0x40000000 || value > 0x3fffffff) return writeWideVarint(buffer, value, at)
  let zigzag = (value << 1) ^ (value >> 31)
  let position = at
  while (zigzag > 0x7f) {
    buffer[position++] = (zigzag & 0x7f) | 0x80
    zigzag >>>= 7
  }
  buffer[position++] = zigzag
  return position
}

/** As doubles lose bits beyond 2^53, and a doubled value has one more, this goes through a bigint. */
function writeWideVarint(buffer: Buffer, value: number, at: number): number {
  let zigzag = value < 0 ? -2n * BigInt(value) - 1n : 2n * BigInt(value)
  let position = at
  while (zigzag > 0x7fn) {
    buffer[position++] = Number(zigzag & 0x7fn) | 0x80
    zigzag >>= 7n
  }
  buffer[position++] = Number(zigzag)
  return position
}

/** The header of the batch at a position, or null where the buffer ends within the batch. */
export function readBatchHeader(
  buffer: Buffer,
  at: number,
  place: TopicPartition | null = null
): BatchHeader | null {
  if (buffer.length - at < LENGTH_OVERHEAD) return null
  const byteLength = buffer.readInt32BE(at + AT.batchLength) + LENGTH_OVERHEAD
  const baseOffset = readInt64(buffer, at)
  if (buffer.length - at > AT.magic && buffer[at + AT.magic] !== MAGIC) {
    throw unsupportedMagic(buffer[at + AT.magic] ?? 0, { place, offset: baseOffset })
  }
  if (byteLength < HEADER_BYTES) {
    throw corruptBatch('its length is shorter than a header', { place, offset: baseOffset })
  }
  if (buffer.length - at < byteLength) return null
  const attributes = buffer.readInt16BE(at + AT.attributes)
  return {
    baseOffset,
    lastOffset: baseOffset + buffer.readInt32BE(at + AT.lastOffsetDelta),
    byteLength,
    compression: COMPRESSIONS[attributes & COMPRESSION_MASK] ?? 'unknown',
    timestampType: (attributes & LOG_APPEND_TIME) === 0 ? 'CreateTime' : 'LogAppendTime',
    transactional: (attributes & TRANSACTIONAL) !== 0,
    control: (attributes & CONTROL) !== 0,
    baseTimestamp: readInt64(buffer, at + AT.baseTimestamp),
    maxTimestamp: readInt64(buffer, at + AT.maxTimestamp),
    producerId: buffer.readBigInt64BE(at + AT.producerId),
    producerEpoch: buffer.readInt16BE(at + AT.producerEpoch),
    baseSequence: buffer.readInt32BE(at + AT.baseSequence),
    recordCount: buffer.readInt32BE(at + AT.recordCount)
  }
}

/** CRC-32C (Castagnoli) over everything from the attributes on; the offset may be set later. */
export function checksum(buffer: Buffer, at: number, end: number): number {
  return crc32c(buffer.subarray(at + AT.attributes, end))
}

/** Which batch an error is about. */
export interface BatchPlace {
  readonly place: TopicPartition | null
  readonly offset: number
}

export function corruptBatch(reason: string, { place, offset }: BatchPlace): ConnectError {
  return new ConnectError(
    'CORRUPT_BATCH',
    `The record batch at offset ${offset}${placeName(place)} is damaged: ${reason}`,
    {
      hint: 'restore the topic from a copy, or delete the records up to and including this offset'
    }
  )
}

function unsupportedMagic(magic: number, { place, offset }: BatchPlace): ConnectError {
  return new ConnectError(
    'UNSUPPORTED_BATCH',
    `The record batch at offset ${offset}${placeName(place)} has message format version ${magic};` +
      ` only version ${MAGIC} (Kafka 0.11 and later) is supported`,
    { hint: 'rewrite the topic with log.message.format.version 0.11.0 or later' }
  )
}

export function placeName(place: TopicPartition | null): string {
  return place === null ? '' : ` of topic ${place.topic}, partition ${place.partition},`
}
