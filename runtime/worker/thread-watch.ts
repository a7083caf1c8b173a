import type { Worker as Thread } from 'node:worker_threads'
import { systemClock } from '../api/clock.ts'
import type { Logger } from '../api/task.ts'
import type { ToThread } from './thread-messages.ts'

/** How often it is looked whether a thread rests at all, which does not wake it. */
const LOOK_MS = 10_000
/** A thread that rests less than this may be blocked; one at full rate is asked, too. */
const BUSY = 0.99

/**
 * Whether a thread answers. A task that blocks it, as with a loop without end, holds up the others of
 * the thread; the log says so, with their names.
 */
export class ThreadWatch {
  readonly #thread: Thread
  readonly #logger: Logger
  readonly #tasks: () => readonly string[]
  #cancelLook: () => void
  #asked: PromiseWithResolvers<void> | null = null
  #before: ReturnType<Thread['performance']['eventLoopUtilization']>
  #blockedSince: number | null = null

  /** @param tasks names of the tasks that run in the thread */
  constructor(thread: Thread, logger: Logger, tasks: () => readonly string[]) {
    this.#thread = thread
    this.#logger = logger
    this.#tasks = tasks
    this.#before = thread.performance.eventLoopUtilization()
    this.#cancelLook = this.#lookLater()
  }

  /** @returns whether the thread takes a message within the time */
  async answers(ms: number): Promise<boolean> {
    if (this.#asked === null) {
      this.#asked = Promise.withResolvers()
      this.#thread.postMessage({ type: 'ping' } satisfies ToThread)
    }
    return await settles(this.#asked.promise, ms)
  }

  /** The thread has taken the message. */
  answered(): void {
    this.#asked?.resolve()
    this.#asked = null
    if (this.#blockedSince === null) return
    const seconds = Math.round((performance.now() - this.#blockedSince) / 1000)
    this.#blockedSince = null
    this.#logger.warn('A task thread answers again.', { seconds, tasks: this.#tasks().join(', ') })
  }

  close(): void {
    this.#cancelLook()
  }

  #lookLater(): () => void {
    return systemClock.atNext(LOOK_MS, () => {
      this.#cancelLook = this.#lookLater()
      void this.#look()
    })
  }

  async #look(): Promise<void> {
    const now = this.#thread.performance.eventLoopUtilization()
    const { utilization } = this.#thread.performance.eventLoopUtilization(now, this.#before)
    this.#before = now
    if (utilization < BUSY || this.#blockedSince !== null) return
    const askedAt = performance.now()
    if ((await this.answers(LOOK_MS / 2)) || this.#tasks().length === 0) return
    this.#blockedSince = askedAt
    this.#logger.warn('A task thread does not answer: one of its tasks blocks it.', {
      tasks: this.#tasks().join(', ')
    })
  }
}

/** @returns whether the promise settled within the time */
export async function settles(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  const settled = await Promise.race([promise.then(() => true), late])
  clearTimeout(timer)
  return settled
}
