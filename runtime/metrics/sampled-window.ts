import { joinObservations, type Observation } from './observation.ts'

/** `metrics.sample.window.ms` and `metrics.num.samples`. */
export interface WindowSettings {
  readonly sampleMs: number
  readonly samples: number
}

interface Sample {
  readonly startedAt: number
  lastAt: number
  seen: Observation
}

/**
 * The last few samples of something that happens, as Kafka's `SampledStat` keeps them: a sample begins
 * with an event, takes what happens in the next `sampleMs`, and counts no more once `samples` times
 * that has passed since its last event. Times are in milliseconds of any clock that does not go back.
 */
export class SampledWindow {
  readonly #settings: WindowSettings
  #samples: Sample[] = []

  constructor(settings: WindowSettings) {
    this.#settings = settings
  }

  record(seen: Observation, now: number): void {
    const last = this.#samples.at(-1)
    if (last !== undefined && now - last.startedAt < this.#settings.sampleMs) {
      last.seen = joinObservations(last.seen, seen)
      last.lastAt = now
      return
    }
    this.#samples.push({ startedAt: now, lastAt: now, seen })
    if (this.#samples.length > this.#settings.samples) this.#samples.shift()
  }

  /** Everything in the window as one, or null when nothing has happened in it. */
  seen(now: number): Observation | null {
    this.#expire(now)
    const [first, ...rest] = this.#samples
    if (first === undefined) return null
    return rest.reduce((all, sample) => joinObservations(all, sample.seen), first.seen)
  }

  /**
   * The sum of the values per second, by the rule of Kafka's `Rate`: a window that is still young counts
   * as one of `samples - 1` whole samples, so that a first event does not look like a burst.
   */
  rate(now: number): number {
    const seen = this.seen(now)
    const oldest = this.#samples[0]
    if (seen === null || oldest === undefined) return 0
    const { sampleMs, samples } = this.#settings
    const elapsed = now - oldest.startedAt
    const missing = Math.max(0, samples - 1 - Math.floor(elapsed / sampleMs))
    return (seen.sum * 1000) / Math.max(elapsed + missing * sampleMs, sampleMs)
  }

  #expire(now: number): void {
    const { sampleMs, samples } = this.#settings
    this.#samples = this.#samples.filter(({ lastAt }) => now - lastAt < sampleMs * samples)
  }
}
