import type { FetchedBatch, StoredRecord } from '../broker.ts'
import { decodeBatches, readMarker } from '../record-batch.ts'
import type { AbortedTransaction, FetchedPartition } from './fetch-request.ts'

/**
 * The records of a fetch answer from an offset on, without transaction markers and without those of
 * aborted transactions: the broker names their producers and first offsets, and sends everything up
 * to the last stable offset.
 *
 * @returns null when the answer has no batch
 * @throws {ConnectError} CORRUPT_BATCH, UNSUPPORTED_COMPRESSION, UNSUPPORTED_BATCH
 */
export function committedRecords(fetched: FetchedPartition, from: number): FetchedBatch | null {
  const { topic, partition, lastStableOffset } = fetched
  const batches = decodeBatches(fetched.batches, from, { topic, partition })
  const last = batches.at(-1)
  if (last === undefined) return null
  const starting = [...fetched.aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  const aborted = new Set<bigint>()
  const parts: StoredRecord[][] = []
  for (const batch of batches) {
    startAborted(starting, batch.lastOffset, aborted)
    if (batch.control) {
      if (readMarker(batch) === 'abort') aborted.delete(batch.producerId)
    } else if (!batch.transactional || !aborted.has(batch.producerId)) {
      parts.push(batch.records)
    }
  }
  const records = parts.length === 1 && parts[0] ? parts[0] : parts.flat()
  const nextOffset = Math.max(from, last.lastOffset + 1)
  return {
    topic,
    partition,
    records,
    nextOffset,
    endOffset: Math.max(lastStableOffset, nextOffset)
  }
}

/** Moves the aborted transactions that have begun by an offset to the producers to leave out. */
function startAborted(starting: AbortedTransaction[], offset: number, aborted: Set<bigint>): void {
  for (let next = starting[0]; next && next.firstOffset <= offset; next = starting[0]) {
    aborted.add(next.producerId)
    starting.shift()
  }
}
