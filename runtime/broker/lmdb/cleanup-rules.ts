import type { TopicPartition } from '../../api/record.ts'
import type { PartitionId } from './log-keys.ts'
import type { LogStore } from './log-store.ts'
import type { WriteQueue } from './log-transaction.ts'
import type { Topic } from './topic-registry.ts'

const DAY_MS = 24 * 3600_000

/** One partition to maintain. */
export interface MaintainedPartition {
  readonly store: LogStore
  readonly queue: WriteQueue
  readonly now: number
  readonly id: PartitionId
  readonly place: TopicPartition
  readonly rules: CleanupRules
}

/** Topic configs that say what may go; names and defaults are Kafka's. */
export interface CleanupRules {
  readonly deletes: boolean
  readonly compacts: boolean
  /** -1 keeps records however old. */
  readonly retentionMs: number
  /** -1 keeps a partition however large. */
  readonly retentionBytes: number
  /** How long a tombstone stays after the first compaction that saw it. */
  readonly deleteRetentionMs: number
  /** Compacts when this part of a partition was written since the last time. */
  readonly minDirtyRatio: number
}

export function cleanupRules({ configs }: Pick<Topic, 'configs'>): CleanupRules {
  const policies = (configs['cleanup.policy'] ?? 'delete').split(',').map((word) => word.trim())
  const number = (key: string, fallback: number): number => {
    const value = Number(configs[key] ?? fallback)
    return Number.isFinite(value) ? value : fallback
  }
  return {
    deletes: policies.includes('delete'),
    compacts: policies.includes('compact'),
    retentionMs: number('retention.ms', 7 * DAY_MS),
    retentionBytes: number('retention.bytes', -1),
    deleteRetentionMs: number('delete.retention.ms', DAY_MS),
    minDirtyRatio: number('min.cleanable.dirty.ratio', 0.5)
  }
}
