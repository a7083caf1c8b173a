import type { TopicPartition } from '../../api/record.ts'
import type { StoredRecord } from '../broker.ts'
import { decodeBatches } from '../record-batch.ts'
import { AT, corruptBatch, HEADER_BYTES, readInt64, writeInt64 } from '../record-batch-format.ts'
import {
  decodeState,
  encodeNumbers,
  encodeState,
  logKey,
  logKeys,
  type PartitionId,
  type PartitionState,
  stateKey,
  timeIndexKey,
  timeIndexKeys
} from './log-keys.ts'
import type { LogStore } from './log-store.ts'
import type { LogTransaction } from './log-transaction.ts'

/** A look-up by time reads about this much of the log, after one seek in the index. */
const INDEX_EVERY_BYTES = 1024 * 1024

/** The state of a partition, or undefined after its topic was deleted. */
export function readState(store: LogStore, id: PartitionId): PartitionState | undefined {
  const entry = store.meta(stateKey(id))
  return entry && decodeState(entry.value)
}

/**
 * Appends a batch within a transaction, setting its base offset.
 *
 * @returns the base offset, or undefined when the topic has been deleted
 */
export function appendBatch(
  transaction: LogTransaction,
  id: PartitionId,
  batch: Buffer
): number | undefined {
  const value = transaction.read(stateKey(id))
  if (value === undefined) return undefined
  const state = decodeState(value)
  const offset = state.end
  writeInt64(batch, offset, AT.baseOffset)
  transaction.putBatch(logKey(id, offset), batch)
  const maxTime = Math.max(state.maxTime, maxTimestampOf(batch))
  let sinceIndex = state.sinceIndex + batch.length
  if (sinceIndex >= INDEX_EVERY_BYTES) {
    transaction.put(timeIndexKey(id, maxTime), encodeNumbers([offset]))
    sinceIndex = 0
  }
  const next: PartitionState = {
    start: state.start,
    end: offset + batch.readInt32BE(AT.lastOffsetDelta) + 1,
    bytes: state.bytes + batch.length,
    batches: state.batches + 1,
    maxTime,
    sinceIndex
  }
  transaction.put(stateKey(id), encodeState(next))
  return offset
}

/** Where to start scanning so that the batch with this offset, if there is one, comes first. */
export function seek(store: LogStore, id: PartitionId, offset: number): number {
  const found = store.batchAtOrBefore(logKey(id, 0), logKey(id, offset))
  if (found === undefined) return offset
  return lastOffsetOf(found.value) >= offset ? offsetOfKey(found.key) : offset
}

export interface Scan {
  /** A base offset, or an offset between two batches. */
  readonly from: number
  readonly maxBytes: number
  /** Whether to return the first batch even when it is larger. */
  readonly atLeastOne: boolean
}

export interface ScannedBatches {
  readonly batches: readonly Buffer[]
  readonly bytes: number
}

/** The batches from an offset on, as many as fit. */
export function scan(store: LogStore, id: PartitionId, options: Scan): ScannedBatches {
  const batches: Buffer[] = []
  let bytes = 0
  for (const { value } of store.batches(logKeys(id, options.from))) {
    const fits = bytes + value.length <= options.maxBytes
    if (!fits && !(options.atLeastOne && batches.length === 0)) break
    batches.push(value)
    bytes += value.length
    if (!fits) break
  }
  return { batches, bytes }
}

/** @throws {ConnectError} CORRUPT_BATCH */
export function decodeStored(batch: Buffer, from: number, place: TopicPartition): StoredRecord[] {
  const [decoded, ...more] = decodeBatches(batch, from, place)
  if (decoded === undefined || more.length > 0 || decoded.byteLength !== batch.length) {
    const offset = batch.length >= HEADER_BYTES ? readInt64(batch, AT.baseOffset) : from
    throw corruptBatch('its length is not what was stored', { place, offset })
  }
  return decoded.records
}

/** The offset of the first record at or after a time; the end offset when there is none. */
export function offsetAtTime(
  store: LogStore,
  { id, place, state }: { id: PartitionId; place: TopicPartition; state: PartitionState },
  time: number
): number {
  if (time > state.maxTime) return state.end
  // An entry says: up to this batch, no record is later than the time in the key.
  const { start } = timeIndexKeys(id)
  const entry = store.lastMeta({ start, end: timeIndexKey(id, time - 1) })
  const from = entry === undefined ? state.start : readInt64(entry.value, 0)
  const first = Math.max(state.start, from)
  for (const { value } of store.batches(logKeys(id, seek(store, id, first)))) {
    if (maxTimestampOf(value) < time) continue
    const record = decodeStored(value, state.start, place).find((one) => one.timestamp >= time)
    if (record !== undefined) return record.offset
  }
  return state.end
}

export function maxTimestampOf(batch: Buffer): number {
  return readInt64(batch, AT.maxTimestamp)
}

export function lastOffsetOf(batch: Buffer): number {
  return readInt64(batch, AT.baseOffset) + batch.readInt32BE(AT.lastOffsetDelta)
}

export function offsetOfKey(key: Buffer): number {
  return readInt64(key, 8)
}
