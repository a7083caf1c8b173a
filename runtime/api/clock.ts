import { SharedTimer } from './shared-timer.ts'

/** Time as code sees it; the whole of a worker can run on another one than the machine's. */
export interface Clock {
  /**
   * Milliseconds since a fixed moment, the same in all threads and processes of a machine; never goes
   * back. For measuring.
   */
  now(): number
  /** Milliseconds since 1970, a whole number. For what is stored. */
  wallTime(): number
  /** @returns a function that cancels it */
  after(ms: number, callback: () => void): () => void
  /**
   * Calls back at the next multiple of `everyMs`, as {@link untilNext} has it. For what is done now and
   * then and not at a certain time: an idle machine wakes once for all of it, and waking costs more than
   * what is done.
   *
   * @returns a function that cancels it
   */
  atNext(everyMs: number, callback: () => void): () => void
}

/** Of the time between two multiples: one that is nearer than this is passed over. */
const TOO_NEAR = 1 / 20

/**
 * Milliseconds from `now` to its next multiple of `everyMs`; to the one after if that is so near that
 * whoever asks may come from it, a little early.
 */
export function untilNext(now: number, everyMs: number): number {
  const rest = everyMs - (now % everyMs)
  return rest < everyMs * TOO_NEAR ? rest + everyMs : rest
}

// `performance.now` counts from the start of each thread.
const now = () => Number(process.hrtime.bigint()) / 1e6

const shared = new SharedTimer(now)

export const systemClock: Clock = {
  now,
  wallTime: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
  atNext(everyMs, callback) {
    const from = now()
    return shared.at(from + untilNext(from, everyMs), callback)
  }
}

/** Resolves after a time, or as soon as the signal is aborted. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve()
      return
    }
    const done = () => {
      cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const cancel = clock.after(ms, done)
    signal?.addEventListener('abort', done)
  })
}
