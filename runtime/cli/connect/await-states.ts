import { setTimeout as delay } from 'node:timers/promises'
import type { InitialState } from '../../config/load-files.ts'
import type { StatusAnswer } from './connect-answers.ts'

/** What a connector is on its way to. */
export interface Goal {
  readonly name: string
  readonly state: InitialState
  /**
   * Milliseconds that the state must last to be believed: after a restart or a new configuration the
   * status from before is shown for a moment.
   */
  readonly settleMs: number
}

export type Progress = 'reached' | 'failed' | 'pending'

/** How far a connector came. */
export interface Arrival {
  readonly goal: Goal
  readonly progress: Progress
  /** As last seen; null when there is none. */
  readonly status: StatusAnswer | null
}

/** What waiting depends on. */
export interface Watch {
  /** The statuses by connector. */
  readonly read: () => Promise<ReadonlyMap<string, StatusAnswer>>
  /** Milliseconds */
  readonly limitMs: number
  readonly pollMs?: number
}

/** After the change that a FAILED is looked at for: a worker may be about to start the task again. */
const FAILED_SETTLE_MS = 1500
const POLL_MS = 250

/** Whether a status is that of a connector that has arrived, or that will not arrive by itself. */
export function progressOf(state: InitialState, status: StatusAnswer | null): Progress {
  if (status === null) return 'pending'
  const { tasks } = status
  const all = (...states: string[]) => tasks.every((task) => states.includes(task.state))
  if (state === 'STOPPED') {
    return status.state === 'STOPPED' && tasks.length === 0 ? 'reached' : 'pending'
  }
  if (status.state === 'FAILED') return 'failed'
  if (status.state !== state) return 'pending'
  // A failed task stays so under a pause.
  if (state === 'PAUSED') return all('PAUSED', 'FAILED') ? 'reached' : 'pending'
  if (tasks.length === 0) return 'pending'
  if (all('RUNNING')) return 'reached'
  return all('RUNNING', 'FAILED') ? 'failed' : 'pending'
}

/** Waits until every connector has arrived or failed, or the time is over. */
export async function awaitStates(
  goals: readonly Goal[],
  { read, limitMs, pollMs = POLL_MS }: Watch
): Promise<readonly Arrival[]> {
  const began = performance.now()
  const since = new Map<string, { progress: Progress; at: number }>()
  for (;;) {
    const statuses = goals.length === 0 ? new Map<string, StatusAnswer>() : await read()
    const now = performance.now()
    const over = now - began >= limitMs
    const arrivals = goals.map((goal): Arrival => {
      const status = statuses.get(goal.name) ?? null
      const progress = progressOf(goal.state, status)
      if (since.get(goal.name)?.progress !== progress) since.set(goal.name, { progress, at: now })
      const lasted = now - (since.get(goal.name)?.at ?? now)
      const settle = progress === 'failed' ? FAILED_SETTLE_MS + goal.settleMs : goal.settleMs
      if (!over && lasted < settle) return { goal, status, progress: 'pending' }
      // A connector that has nothing to do has no tasks.
      const idle = over && goal.state === 'RUNNING' && status?.state === 'RUNNING'
      const done = idle && status.tasks.length === 0 ? 'reached' : progress
      return { goal, status, progress: done }
    })
    if (over || arrivals.every(({ progress }) => progress !== 'pending')) return arrivals
    await delay(Math.min(pollMs, Math.max(0, began + limitMs - performance.now())))
  }
}
