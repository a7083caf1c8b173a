import type { StartupOutcome } from '../metrics/metrics.ts'
import type { ConnectState } from '../stores/status-store.ts'

/** Where a task is. Finer than what Kafka Connect's status shows. */
export type TaskState =
  /** Not running, and nobody asked it to. */
  | 'UNASSIGNED'
  /** On its way to its first RUNNING. */
  | 'STARTING'
  | 'RUNNING'
  | 'PAUSED'
  /** Runs, but what it does fails and is tried again. */
  | 'RETRYING'
  /** Failed with an error that may pass; waits for its next start. */
  | 'WAITING'
  /** On its way from WAITING to RUNNING. */
  | 'RESTARTING'
  | 'STOPPING'
  /** Failed for good: only a restart helps. */
  | 'FAILED'

export type TaskEvent =
  | 'start'
  | 'running'
  | 'paused'
  | 'retrying'
  /** The run ended with a retriable error. */
  | 'interrupted'
  /** The run ended with any other error. */
  | 'failed'
  | 'stop'
  /** The run ended as it was told to. */
  | 'ended'

type Row = Readonly<Record<TaskEvent, TaskState>>

// Every state has an answer to every event. Reports of a run may cross with orders on their way
// between threads, so a report that comes too late changes nothing.

const LATE = (state: TaskState) =>
  ({
    running: state,
    paused: state,
    retrying: state,
    interrupted: state,
    failed: state,
    ended: state
  }) as const

const REPORTS = {
  running: 'RUNNING',
  paused: 'PAUSED',
  retrying: 'RETRYING',
  interrupted: 'WAITING',
  failed: 'FAILED',
  ended: 'UNASSIGNED',
  stop: 'STOPPING'
} as const

const TABLE: Readonly<Record<TaskState, Row>> = {
  UNASSIGNED: { ...LATE('UNASSIGNED'), start: 'STARTING', stop: 'UNASSIGNED' },
  STARTING: { ...REPORTS, start: 'STARTING' },
  RUNNING: { ...REPORTS, start: 'RUNNING' },
  PAUSED: { ...REPORTS, start: 'PAUSED' },
  RETRYING: { ...REPORTS, start: 'RETRYING' },
  WAITING: { ...LATE('WAITING'), start: 'RESTARTING', stop: 'UNASSIGNED' },
  RESTARTING: { ...REPORTS, start: 'RESTARTING' },
  STOPPING: {
    ...LATE('STOPPING'),
    start: 'STOPPING',
    stop: 'STOPPING',
    interrupted: 'UNASSIGNED',
    failed: 'UNASSIGNED',
    ended: 'UNASSIGNED'
  },
  FAILED: { ...LATE('FAILED'), start: 'STARTING', stop: 'UNASSIGNED' }
}

/** The state after an event. */
export function nextState(state: TaskState, event: TaskEvent): TaskState {
  return TABLE[state][event]
}

/**
 * What a change of state says about the start of a task: that one was tried, or how it ended. A start
 * that is called off is neither a success nor a failure.
 */
export function startupOutcome(before: TaskState, after: TaskState): StartupOutcome | null {
  if (after === before) return null
  if (after === 'STARTING' || after === 'RESTARTING') return 'attempt'
  if (before !== 'STARTING' && before !== 'RESTARTING') return null
  if (after === 'FAILED' || after === 'WAITING') return 'failure'
  return after === 'STOPPING' || after === 'UNASSIGNED' ? null : 'success'
}

const SHOWN: Readonly<Record<TaskState, ConnectState>> = {
  UNASSIGNED: 'UNASSIGNED',
  STARTING: 'UNASSIGNED',
  RUNNING: 'RUNNING',
  PAUSED: 'PAUSED',
  RETRYING: 'RESTARTING',
  WAITING: 'RESTARTING',
  RESTARTING: 'RESTARTING',
  STOPPING: 'UNASSIGNED',
  FAILED: 'FAILED'
}

/** The state as Kafka Connect's status names it. */
export function shownState(state: TaskState): ConnectState {
  return SHOWN[state]
}
