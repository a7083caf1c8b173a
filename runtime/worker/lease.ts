/**
 * Until when this worker may act for its group, and which of its runs, in memory that the task threads
 * share. The group takes a worker for dead only after its session timeout, so before this time nobody
 * else can own what it owns. A worker that was stopped for longer finds it expired in the instant it
 * goes on, before its main thread has heard anything. What it ran then stays refused when it has a
 * place in the group again, though it may take its time to end.
 */
export class Lease {
  /** Until when, and from which generation on. */
  readonly #terms: Float64Array

  /** @param memory of another lease, to see the same one in another thread */
  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(16)) {
    this.#terms = new Float64Array(memory)
  }

  get memory(): SharedArrayBuffer {
    return this.#terms.buffer as SharedArrayBuffer
  }

  /**
   * The worker has a place in the group, the first or after it lost one.
   * @param generation runs of older ones were given away
   */
  begin(generation: number): void {
    this.#terms[1] = generation
  }

  /** @param until milliseconds of the clock whose `now` is asked in {@link holdsAt} */
  extend(until: number): void {
    this.#terms[0] = Math.max(this.#terms[0] ?? 0, until)
  }

  end(): void {
    this.#terms[0] = 0
  }

  holdsAt(now: number): boolean {
    return now < (this.#terms[0] ?? 0)
  }

  /** Whether a run of this generation may act. */
  allows(generation: number, now: number): boolean {
    return generation >= (this.#terms[1] ?? 0) && this.holdsAt(now)
  }
}
