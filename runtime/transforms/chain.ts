import type { Predicate, Transform } from '../api/converter.ts'
import type { ConnectRecord } from '../api/record.ts'

/** One transform of a connector, with the condition under which it applies. */
export interface ChainStep {
  readonly alias: string
  /** Class name as configured, for error messages. */
  readonly className: string
  readonly transform: Transform
  readonly predicate: Predicate | null
  /** Apply where the predicate is false. */
  readonly negate: boolean
}

/** The transforms of a connector, in order. */
export class TransformChain {
  readonly #steps: readonly ChainStep[]
  #current: ChainStep | undefined

  constructor(steps: readonly ChainStep[]) {
    this.#steps = steps
  }

  get isEmpty(): boolean {
    return this.#steps.length === 0
  }

  /** Class name of the step that ran last: the one that threw. */
  get failedClass(): string {
    return this.#current?.className ?? 'TransformChain'
  }

  /** @returns the record to pass on, or null when a transform dropped it */
  apply<R extends ConnectRecord>(record: R): R | null {
    let current: R | null = record
    for (const step of this.#steps) {
      this.#current = step
      if (step.predicate !== null && step.predicate.test(current) === step.negate) continue
      current = step.transform.apply(current)
      if (current === null) return null
    }
    return current
  }
}
