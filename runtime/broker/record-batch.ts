import { ConnectError, DataError } from '../api/errors.ts'
import type { TopicPartition } from '../api/record.ts'
import type { LogHeader, LogRecord, StoredRecord } from './broker.ts'
import {
  AT,
  type BatchHeader,
  checksum,
  HEADER_BYTES,
  LENGTH_OVERHEAD,
  MAGIC,
  readBatchHeader,
  TRANSACTIONAL,
  varintSize,
  writeInt64,
  writeVarint
} from './record-batch-format.ts'
import { readRecords, verifyBatch } from './record-batch-reader.ts'

/** What the builder does not know by itself. Without a producer, Kafka writes -1 for all three. */
export interface FinishOptions {
  readonly baseOffset?: number
  /** Offset of the last record less the base offset; more than the records when compacted. */
  readonly lastOffsetDelta?: number
  readonly producerId?: bigint
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly transactional?: boolean
  /** Gives the memory of the batch; fresh memory of its own by default. */
  readonly allocate?: (bytes: number) => Buffer
}

/** A batch of a log: what its header says, and its records. */
export interface DecodedBatch extends BatchHeader {
  /** For a control batch, one record: its marker, see `readMarker`. */
  readonly records: StoredRecord[]
}

/** `utf8Write` of Node's buffers skips the dispatch by encoding, a third of the cost of `write`. */
type TextBuffer = Buffer & { utf8Write(text: string, at: number): number }

/** The longest varint of an int32, and the most a record needs beside its strings and headers. */
const MAX_VARINT = 5
const RECORD_OVERHEAD = 40
const FIRST_CAPACITY = 16 * 1024

/**
 * Encodes records into one Kafka record batch (format version 2). One pass over every string, into
 * one buffer that grows and is used again for the next batch.
 */
export class RecordBatchBuilder {
  readonly #maxBytes: number
  #buffer = Buffer.allocUnsafeSlow(FIRST_CAPACITY) as TextBuffer
  #end = HEADER_BYTES
  #count = 0
  #baseTimestamp = 0
  #maxTimestamp = 0
  #lastDelta = -1
  // Records of one source share their headers, often as one array: then they are encoded once.
  #lastHeaders: readonly LogHeader[] = []
  #lastHeaderBytes: Uint8Array | undefined

  /** @param options `maxBytes` bounds the whole batch, header included */
  constructor(options: { maxBytes?: number } = {}) {
    this.#maxBytes = options.maxBytes ?? 0x7fffffff
  }

  /** The number of records since the last `finish`. */
  get count(): number {
    return this.#count
  }

  /** The size of the batch if it were finished now; just the header's when empty. */
  get bytes(): number {
    return this.#end
  }

