/** What is due so soon is called at once: Node's timers fire a little early now and then. */
const EARLY_MS = 5
/** `setTimeout` takes no more, and for more fires at once. */
const LONGEST_MS = 2 ** 31 - 1

interface Entry {
  readonly at: number
  readonly callback: () => void
}

/**
 * One timer of the event loop for many callbacks. Timers of their own would wake the thread one after
 * the other, even when all are due at the same moment.
 */
export class SharedTimer {
  readonly #now: () => number
  readonly #entries = new Set<Entry>()
  #timer: NodeJS.Timeout | undefined
  #timerAt = Number.POSITIVE_INFINITY

  /** @param now milliseconds of a clock that never goes back */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Calls back at a time of the clock. @returns a function that cancels it */
  at(time: number, callback: () => void): () => void {
    const entry = { at: time, callback }
    this.#entries.add(entry)
    if (time < this.#timerAt) this.#arm(time)
    return () => {
      // A timer that is left over finds nothing due; none may be left to keep the process alive.
      if (this.#entries.delete(entry) && this.#entries.size === 0) this.#disarm()
    }
  }

  #arm(time: number): void {
    clearTimeout(this.#timer)
    this.#timerAt = time
    const ms = Math.min(Math.ceil(time - this.#now()), LONGEST_MS)
    this.#timer = setTimeout(() => this.#ring(), ms)
  }

  #disarm(): void {
    clearTimeout(this.#timer)
    this.#timerAt = Number.POSITIVE_INFINITY
  }

  #ring(): void {
    this.#disarm()
    const until = this.#now() + EARLY_MS
    const due = [...this.#entries].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)
    try {
      for (const entry of due) if (this.#entries.delete(entry)) entry.callback()
    } finally {
      const times = [...this.#entries].map(({ at }) => at)
      if (times.length > 0) this.#arm(Math.min(...times))
    }
  }
}
