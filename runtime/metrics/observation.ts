/** Figures of events: how many, and of their values the sum, the least and the greatest. */
export interface Observation {
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
}

/** One event. */
export function observed(value: number): Observation {
  return { count: 1, sum: value, min: value, max: value }
}

/** Both observations as one. */
export function joinObservations(a: Observation, b: Observation): Observation {
  return {
    count: a.count + b.count,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max)
  }
}

/** The average of what was observed; NaN, as Kafka has it, when nothing was. */
export function average(seen: Observation | null): number {
  return seen === null ? Number.NaN : seen.sum / seen.count
}

/** The greatest value of what was observed; NaN, as Kafka has it, when nothing was. */
export function greatest(seen: Observation | null): number {
  return seen?.max ?? Number.NaN
}

/** The share of `part` in both, from 0 to 1; 0 of nothing, as Kafka's `Frequencies` has it. */
export function share(part: number, rest: number): number {
  return part + rest === 0 ? 0 : part / (part + rest)
}
