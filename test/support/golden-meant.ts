import type { Difference } from './golden-compare.ts'

/** A difference that is meant. Every one has its reason in docs/debezium-differences.md. */
export interface MeantDifference {
  /** Heading in the document. */
  readonly heading: string
  /** The end of the scenario's name, after `postgres-` or `mariadb-`. */
  readonly scenario: RegExp
  readonly at: RegExp
  /** What Debezium wrote, and what the connector writes: the whole text. */
  readonly expected: string | RegExp
  readonly got: string | RegExp
}

/**
 * @param used gets the meant differences that came up
 * @returns those of a scenario that are not meant
 */
export function notMeant(
  meantAll: readonly MeantDifference[],
  scenario: string,
  found: readonly Difference[],
  used: Set<MeantDifference> = new Set()
): Difference[] {
  const name = scenario.replace(/^(postgres|mariadb)-/, '')
  const meant = meantAll.filter((one) => one.scenario.test(name))
  return found.filter((difference) => {
    const match = meant.find((one) => isMeant(one, difference))
    if (match) used.add(match)
    return match === undefined
  })
}

function isMeant(meant: MeantDifference, { at, expected, got }: Difference): boolean {
  return meant.at.test(at) && fits(meant.expected, expected) && fits(meant.got, got)
}

function fits(pattern: string | RegExp, text: string): boolean {
  return typeof pattern === 'string' ? pattern === text : pattern.test(text)
}
