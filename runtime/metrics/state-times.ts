/** How long something was in each of its states, as Kafka Connect's `StateTracker` counts it. */
export class StateTimes<S extends string> {
  readonly #startedAt: number
  readonly #spent = new Map<S, number>()
  #state: S
  #since: number

  constructor(state: S, now: number) {
    this.#state = state
    this.#since = now
    this.#startedAt = now
  }

  get state(): S {
    return this.#state
  }

  change(state: S, now: number): void {
    if (state === this.#state) return
    this.#spent.set(this.#state, this.#spentIn(this.#state, now))
    this.#state = state
    this.#since = now
  }

  /** @returns the share of all its time so far that was spent in a state, from 0 to 1 */
  ratio(state: S, now: number): number {
    const total = now - this.#startedAt
    return total === 0 ? Number(state === this.#state) : this.#spentIn(state, now) / total
  }

  #spentIn(state: S, now: number): number {
    return (this.#spent.get(state) ?? 0) + (state === this.#state ? now - this.#since : 0)
  }
}
