/**
 * Lets one loop sleep until something happened. What happens while the loop is awake is not lost:
 * the next wait returns at once.
 */
export class Wakeup {
  #pending = false
  #resolve: (() => void) | undefined

  notify(): void {
    this.#pending = true
    this.#resolve?.()
  }

  /** Resolves at the next notification, or at once when there was one since the last wait. */
  async wait(): Promise<void> {
    if (!this.#pending) {
      await new Promise<void>((resolve) => {
        this.#resolve = resolve
      })
      this.#resolve = undefined
    }
    this.#pending = false
  }
}

/** Lets the event loop take one turn, so that what is already there can arrive. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
