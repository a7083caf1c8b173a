import { describeError } from '../api/errors.ts'
import type { Logger, SourceTask } from '../api/task.ts'
import { printExactJson } from '../stores/exact-json.ts'
import type { OffsetEntry } from '../stores/offset-store.ts'

/**
 * Tells a source task which offsets are durable, one call at a time and without holding up the loop.
 * When the task is slow, it hears of the latest offset of each partition only.
 */
export class CommitNotices {
  readonly #task: SourceTask
  readonly #logger: Logger
  readonly #waiting = new Map<string, OffsetEntry>()
  #telling: Promise<void> = Promise.resolve()
  #busy = false

  constructor(task: SourceTask, logger: Logger) {
    this.#task = task
    this.#logger = logger
  }

  tell(entries: readonly OffsetEntry[]): void {
    if (this.#task.commit === undefined) return
    for (const entry of entries) this.#waiting.set(printExactJson(entry.partition), entry)
    if (this.#busy) return
    this.#busy = true
    this.#telling = this.#run()
  }

  /** Resolves when nothing is left to tell. */
  settled(): Promise<void> {
    return this.#telling
  }

  async #run(): Promise<void> {
    for (const [id, { partition, offset }] of this.#waiting) {
      this.#waiting.delete(id)
      try {
        if (offset !== null) await this.#task.commit?.(partition, offset)
      } catch (error) {
        // The offset is durable here; the source only keeps more than it needs until the next notice.
        this.#logger.warn('The source could not be told of a durable offset.', {
          error: describeError(error)
        })
      }
    }
    this.#busy = false
  }
}
