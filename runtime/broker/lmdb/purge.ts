import { setImmediate as nextTurn } from 'node:timers/promises'
import { ConnectError } from '../../api/errors.ts'
import type { TopicPartitionOffset } from '../../api/record.ts'
import { unknownTopic } from './log-error.ts'
import {
  decodeState,
  encodeState,
  logKeys,
  type PartitionId,
  partitionOfPurgeKey,
  purgeKey,
  purgeKeys,
  stateKey,
  timeIndexKey,
  timeIndexKeys
} from './log-keys.ts'
import type { LogStore } from './log-store.ts'
import type { WriteQueue } from './log-transaction.ts'
import { lastOffsetOf, maxTimestampOf } from './partition-log.ts'

/** How many batches, and bytes, one LMDB transaction removes: others write and work in between. */
const CHUNK = 500
const CHUNK_BYTES = 4 * 1024 * 1024

/** Removes the batches of deleted topics, also of those whose deletion was interrupted. */
export async function purgeDeleted(store: LogStore, queue: WriteQueue): Promise<void> {
  for (;;) {
    store.refresh()
    const [entry] = store.metaRange(purgeKeys())
    if (entry === undefined) return
    await purgePartition(store, queue, partitionOfPurgeKey(entry.key))
  }
}

async function purgePartition(store: LogStore, queue: WriteQueue, id: PartitionId): Promise<void> {
  for (let done = false; !done; await nextTurn()) {
    store.refresh()
    const keys: Buffer[] = []
    for (const key of store.batchKeys(logKeys(id))) {
      if (keys.push(key) === CHUNK) break
    }
    done = keys.length < CHUNK
    await queue.run((transaction) => {
      for (const key of keys) transaction.removeBatch(key)
      if (!done) return
      for (const { key } of store.metaRange(timeIndexKeys(id))) transaction.remove(key)
      transaction.remove(purgeKey(id))
    })
  }
}

/**
 * Deletes the records before an offset: they cannot be read from the first transaction on, and
 * their batches go in the ones after it.
 *
 * @throws {ConnectError} OFFSET_OUT_OF_RANGE when the offset is beyond the end
 */
export async function deleteBefore(
  store: LogStore,
  queue: WriteQueue,
  place: TopicPartitionOffset & { readonly id: PartitionId }
): Promise<void> {
  const { id, topic, partition, offset } = place
  await queue.run((transaction) => {
    const value = transaction.read(stateKey(id))
    if (value === undefined) throw unknownTopic(topic)
    const state = decodeState(value)
    if (offset > state.end) {
      throw new ConnectError(
        'OFFSET_OUT_OF_RANGE',
        `Cannot delete the records before offset ${offset} of topic ${topic}, partition ${partition}:` +
          ` it ends at ${state.end}`
      )
    }
    if (offset <= state.start) return
    transaction.put(stateKey(id), encodeState({ ...state, start: offset }))
  })
  await dropUnreadable(store, queue, id)
}

/** Removes the batches that lie before the start offset. */
export async function dropUnreadable(
  store: LogStore,
  queue: WriteQueue,
  id: PartitionId
): Promise<void> {
  for (let done = false; !done; await nextTurn()) {
    done = await queue.run((transaction) => {
      const value = transaction.read(stateKey(id))
      if (value === undefined) return true
      const state = decodeState(value)
      let { bytes, batches } = state
      let newest = -1
      let removed = 0
      let removedBytes = 0
      const isFull = () => removed === CHUNK || removedBytes >= CHUNK_BYTES
      for (const { key, value: batch } of store.batches(logKeys(id, 0, state.start))) {
        if (isFull() || lastOffsetOf(batch) >= state.start) break
        transaction.removeBatch(key)
        newest = Math.max(newest, maxTimestampOf(batch))
        bytes -= batch.length
        batches--
        removed++
        removedBytes += batch.length
      }
      if (removed === 0) return true
      const range = { start: timeIndexKey(id, 0), end: timeIndexKey(id, newest) }
      for (const entry of store.metaRange(range)) transaction.remove(entry.key)
      transaction.put(stateKey(id), encodeState({ ...state, bytes, batches }))
      return !isFull()
    })
  }
}
