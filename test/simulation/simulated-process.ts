import { type Clock, untilNext } from '../../runtime/api/clock.ts'
import type { VirtualTime } from './virtual-time.ts'

/**
 * The life of one worker's process. Its timers and whatever arrives for it wait while it is paused
 * (SIGSTOP) and come late, all at once, when it goes on; nothing ever comes after it was killed.
 */
export class SimulatedProcess implements Clock {
  readonly name: string
  readonly #time: VirtualTime
  #late: (() => void)[] = []
  #paused = false
  #alive = true

  constructor(name: string, time: VirtualTime) {
    this.name = name
    this.#time = time
  }

  get alive(): boolean {
    return this.#alive
  }

  get paused(): boolean {
    return this.#paused
  }

  now(): number {
    return this.#time.now
  }

  wallTime(): number {
    return this.#time.wallTime
  }

  after(ms: number, callback: () => void): () => void {
    let cancelled = false
    const cancel = this.#time.after(ms, () => this.deliver(() => cancelled || callback()))
    return () => {
      cancelled = true
      cancel()
    }
  }

  atNext(everyMs: number, callback: () => void): () => void {
    return this.after(untilNext(this.now(), everyMs), callback)
  }

  /** Lets something happen in this process, now or when it goes on. */
  deliver(callback: () => void): void {
    if (!this.#alive) return
    if (this.#paused) this.#late.push(callback)
    else callback()
  }

  /** Ends without goodbye: memory is lost. */
  kill(): void {
    this.#alive = false
    this.#late = []
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    const late = this.#late
    this.#late = []
    // One event each, as an event loop runs promises between callbacks.
    for (const callback of late) this.#time.after(0, () => this.deliver(callback))
  }
}