  /**
   * Adds a record. The first record of a batch is always taken, however large.
   *
   * @param offsetDelta the record's offset less the batch's; one after another by default
   * @returns false when the batch would exceed `maxBytes`: finish it, then append again
   * @throws {DataError} INVALID_TIMESTAMP when the timestamp is not a whole number of milliseconds
   */
  append(record: LogRecord, offsetDelta = this.#lastDelta + 1): boolean {
    const { timestamp } = record
    if (!Number.isSafeInteger(timestamp)) throw invalidTimestamp(timestamp)
    if (this.#count === 0) this.#baseTimestamp = this.#maxTimestamp = timestamp
    if (record.headers === this.#lastHeaders) {
      this.#lastHeaderBytes ??= encodeHeaders(record.headers)
    } else {
      this.#lastHeaders = record.headers
      this.#lastHeaderBytes = undefined
    }
    this.#reserve(mostBytes(record, this.#lastHeaderBytes))
    const end = this.#write(record, offsetDelta)
    if (end > this.#maxBytes && this.#count > 0) return false
    this.#end = end
    this.#count++
    this.#lastDelta = offsetDelta
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp
    return true
  }

  /**
   * Writes the header and starts over.
   *
   * @returns the complete batch, in memory of its own or what `allocate` gave
   * @throws {ConnectError} EMPTY_BATCH without a record: Kafka rejects such a batch
   */
  finish(options: FinishOptions = {}): Buffer {
    if (this.#count === 0) throw new ConnectError('EMPTY_BATCH', 'A record batch has no records')
    const batch = (options.allocate ?? Buffer.allocUnsafeSlow)(this.#end)
    this.#buffer.copy(batch, HEADER_BYTES, HEADER_BYTES, this.#end)
    writeInt64(batch, options.baseOffset ?? 0, AT.baseOffset)
    batch.writeInt32BE(this.#end - LENGTH_OVERHEAD, AT.batchLength)
    batch.writeInt32BE(-1, AT.leaderEpoch)
    batch[AT.magic] = MAGIC
    batch.writeInt16BE(options.transactional ? TRANSACTIONAL : 0, AT.attributes)
    batch.writeInt32BE(options.lastOffsetDelta ?? this.#lastDelta, AT.lastOffsetDelta)
    writeInt64(batch, this.#baseTimestamp, AT.baseTimestamp)
    writeInt64(batch, this.#maxTimestamp, AT.maxTimestamp)
    batch.writeBigInt64BE(options.producerId ?? -1n, AT.producerId)
    batch.writeInt16BE(options.producerEpoch ?? -1, AT.producerEpoch)
    batch.writeInt32BE(options.baseSequence ?? -1, AT.baseSequence)
    batch.writeInt32BE(this.#count, AT.recordCount)
    batch.writeUInt32BE(checksum(batch, 0, batch.length), AT.crc)
    this.reset()
    return batch
  }

  /** Throws away what was appended. */
  reset(): void {
    this.#end = HEADER_BYTES
    this.#count = 0
    this.#lastDelta = -1
  }

  #reserve(bytes: number): void {
    const needed = this.#end + bytes
    if (needed <= this.#buffer.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2)) as TextBuffer
    this.#buffer.copy(grown, HEADER_BYTES, HEADER_BYTES, this.#end)
    this.#buffer = grown
  }

  /** Writes a record after the last one, without counting it, and returns where it ends. */
  #write(record: LogRecord, offsetDelta: number): number {
    const buffer = this.#buffer
    const start = this.#end
    const headers = this.#lastHeaderBytes
    let at = start + varintSize(likelyLength(record, headers))
    const bodyStart = at
    buffer[at++] = 0
    at = writeVarint(buffer, record.timestamp - this.#baseTimestamp, at)
    at = writeVarint(buffer, offsetDelta, at)
    at = writeField(buffer, record.key, at)
    at = writeField(buffer, record.value, at)
    if (headers === undefined) {
      at = writeHeaders(buffer, record.headers, at)
    } else {
      buffer.set(headers, at)
      at += headers.length
    }
    return writeLengthBefore(buffer, { start, bodyStart, end: at })
  }
}

/** The exact bytes of a record in a batch, up to the few bytes of its time and offset deltas. */
export function sizeOfRecord(record: LogRecord): number {
  let bytes = 1 + 2 + 2 + fieldSize(record.key) + fieldSize(record.value)
  bytes += varintSize(record.headers.length)
  for (const header of record.headers) bytes += fieldSize(header.key) + fieldSize(header.value)
  return varintSize(bytes) + bytes
}

/**
 * Decodes all complete batches of a buffer; a batch cut off at the end, as Kafka's fetch answers
 * have, is left out. Records below `from` are left out too, and batches that have none from there
 * on are not decoded (their `records` are empty).
 *
 * @param place named in errors
 * @throws {ConnectError} CORRUPT_BATCH when the checksum or a length is wrong
 * @throws {ConnectError} UNSUPPORTED_COMPRESSION for snappy and lz4
 * @throws {ConnectError} UNSUPPORTED_BATCH for message format versions 0 and 1
 */
export function decodeBatches(
  buffer: Buffer,
  from = 0,
  place: TopicPartition | null = null
): DecodedBatch[] {
  const batches: DecodedBatch[] = []
  for (let at = 0; ; ) {
    const header = readBatchHeader(buffer, at, place)
    if (header === null) return batches
    let records: StoredRecord[] = []
    if (header.lastOffset >= from) {
      verifyBatch(buffer, at, { header, place })
      records = readRecords(buffer, at, { header, from, place })
    }
    batches.push({ ...header, records })
    at += header.byteLength
  }
}

/**
 * What a control batch says about the transaction of its producer id: control records have a key of
 * version int16 and type int16, where 0 aborts and 1 commits. Null for other types of marker.
 */
export function readMarker(batch: DecodedBatch): 'commit' | 'abort' | null {
  const key = batch.records[0]?.key
  if (!batch.control || !key || key.length < 4) return null
  const type = key.readInt16BE(2)
  return type === 1 ? 'commit' : type === 0 ? 'abort' : null
}

function fieldSize(field: string | Uint8Array | null): number {
  if (field === null) return 1
  const bytes = typeof field === 'string' ? Buffer.byteLength(field) : field.length
  return varintSize(bytes) + bytes
}

/** Writes a length and the bytes. The length of a string is its characters' unless proved wrong. */
function writeField(buffer: TextBuffer, field: string | Uint8Array | null, at: number): number {
  if (field === null) return writeVarint(buffer, -1, at)
  if (typeof field !== 'string') {
    const start = writeVarint(buffer, field.length, at)
    buffer.set(field, start)
    return start + field.length
  }
  const bodyStart = at + varintSize(field.length)
  const end = bodyStart + buffer.utf8Write(field, bodyStart)
  return writeLengthBefore(buffer, { start: at, bodyStart, end })
}

/** Puts the length of a body before it, moving the body where the room left does not fit. */
function writeLengthBefore(
  buffer: Buffer,
  { start, bodyStart, end }: { start: number; bodyStart: number; end: number }
): number {
  const length = end - bodyStart
  const after = start + varintSize(length)
  if (after !== bodyStart) buffer.copyWithin(after, bodyStart, end)
  writeVarint(buffer, length, start)
  return after + length
}

function writeHeaders(buffer: TextBuffer, headers: readonly LogHeader[], start: number): number {
  let at = writeVarint(buffer, headers.length, start)
  for (const header of headers) {
    at = writeField(buffer, header.key, at)
    at = writeField(buffer, header.value, at)
  }
  return at
}

function encodeHeaders(headers: readonly LogHeader[]): Uint8Array {
  const buffer = Buffer.allocUnsafeSlow(mostHeaderBytes(headers)) as TextBuffer
  return Uint8Array.prototype.slice.call(buffer, 0, writeHeaders(buffer, headers, 0))
}

function likelyLength(record: LogRecord, headers: Uint8Array | undefined): number {
  let length = 8 + (record.key?.length ?? 0) + (record.value?.length ?? 0)
  if (headers !== undefined) return length + headers.length
  for (const header of record.headers) length += 2 + header.key.length + (header.value?.length ?? 0)
  return length
}

/** No UTF-16 unit takes more than three bytes of UTF-8. */
function mostBytes(record: LogRecord, headers: Uint8Array | undefined): number {
  const bytes = RECORD_OVERHEAD + mostFieldBytes(record.key) + mostFieldBytes(record.value)
  return bytes + (headers === undefined ? mostHeaderBytes(record.headers) : headers.length)
}

function mostHeaderBytes(headers: readonly LogHeader[]): number {
  let bytes = MAX_VARINT
  for (const header of headers) {
    bytes += 2 * MAX_VARINT + mostFieldBytes(header.key) + mostFieldBytes(header.value)
  }
  return bytes
}

function mostFieldBytes(field: string | Uint8Array | null): number {
  if (field === null) return 0
  return typeof field === 'string' ? field.length * 3 : field.length
}

function invalidTimestamp(timestamp: number): DataError {
  return new DataError(
    'INVALID_TIMESTAMP',
    `A record's timestamp is ${timestamp}; it must be a whole number of milliseconds since 1970`
  )
}
