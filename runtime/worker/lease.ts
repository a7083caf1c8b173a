/**
 * Until when this worker may act for its group, in memory that the task threads share. The group
 * takes a worker for dead only after its session timeout, so before this time nobody else can own
 * what it owns. A worker that was stopped for longer finds it expired in the instant it goes on, before
 * its main thread has heard anything.
 */
export class Lease {
  readonly #until: Float64Array

  /** @param memory of another lease, to see the same one in another thread */
  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(8)) {
    this.#until = new Float64Array(memory)
  }

  get memory(): SharedArrayBuffer {
    return this.#until.buffer as SharedArrayBuffer
  }

  /** @param until milliseconds of the clock whose `now` is asked in {@link holdsAt} */
  extend(until: number): void {
    this.#until[0] = Math.max(this.#until[0] ?? 0, until)
  }

  end(): void {
    this.#until[0] = 0
  }

  holdsAt(now: number): boolean {
    return now < (this.#until[0] ?? 0)
  }
}
