import type { Clock } from '../api/clock.ts'
import { describeError } from '../api/errors.ts'
import type { Logger } from '../api/task.ts'
import type { Broker } from '../broker/broker.ts'

/** How often a broker that cleans up after itself is asked to: as Kafka's log cleaner backs off. */
const INTERVAL_MS = 60_000

/** Lets the broker apply retention and compaction now and then, for as long as the worker runs. */
export class Housekeeping {
  readonly #options: { readonly broker: Broker; readonly clock: Clock; readonly logger: Logger }
  readonly #closed = new AbortController()
  #cancel: (() => void) | undefined
  #running: Promise<void> | undefined

  constructor(options: { broker: Broker; clock: Clock; logger: Logger }) {
    this.#options = options
    this.#wait()
  }

  /** Ends it; what is under way is given up at the next topic. */
  async close(): Promise<void> {
    this.#closed.abort()
    this.#cancel?.()
    await this.#running
  }

  #wait(): void {
    this.#cancel = this.#options.clock.after(INTERVAL_MS, () => {
      this.#running = this.#run()
    })
  }

  async #run(): Promise<void> {
    const { broker, logger } = this.#options
    try {
      await broker.maintain?.(this.#closed.signal)
    } catch (error) {
      logger.warn('Old records could not be removed from the topics; trying again in a minute.', {
        error: describeError(error)
      })
    }
    if (!this.#closed.signal.aborted) this.#wait()
  }
}
