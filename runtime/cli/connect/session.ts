import { Option } from 'commander'
import { ConnectError } from '../../api/errors.ts'
import { exitCodeOf } from '../exit-code.ts'
import { printError } from '../print-error.ts'
import { print } from '../terminal.ts'
import { type Arrival, awaitStates, type Goal } from './await-states.ts'
import { ConnectClient } from './connect-client.ts'
import { type ConnectionOptions, connectionOf, milliseconds } from './connection.ts'
import { UnreachableError } from './http-exchange.ts'
import { firstLine, stateText, tasksText } from './state-text.ts'

/** Options of commands that wait until what they ask for is so. */
export interface WaitOptions {
  /** Milliseconds, or false for not at all. */
  readonly wait: number | false
}

export function waitOptions(): readonly Option[] {
  return [
    new Option('--wait <seconds>', 'how long to wait until it is so')
      .argParser(milliseconds)
      .default(30_000, '30'),
    new Option('--no-wait', 'end as soon as the worker has taken the request')
  ]
}

/** A client that says on standard error what it waits for. */
export async function openClient(options: ConnectionOptions): Promise<ConnectClient> {
  const connection = await connectionOf(options)
  return new ConnectClient(connection, (error) => {
    process.stderr.write(`waiting: ${error.message}\n`)
  })
}

/**
 * Does something with each of several things. What fails is said and sets the exit code, and the
 * others go on; only when no worker answers any more, the rest is named and left.
 *
 * @returns those with which it was done
 */
export async function onEach<T>(
  things: readonly T[],
  nameOf: (thing: T) => string,
  act: (thing: T) => Promise<void>
): Promise<readonly T[]> {
  const done: T[] = []
  for (const [index, thing] of things.entries()) {
    try {
      await act(thing)
      done.push(thing)
    } catch (error) {
      fail(error, nameOf(thing))
      const rest = things.slice(index + 1).map(nameOf)
      if (error instanceof UnreachableError && rest.length > 0) {
        process.stderr.write(`not tried: ${rest.join(', ')}\n`)
        break
      }
    }
  }
  return done
}

/** Says an error and lets the command end with its exit code; the first of several counts. */
export function fail(error: unknown, about?: string): void {
  printError(error, about)
  process.exitCode ??= exitCodeOf(error)
}

/** Waits for connectors and says how far each came; one that did not arrive fails the command. */
export async function waitFor(
  client: ConnectClient,
  goals: readonly Goal[],
  { wait }: WaitOptions
): Promise<void> {
  if (wait === false) {
    for (const { name, state } of goals) await print(`${name}: asked for ${state}`)
    return
  }
  const read = async () =>
    new Map(
      (await client.list()).flatMap(({ name, status }) => (status ? [[name, status] as const] : []))
    )
  for (const arrival of await awaitStates(goals, { read, limitMs: wait })) {
    await sayArrival(arrival, wait)
  }
}

async function sayArrival(arrival: Arrival, waitedMs: number): Promise<void> {
  const { goal, progress, status } = arrival
  if (progress === 'reached' && status !== null) {
    const tasks = status.tasks.length === 0 ? '' : `, tasks: ${tasksText(status.tasks)}`
    const none = goal.state === 'RUNNING' && status.tasks.length === 0 ? ', without a task' : ''
    await print(`${goal.name}: ${stateText(status.state)}${tasks}${none}`)
    return
  }
  fail(progress === 'failed' ? failed(arrival) : late(arrival, waitedMs), goal.name)
}

function failed({ goal, status }: Arrival): ConnectError {
  const broken = status?.tasks.find((task) => task.state === 'FAILED')
  const which = status?.state === 'FAILED' || !broken ? 'the connector' : `task ${broken.id}`
  const trace = status?.state === 'FAILED' ? status.trace : (broken?.trace ?? null)
  const message = `${which} is FAILED: ${firstLine(trace) || 'there is no trace'}`
  return new ConnectError('CONNECTOR_FAILED', message, {
    hint: `mend the cause, then: millrace connectors restart '${goal.name}' --only-failed`
  })
}

function late({ goal, status }: Arrival, waitedMs: number): ConnectError {
  const now =
    status === null ? 'without a status' : `${status.state}, tasks: ${tasksText(status.tasks)}`
  return new ConnectError('NOT_YET', `not ${goal.state} after ${waitedMs / 1000} s, but ${now}`, {
    hint: `it may still come: millrace connectors status '${goal.name}'; --wait waits longer`
  })
}
