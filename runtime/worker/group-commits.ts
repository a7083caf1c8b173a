import { describeError } from '../api/errors.ts'
import type { TopicPartitionOffset } from '../api/record.ts'
import type { Logger } from '../api/task.ts'
import type { Broker } from '../broker/broker.ts'
import type { TaskMetrics } from './task-reporter.ts'

/** When idle, offsets are committed so soon: lag tools then show the truth. */
const IDLE_MS = 200

export interface GroupCommitsOptions {
  readonly broker: Broker
  readonly group: string
  /** `offset.flush.interval.ms` */
  readonly intervalMs: number
  readonly logger: Logger
  readonly metrics: TaskMetrics
  readonly now: () => number
}

/** Commits what a sink has written to its consumer group, one commit at a time, beside the writing. */
export class GroupCommits {
  readonly #options: GroupCommitsOptions
  #dirty = new Map<string, TopicPartitionOffset>()
  #committing: Promise<void> | undefined
  #lastCommit: number
  #timer: NodeJS.Timeout | undefined

  constructor(options: GroupCommitsOptions) {
    this.#options = options
    this.#lastCommit = options.now()
  }

  /** Notes positions whose records are durable in the target. */
  written(positions: readonly TopicPartitionOffset[]): void {
    for (const position of positions) {
      this.#dirty.set(`${position.partition} ${position.topic}`, position)
    }
  }

  /** Commits when it is time to. */
  busy(): void {
    const { now, intervalMs } = this.#options
    if (now() - this.#lastCommit >= intervalMs) this.#commit()
  }

  /** Commits soon: nothing more is at hand. */
  idle(): void {
    if (this.#dirty.size === 0 || this.#timer !== undefined) return
    const since = this.#options.now() - this.#lastCommit
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        this.#commit()
      },
      Math.max(0, Math.min(IDLE_MS, this.#options.intervalMs) - since)
    )
  }

  /** Commits what is left and waits for it. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#committing
    this.#commit()
    await this.#committing
  }

  #commit(): void {
    if (this.#dirty.size === 0 || this.#committing) return
    const { broker, group, metrics, logger, now } = this.#options
    const positions = [...this.#dirty.values()]
    this.#dirty = new Map()
    this.#lastCommit = now()
    this.#committing = broker
      .commitGroupOffsets(group, positions)
      .then(
        () => metrics.add('offset_commit_completion_total', 1),
        (error: unknown) => {
          // Newer positions of the same partitions have been noted meanwhile: they win.
          for (const position of positions) {
            const key = `${position.partition} ${position.topic}`
            if (!this.#dirty.has(key)) this.#dirty.set(key, position)
          }
          metrics.add('offset_commit_failure_total', 1)
          logger.warn('Offsets could not be committed; trying again.', {
            group,
            error: describeError(error)
          })
        }
      )
      .finally(() => {
        this.#committing = undefined
      })
  }
}
