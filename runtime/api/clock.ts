/** Time as code sees it; the whole of a worker can run on another one than the machine's. */
export interface Clock {
  /**
   * Milliseconds since a fixed moment, the same in all threads; never goes back. For measuring.
   */
  now(): number
  /** Milliseconds since 1970, a whole number. For what is stored. */
  wallTime(): number
  /** @returns a function that cancels it */
  after(ms: number, callback: () => void): () => void
}

export const systemClock: Clock = {
  // `performance.now` counts from the start of each thread.
  now: () => Number(process.hrtime.bigint()) / 1e6,
  wallTime: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
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
