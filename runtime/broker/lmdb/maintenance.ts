import { performance } from 'node:perf_hooks'
import { cleanupRules, type MaintainedPartition } from './cleanup-rules.ts'
import { compactPartition } from './compaction.ts'
import type { LeaseHolder } from './lease.ts'
import { logKeys } from './log-keys.ts'
import type { LogStore } from './log-store.ts'
import type { WriteQueue } from './log-transaction.ts'
import { lastOffsetOf, maxTimestampOf, readState } from './partition-log.ts'
import { deleteBefore, dropUnreadable, purgeDeleted } from './purge.ts'
import type { TopicRegistry } from './topic-registry.ts'

const LEASE = 'maintenance'
/** Renewed between partitions; one partition takes no longer. */
const LEASE_MS = 5 * 60_000
const RENEW_AFTER_MS = 30_000
/** How many batches, and how many of their bytes, are looked at before others get their turn. */
const CHUNK = 200
const CHUNK_BYTES = 4 * 1024 * 1024

export interface Maintenance {
  readonly store: LogStore
  readonly queue: WriteQueue
  readonly topics: TopicRegistry
  readonly leases: LeaseHolder
  /** Who asks: one holder of the lease works at a time. */
  readonly holder: string
  /** Milliseconds since 1970. */
  readonly now: number
  readonly signal?: AbortSignal
}

/** Finishes deletions, applies retention and compacts. False when another process is at it. */
export async function maintainLog(maintenance: Maintenance): Promise<boolean> {
  const { store, queue, topics, leases, holder, now, signal } = maintenance
  if ((await leases.acquire(LEASE, holder, LEASE_MS)) === null) return false
  let renewedAt = performance.now()
  try {
    await purgeDeleted(store, queue)
    store.refresh()
    for (const topic of [...topics.all().values()]) {
      const rules = cleanupRules(topic)
      for (let partition = 0; partition < topic.partitions; partition++) {
        if (signal?.aborted) return true
        const id = { topicId: topic.id, partition }
        const place = { topic: topic.name, partition }
        await maintainPartition({ store, queue, now, id, place, rules })
        if (performance.now() - renewedAt < RENEW_AFTER_MS) continue
        if ((await leases.acquire(LEASE, holder, LEASE_MS)) === null) return false
        renewedAt = performance.now()
      }
    }
    return true
  } finally {
    await leases.release(LEASE, holder)
  }
}

async function maintainPartition(partition: MaintainedPartition): Promise<void> {
  const { store, queue, id, place, rules } = partition
  // A deletion of records that was interrupted is finished here.
  await dropUnreadable(store, queue, id)
  while (rules.deletes) {
    store.refresh()
    const offset = expiredBefore(partition)
    if (offset === null) break
    await deleteBefore(store, queue, { ...place, id, offset })
  }
  if (rules.compacts) await compactPartition(partition)
}

/** The offset before which whole batches are too old or too many, or null; a chunk at a time. */
function expiredBefore({ store, id, now, rules }: MaintainedPartition): number | null {
  const state = readState(store, id)
  if (state === undefined || state.batches === 0) return null
  let { bytes } = state
  let before: number | null = null
  let seen = 0
  let seenBytes = 0
  for (const { value } of store.batches(logKeys(id))) {
    // Kafka, too, deletes what lies beyond the size only if at least the size is left.
    bytes -= value.length
    const time = maxTimestampOf(value)
    const old = rules.retentionMs >= 0 && time >= 0 && time < now - rules.retentionMs
    const tooMany = rules.retentionBytes >= 0 && bytes >= rules.retentionBytes
    if (!(old || tooMany) || ++seen > CHUNK || seenBytes > CHUNK_BYTES) break
    seenBytes += value.length
    before = lastOffsetOf(value) + 1
  }
  return before
}
