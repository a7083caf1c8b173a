import type { Clock } from '../api/clock.ts'
import type { GroupCoordinator, GroupOptions } from './group-coordinator.ts'
import { EMPTY_GROUP, type GroupState, type Step } from './group-state.ts'
import type { GroupStore } from './group-store.ts'
import { SharedCoordinator } from './shared-coordinator.ts'

/** A group within this process, for as many members as there are coordinators on it. */
export class LocalGroup implements GroupStore {
  readonly #clock: Clock
  readonly #waiting = new Set<() => void>()
  #state: GroupState = EMPTY_GROUP

  constructor(clock: Clock) {
    this.#clock = clock
  }

  read(): GroupState {
    return this.#state
  }

  async update<T>(step: (state: GroupState, now: number) => Step<T>): Promise<T> {
    const { state, outcome } = step(this.#state, this.now())
    if (state !== this.#state) {
      this.#state = state
      for (const done of [...this.#waiting]) done()
    }
    return outcome
  }

  changed(seen: GroupState, maxMs: number, signal: AbortSignal): Promise<void> {
    if (this.#state !== seen || maxMs <= 0 || signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        cancel()
        signal.removeEventListener('abort', done)
        this.#waiting.delete(done)
        resolve()
      }
      const cancel = this.#clock.after(maxMs, done)
      signal.addEventListener('abort', done)
      this.#waiting.add(done)
    })
  }

  now(): number {
    return this.#clock.now()
  }
}

/**
 * A group of one, in memory: joins are answered at once. Its session never ends, since nobody could
 * take over from a process that was stopped for a while.
 */
export function localCoordinator(options: GroupOptions, clock: Clock): GroupCoordinator {
  const sessionTimeoutMs = Number.MAX_SAFE_INTEGER
  return new SharedCoordinator(new LocalGroup(clock), { ...options, sessionTimeoutMs })
}
