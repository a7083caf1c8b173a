import type { InitialState } from '../../config/load-files.ts'
import { type Style, style } from '../terminal.ts'
import type { ListedConnector, StateAnswer, StatusAnswer } from './connect-answers.ts'

const COLOURS: Readonly<Record<string, Style>> = {
  RUNNING: 'green',
  FAILED: 'red',
  PAUSED: 'yellow',
  STOPPED: 'yellow'
}

export function stateText(state: string): string {
  return style(process.stdout, COLOURS[state] ?? 'dim', state)
}

/** `2 running, 1 failed`; `none` without tasks. */
export function tasksText(tasks: readonly StateAnswer[]): string {
  const counts = new Map<string, number>()
  for (const { state } of tasks) counts.set(state, (counts.get(state) ?? 0) + 1)
  const parts = [...counts].map(([state, count]) => `${count} ${state.toLowerCase()}`)
  return parts.length === 0 ? 'none' : parts.join(', ')
}

/** A line for each connector, the first with the names of the columns. */
export function listRows(listed: readonly ListedConnector[]): string[][] {
  const rows = listed.map(({ name, connector, status }) => [
    name,
    status?.type ?? connector?.type ?? 'unknown',
    status === null ? style(process.stdout, 'dim', 'unknown') : stateText(status.state),
    status === null ? '' : tasksText(status.tasks),
    connector?.config['connector.class'] ?? ''
  ])
  return [['NAME', 'TYPE', 'STATE', 'TASKS', 'CLASS'], ...rows]
}

/** A line for the connector and one for each task. */
export function statusRows(status: StatusAnswer): string[][] {
  const tasks = status.tasks.map((task) => [
    `  task ${task.id}`,
    stateText(task.state),
    task.workerId,
    firstLine(task.trace)
  ])
  return [
    [
      style(process.stdout, 'bold', status.name),
      stateText(status.state),
      status.workerId,
      firstLine(status.trace)
    ],
    ...tasks
  ]
}

/** What a trace begins with: the error, without the places that it went through, fit for a terminal. */
export function firstLine(trace: string | null): string {
  const [first = ''] = trace?.split('\n') ?? []
  return first.replaceAll(/\p{Cc}/gu, ' ').trim()
}

/** Whether a connector and all of its tasks do what they should. */
export function isHealthy({ state, tasks }: StatusAnswer): boolean {
  return [state, ...tasks.map((task) => task.state)].every((each) =>
    /^(RUNNING|PAUSED|STOPPED)$/.test(each)
  )
}

/** The state that a connector is meant to have, or null where its status does not tell: it failed. */
export function targetState(status: StatusAnswer | null): InitialState | null {
  const state = status?.state
  if (state === 'RUNNING' || state === 'RESTARTING') return 'RUNNING'
  return state === 'PAUSED' || state === 'STOPPED' ? state : null
}
