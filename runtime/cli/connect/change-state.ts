import { usageError } from '../exit-code.ts'
import { print } from '../terminal.ts'
import type { ConnectionOptions } from './connection.ts'
import { onEach, openClient, type WaitOptions, waitFor } from './session.ts'

/** The status of before a restart may be shown for about a second. */
const RESTART_SETTLE_MS = 1000

const STATES = { pause: 'PAUSED', resume: 'RUNNING', stop: 'STOPPED' } as const

/** `millrace connectors pause|resume|stop`. */
export async function changeState(
  change: keyof typeof STATES,
  names: readonly string[],
  options: ConnectionOptions & WaitOptions
): Promise<void> {
  const client = await openClient(options)
  const asked = await onEach(names, String, (name) => client.setState(name, change))
  const goals = asked.map((name) => ({ name, state: STATES[change], settleMs: 0 }))
  await waitFor(client, goals, options)
}

/** Options of `millrace connectors restart`. */
export interface RestartOptions extends ConnectionOptions, WaitOptions {
  readonly onlyFailed?: boolean
  readonly tasks: boolean
  readonly task?: string
}

/** `millrace connectors restart`. */
export async function restart(names: readonly string[], options: RestartOptions): Promise<void> {
  const { onlyFailed = false, tasks: includeTasks } = options
  const task = options.task === undefined ? null : taskNumber(options.task)
  const client = await openClient(options)
  // A paused connector is paused again after a restart, and a stopped one stays stopped.
  const states = new Map((await client.list()).map(({ name, status }) => [name, status?.state]))
  const asked = await onEach(names, String, (name) =>
    task === null
      ? client.restart(name, { includeTasks, onlyFailed })
      : client.restartTask(name, task)
  )
  const goals = asked.map((name) => {
    const before = states.get(name)
    const state = before === 'PAUSED' || before === 'STOPPED' ? before : 'RUNNING'
    return { name, state, settleMs: RESTART_SETTLE_MS } as const
  })
  await waitFor(client, goals, options)
}

/** `millrace connectors delete`. */
export async function remove(names: readonly string[], options: ConnectionOptions): Promise<void> {
  const client = await openClient(options)
  await onEach(names, String, async (name) => {
    await client.remove(name)
    await print(`${name}: deleted`)
  })
}

function taskNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw usageError(`--task ${text} is not the number of a task`, 'tasks count from 0')
}
