import { describeError } from '../api/errors.ts'
import type { Logger } from '../api/task.ts'
import { workerStopped } from '../worker/task-supervisor.ts'

/** Runs what is asked of it one after another. */
export class SerialQueue {
  readonly #logger: Logger
  #last: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(logger: Logger) {
    this.#logger = logger
  }

  get closed(): boolean {
    return this.#closed
  }

  /** @throws {ConnectError} WORKER_STOPPED after `close`; else what `work` throws */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(() => {
      if (this.#closed) throw workerStopped()
      return work()
    })
    this.#last = result.catch((error: unknown) => {
      this.#logger.debug('A change ended with an error.', { error: describeError(error) })
    })
    return result
  }

  /** Takes nothing more; resolves when what was running has ended. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#last
  }
}
