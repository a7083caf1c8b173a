import { setImmediate as nextTurn } from 'node:timers/promises'
import type { StoredRecord } from '../broker.ts'
import { RecordBatchBuilder } from '../record-batch.ts'
import type { MaintainedPartition } from './cleanup-rules.ts'
import { compactionKey, decodeState, encodeState, logKeys, stateKey } from './log-keys.ts'
import { decodeStored, lastOffsetOf, offsetOfKey, readState } from './partition-log.ts'

/** How many batches are read, and rewritten, before others get their turn. */
const CHUNK = 200

/** What the last compaction of a partition left behind. */
interface Checkpoint {
  readonly cleanBytes: number
  readonly tombstones: number
  /** Tombstones before this offset have been there since that time. */
  readonly horizonOffset: number
  readonly horizonAt: number
}

const NEVER: Checkpoint = { cleanBytes: 0, tombstones: 0, horizonOffset: 0, horizonAt: 0 }

interface StoredBatch {
  readonly key: Buffer
  readonly value: Buffer
}

/** A batch and what becomes of it; null removes it. */
interface Rewrite {
  readonly old: StoredBatch
  readonly value: Buffer | null
}

/**
 * Keeps the last record of every key, with its offset, and records without a key. The last batch is
 * left as it is. Tombstones go once a whole `delete.retention.ms` has passed since a compaction saw
 * them, so that a reader that had seen the old value has had the time to see the tombstone.
 */
export async function compactPartition(partition: MaintainedPartition): Promise<void> {
  const { store, queue, id, now, rules } = partition
  store.refresh()
  const state = readState(store, id)
  const stored = store.meta(compactionKey(id))
  const last: Checkpoint = stored ? JSON.parse(stored.value.toString('utf8')) : NEVER
  const dropsTombstones = now >= last.horizonAt + rules.deleteRetentionMs
  if (state === undefined || state.batches < 2) return
  const dirty = state.bytes - last.cleanBytes
  const isDirty = dirty > 0 && dirty / state.bytes >= rules.minDirtyRatio
  if (!isDirty && !(dropsTombstones && last.tombstones > 0)) return

  const latest = await latestOffsets(partition)
  let tombstones = 0
  const keep = (record: StoredRecord): boolean => {
    if (record.offset < state.start) return false
    if (record.key === null) return true
    if (latest.offsets.get(record.key.toString('latin1')) !== record.offset) return false
    if (record.value !== null) return true
    if (dropsTombstones && record.offset < last.horizonOffset) return false
    tombstones++
    return true
  }
  await eachChunk(partition, latest.lastBase, async (batches) => {
    const rewrites = batches.flatMap((batch) => rewrite(partition, batch, keep) ?? [])
    if (rewrites.length > 0) await apply(partition, rewrites)
  })
  const horizon = dropsTombstones
    ? { horizonOffset: state.end, horizonAt: now }
    : { horizonOffset: last.horizonOffset, horizonAt: last.horizonAt }
  await queue.run((transaction) => {
    const value = transaction.read(stateKey(id))
    if (value === undefined) return
    const { bytes } = decodeState(value)
    // What was appended meanwhile counts as dirty.
    const cleanBytes = Math.max(0, bytes - bytesAfter(partition, latest.lastBase))
    const checkpoint: Checkpoint = { cleanBytes, tombstones, ...horizon }
    transaction.put(compactionKey(id), Buffer.from(JSON.stringify(checkpoint)))
  })
}

/** The last offset of every key, and the base offset of the last batch. */
async function latestOffsets(
  partition: MaintainedPartition
): Promise<{ offsets: Map<string, number>; lastBase: number }> {
  const offsets = new Map<string, number>()
  let lastBase = 0
  await eachChunk(partition, Number.MAX_SAFE_INTEGER, async (batches) => {
    for (const { key, value } of batches) {
      lastBase = offsetOfKey(key)
      for (const record of decodeStored(value, 0, partition.place)) {
        if (record.key !== null) offsets.set(record.key.toString('latin1'), record.offset)
      }
    }
  })
  return { offsets, lastBase }
}

/** Visits the batches before a base offset, letting the event loop run in between. */
async function eachChunk(
  { store, id }: MaintainedPartition,
  before: number,
  visit: (batches: readonly StoredBatch[]) => Promise<void>
): Promise<void> {
  for (let from = 0; ; ) {
    store.refresh()
    const batches: StoredBatch[] = []
    for (const batch of store.batches(logKeys(id, from, before))) {
      if (batches.push(batch) === CHUNK) break
    }
    await visit(batches)
    const last = batches.at(-1)
    if (last === undefined || batches.length < CHUNK) return
    from = lastOffsetOf(last.value) + 1
    await nextTurn()
  }
}

/** The batch without what is not kept, or null when nothing changes. */
function rewrite(
  { place }: MaintainedPartition,
  old: StoredBatch,
  keep: (record: StoredRecord) => boolean
): Rewrite | null {
  const records = decodeStored(old.value, 0, place)
  const kept = records.filter(keep)
  if (kept.length === records.length) return null
  if (kept.length === 0) return { old, value: null }
  const baseOffset = offsetOfKey(old.key)
  const builder = new RecordBatchBuilder()
  for (const record of kept) builder.append(record, record.offset - baseOffset)
  const lastOffsetDelta = lastOffsetOf(old.value) - baseOffset
  return { old, value: builder.finish({ baseOffset, lastOffsetDelta }) }
}

/** Replaces batches, unless someone has deleted them meanwhile. */
async function apply(
  { store, queue, id }: MaintainedPartition,
  rewrites: readonly Rewrite[]
): Promise<void> {
  await queue.run((transaction) => {
    const value = transaction.read(stateKey(id))
    if (value === undefined) return
    const state = decodeState(value)
    let { bytes, batches } = state
    for (const { old, value: replacement } of rewrites) {
      if (!store.hasBatch(old.key)) continue
      bytes += (replacement?.length ?? 0) - old.value.length
      if (replacement === null) {
        transaction.removeBatch(old.key)
        batches--
      } else {
        transaction.putBatch(old.key, replacement)
      }
    }
    transaction.put(stateKey(id), encodeState({ ...state, bytes, batches }))
  })
}

function bytesAfter({ store, id }: MaintainedPartition, base: number): number {
  let bytes = 0
  for (const { value } of store.batches(logKeys(id, base + 1))) bytes += value.length
  return bytes
}
