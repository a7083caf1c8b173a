import type { Observation } from './observation.ts'

/** What a meter says at one moment, as plain data that crosses threads. Names are in snake_case. */
export interface Readings {
  /** Since the meter began; they never fall. */
  readonly counters: Readonly<Record<string, number>>
  readonly gauges: Readonly<Record<string, number>>
  /** Gauges of a connector, which it names as it likes. */
  readonly own: Readonly<Record<string, number>>
  /** Since the readings before. */
  readonly observed: Readonly<Record<string, Observation>>
}

/**
 * Counters, gauges and observations of something that works. Cheap enough to change per batch: what
 * they mean over time is worked out where the readings go, see `recorded.ts`.
 */
export class Meter {
  readonly #counters = new Map<string, number>()
  readonly #gauges = new Map<string, number>()
  readonly #own = new Map<string, number>()
  readonly #onChange: () => void
  #observed = new Map<string, { count: number; sum: number; min: number; max: number }>()
  #changed = false

  /** @param onChange called with the first change after every `take`: nothing has to look in vain */
  constructor(onChange: () => void = () => undefined) {
    this.#onChange = onChange
  }

  add(name: string, amount: number): void {
    if (amount === 0 && this.#counters.has(name)) return
    this.#counters.set(name, (this.#counters.get(name) ?? 0) + amount)
    this.#change()
  }

  set(name: string, value: number): void {
    if (this.#gauges.get(name) === value) return
    this.#gauges.set(name, value)
    this.#change()
  }

  /** As `set`, for a name that a connector chose. */
  setOwn(name: string, value: number): void {
    if (this.#own.get(name) === value) return
    this.#own.set(name, value)
    this.#change()
  }

  /** Notes the value of one event, such as how long a poll took. */
  observe(name: string, value: number): void {
    const known = this.#observed.get(name)
    if (known === undefined)
      this.#observed.set(name, { count: 1, sum: value, min: value, max: value })
    else {
      known.count++
      known.sum += value
      if (value < known.min) known.min = value
      if (value > known.max) known.max = value
    }
    this.#change()
  }

  /** A counter or gauge; 0 when there is none. */
  get(name: string): number {
    return this.#counters.get(name) ?? this.#gauges.get(name) ?? this.#own.get(name) ?? 0
  }

  /** @returns the readings, or null when nothing has changed since the last call */
  take(): Readings | null {
    if (!this.#changed) return null
    this.#changed = false
    const observed = this.#observed
    this.#observed = new Map()
    return {
      counters: Object.fromEntries(this.#counters),
      gauges: Object.fromEntries(this.#gauges),
      own: Object.fromEntries(this.#own),
      observed: Object.fromEntries(observed)
    }
  }

  #change(): void {
    if (this.#changed) return
    this.#changed = true
    this.#onChange()
  }
}
