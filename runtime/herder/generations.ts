/** 2025-01-01, in seconds since 1970: keeps generations small and below 2^31 until 2093. */
const EPOCH_SECONDS = 1_735_689_600

/**
 * Hands out generations that grow over restarts of the worker, and over the loss of its data folder:
 * a sink's target may remember a generation that no topic does any more. So each is above all that
 * the status topic holds, and at least the time in seconds.
 */
export class Generations {
  readonly #now: () => number
  #last: number

  /** @param highest the highest generation known; @param now milliseconds since 1970 */
  constructor(highest: number, now: () => number) {
    this.#last = highest
    this.#now = now
  }

  next(): number {
    const seconds = Math.floor(this.#now() / 1000) - EPOCH_SECONDS
    this.#last = Math.max(this.#last + 1, seconds)
    return this.#last
  }
}
