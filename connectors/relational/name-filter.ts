import { javaRegexProblem } from '../../runtime/api/regex.ts'

/**
 * Debezium's lists of names: regular expressions, anchored at both ends, upper and lower case alike.
 * An include list that is empty includes everything.
 */
export class NameFilter {
  readonly #include: readonly RegExp[]
  readonly #exclude: readonly RegExp[]

  constructor(include: readonly string[], exclude: readonly string[] = []) {
    this.#include = include.map(anchored)
    this.#exclude = exclude.map(anchored)
  }

  /** Whether there is nothing to leave out. */
  get isEmpty(): boolean {
    return this.#include.length === 0 && this.#exclude.length === 0
  }

  includes(name: string): boolean {
    if (this.#exclude.some((pattern) => pattern.test(name))) return false
    return this.#include.length === 0 || this.#include.some((pattern) => pattern.test(name))
  }

  /** @returns the number of the first pattern of the include list that matches, or -1 */
  rank(name: string): number {
    return this.#include.findIndex((pattern) => pattern.test(name))
  }
}

function anchored(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, 'i')
}

/** What Debezium says about such a list. */
export function patternRefusal(list: string): string {
  const problem = list.split(',').map((pattern) => javaRegexProblem(pattern.trim()))
  const first = problem.find((text) => text !== null) ?? 'one is not'
  return `A comma-separated list of valid regular expressions is expected, but ${first}`
}

/** Validator of a list of patterns. */
export function patternList(patterns: readonly string[]): string | undefined {
  for (const pattern of patterns) {
    try {
      anchored(pattern)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      return `has a pattern that is no regular expression: ${why}`
    }
  }
  return undefined
}
