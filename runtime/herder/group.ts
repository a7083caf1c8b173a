import type { TaskId } from '../worker/task-spec.ts'

/** The workers that share the connectors, seen from one of them. */
export interface Group {
  /** Whether this worker decides: it alone writes connectors and task configs. */
  readonly isLeader: boolean
  /** Whether this worker runs the connector itself: its status, its task configs. */
  ownsConnector(name: string): boolean
  ownsTask(task: TaskId): boolean
  /** Takes part, and calls back whenever what it owns has changed. */
  join(changed: () => void): Promise<void>
  /** Gives everything back, so that others take over at once. */
  leave(): Promise<void>
}
