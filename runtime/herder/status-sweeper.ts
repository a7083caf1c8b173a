import type { Clock } from '../api/clock.ts'
import { describeError } from '../api/errors.ts'
import type { Logger } from '../api/task.ts'
import type { ConfigStore } from '../stores/config-store.ts'
import { parseStatusKey, type StatusStore } from '../stores/status-store.ts'
import { CONNECTOR, type TaskId } from '../worker/task-spec.ts'
import type { SerialQueue } from './serial-queue.ts'

export interface StatusSweeperOptions {
  readonly configs: ConfigStore
  readonly statuses: StatusStore
  readonly clock: Clock
  readonly logger: Logger
  readonly queue: SerialQueue
  /** Whether this worker leads for certain: what it has read of the config topic is all there is. */
  leads(): boolean
  /** Whether any worker has it, or has not yet stopped it. */
  isOwned(id: TaskId): boolean
}

/** How long to wait after a write that failed. */
const RETRY_MS = 1000

/**
 * Leader. Removes statuses of what is no more: deleted connectors, tasks of a stopped or smaller
 * connector, and the topics that deleted connectors used. What somebody still runs is left to a later
 * time; a status that comes late, from a worker that was slow to stop, is removed as it comes.
 */
export class StatusSweeper {
  readonly #options: StatusSweeperOptions
  readonly #endWatch: () => void
  #waiting = false
  #cancelRetry: (() => void) | undefined

  constructor(options: StatusSweeperOptions) {
    this.#options = options
    this.#endWatch = options.statuses.onRead((key, status) => {
      const id = parseStatusKey(key)
      if (status !== null && id !== null && this.#isGone(id)) this.sweep()
    })
  }

  /** Removes what it finds, after all that was asked of the worker before. Does not wait for it. */
  sweep(): void {
    const { queue, clock, logger } = this.#options
    if (this.#waiting || !this.#options.leads()) return
    this.#waiting = true
    queue
      .run(() => {
        this.#waiting = false
        return this.#sweep()
      })
      .catch((error: unknown) => {
        this.#waiting = false
        if (queue.closed) return
        logger.warn('Old statuses could not be removed; trying again.', {
          error: describeError(error)
        })
        this.#cancelRetry = clock.after(RETRY_MS, () => this.sweep())
      })
  }

  close(): void {
    this.#endWatch()
    this.#cancelRetry?.()
  }

  async #sweep(): Promise<void> {
    const { configs, statuses } = this.#options
    for (const id of statuses.keys().filter((known) => this.#isGone(known))) {
      if (this.#options.leads()) await statuses.put(id.connector, id.task, null)
    }
    for (const name of statuses.topicUsers()) {
      if (configs.connector(name) === null) await statuses.resetTopics(name)
    }
  }

  #isGone(id: TaskId): boolean {
    const connector = this.#options.configs.connector(id.connector)
    if (connector !== null && id.task === CONNECTOR) return false
    if (connector !== null && id.task < (connector.tasks?.length ?? 0)) return false
    return !this.#options.isOwned(id)
  }
}
