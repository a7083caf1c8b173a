import type { Logger } from '../api/task.ts'
import { CONNECTOR, type TaskId, taskKey, taskName } from '../worker/task-spec.ts'
import type { Assignment } from './group-protocol.ts'

/** A generation as one worker sees it begin. */
export interface BegunGeneration {
  readonly generation: number
  readonly assignment: Assignment
  /** What the worker had when it joined. */
  readonly before: readonly TaskId[]
  /** How long the rebalance took, in milliseconds. */
  readonly ms: number
}

/** A line with more names than this helps nobody. */
const MOST_NAMES = 30

/** One line for a rebalance: who leads, what this worker has, what was given to it and taken from it. */
export function tellRebalance(
  logger: Logger,
  level: 'info' | 'debug',
  { generation, assignment, before, ms }: BegunGeneration
): void {
  const { owned, leader, delay } = assignment
  logger[level]('The group has rebalanced.', {
    generation,
    leader,
    connectors: owned.filter(({ task }) => task === CONNECTOR).length,
    tasks: owned.filter(({ task }) => task !== CONNECTOR).length,
    given: names(owned, before),
    taken: names(before, owned),
    ms: Math.round(ms),
    // How long what a lost worker had waits for it.
    ...(delay > 0 && { delayMs: delay })
  })
}

/** What the one list has and the other has not; undefined when that is nothing. */
function names(these: readonly TaskId[], those: readonly TaskId[]): string | undefined {
  const known = new Set(those.map(taskKey))
  const others = these.filter((id) => !known.has(taskKey(id))).map(taskName)
  if (others.length === 0) return undefined
  const more = others.length - MOST_NAMES
  const shown = others.slice(0, MOST_NAMES).join(', ')
  return more > 0 ? `${shown} and ${more} more` : shown
}
