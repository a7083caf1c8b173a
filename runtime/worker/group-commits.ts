import { describeError } from '../api/errors.ts'
import type { TopicPartitionOffset } from '../api/record.ts'
import type { Logger } from '../api/task.ts'
import type { Broker } from '../broker/broker.ts'
import type { SinkFigures } from './sink-figures.ts'

/** When idle, offsets are committed so soon: lag tools then show the truth. */
const IDLE_MS = 200

export interface GroupCommitsOptions {
  readonly broker: Broker
  readonly group: string
  /** `offset.flush.interval.ms` */
  readonly intervalMs: number
  readonly logger: Logger
  readonly figures: SinkFigures
  readonly now: () => number
}

/** Commits what a sink has written to its consumer group, one commit at a time, beside the writing. */
export class GroupCommits {
  readonly #options: GroupCommitsOptions
  #dirty = new Map<string, TopicPartitionOffset>()
  /** Records behind the positions that are not committed yet. */
  #records = 0
  #skipped = false
  #committing: Promise<void> | undefined
  #lastCommit: number
  #timer: NodeJS.Timeout | undefined

  constructor(options: GroupCommitsOptions) {
    this.#options = options
    this.#lastCommit = options.now()
  }

  /** Notes positions whose records are durable in the target, and how many records those were. */
  written(positions: readonly TopicPartitionOffset[], records: number): void {
    this.#records += records
    for (const position of positions) {
      this.#dirty.set(`${position.partition} ${position.topic}`, position)
    }
  }

  /** Commits when it is time to. */
  busy(): void {
    const { now, intervalMs } = this.#options
    if (now() - this.#lastCommit < intervalMs) return
    if (this.#committing && !this.#skipped) this.#options.figures.commitSkipped()
    this.#skipped = this.#committing !== undefined
    this.#commit()
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
    const { broker, group, figures, logger, now } = this.#options
    const positions = [...this.#dirty.values()]
    const records = this.#records
    const begunAt = now()
    this.#dirty = new Map()
    this.#records = 0
    this.#lastCommit = begunAt
    figures.commitBegun()
    this.#committing = broker
      .commitGroupOffsets(group, positions)
      .then(
        () => figures.committed(records, now() - begunAt),
        (error: unknown) => {
          // Newer positions of the same partitions have been noted meanwhile: they win.
          for (const position of positions) {
            const key = `${position.partition} ${position.topic}`
            if (!this.#dirty.has(key)) this.#dirty.set(key, position)
          }
          this.#records += records
          figures.commitFailed(now() - begunAt)
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
