import type { Readings } from './meter.ts'
import { type Observation, observed as one } from './observation.ts'
import { SampledWindow, type WindowSettings } from './sampled-window.ts'

/**
 * What has happened so far, from a meter or event by event, and what follows from it: totals, and rates,
 * averages and extremes over the window. Work is done when something comes and when somebody asks, at
 * no other time.
 */
export class Recorded {
  readonly #settings: WindowSettings
  readonly #totals = new Map<string, number>()
  readonly #rates = new Map<string, SampledWindow>()
  readonly #observed = new Map<string, SampledWindow>()
  #before: Readonly<Record<string, number>> = {}
  #gauges: Readonly<Record<string, number>> = {}
  #own: Readonly<Record<string, number>> = {}

  constructor(settings: WindowSettings) {
    this.#settings = settings
  }

  /** Names and values of a connector's own gauges. */
  get own(): Readonly<Record<string, number>> {
    return this.#own
  }

  /** A new meter takes over: its counters begin at 0 and are added to what there is. */
  begin(): void {
    this.#before = {}
    this.#gauges = {}
    this.#own = {}
  }

  take({ counters, gauges, own, observed }: Readings, now: number): void {
    for (const [name, value] of Object.entries(counters)) {
      this.add(name, value - (this.#before[name] ?? 0), now)
    }
    for (const [name, seen] of Object.entries(observed)) {
      this.#record(this.#observed, name, seen, now)
    }
    this.#before = counters
    this.#gauges = gauges
    this.#own = own
  }

  /** Adds to a counter. */
  add(name: string, amount: number, now: number): void {
    this.#totals.set(name, this.total(name) + amount)
    if (amount !== 0) this.#record(this.#rates, name, one(amount), now)
  }

  /** Notes the value of one event. */
  observe(name: string, value: number, now: number): void {
    this.#record(this.#observed, name, one(value), now)
  }

  /** A counter, over all meters since this began. */
  total(name: string): number {
    return this.#totals.get(name) ?? 0
  }

  gauge(name: string): number {
    return this.#gauges[name] ?? 0
  }

  /** By how much a counter grows per second. */
  rate(name: string, now: number): number {
    return this.#rates.get(name)?.rate(now) ?? 0
  }

  /** By how much a counter has grown in the window. */
  recent(name: string, now: number): number {
    return this.#rates.get(name)?.seen(now)?.sum ?? 0
  }

  /** What was observed in the window, or null. */
  seen(name: string, now: number): Observation | null {
    return this.#observed.get(name)?.seen(now) ?? null
  }

  #record(windows: Map<string, SampledWindow>, name: string, seen: Observation, now: number): void {
    let window = windows.get(name)
    if (window === undefined) {
      window = new SampledWindow(this.#settings)
      windows.set(name, window)
    }
    window.record(seen, now)
  }
}
