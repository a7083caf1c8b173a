import { systemClock } from '../../runtime/api/clock.ts'
import type { GroupHerder } from '../../runtime/herder/group-herder.ts'
import { sameConfig } from '../../runtime/herder/reconcile.ts'
import type { ConnectorConfig } from '../../runtime/stores/config-log.ts'
import { ConfigStore } from '../../runtime/stores/config-store.ts'
import { StatusStore } from '../../runtime/stores/status-store.ts'
import { CONNECTOR, type TaskId, taskKey, taskName } from '../../runtime/worker/task-spec.ts'
import type { Fleet } from './fleet.ts'
import type { Expected } from './history.ts'
import { LogClient } from './log-client.ts'
import { direct } from './network.ts'
import { NUMBERS } from './simulated-plugins.ts'
import type { ActiveRun } from './simulated-pool.ts'
import { type SimulatedWorker, TOPICS } from './simulated-worker.ts'

/** What the topics say, read by somebody whom no fault concerns. */
export interface Truth {
  readonly configs: ConfigStore
  readonly statuses: StatusStore
}

export async function readTruth(fleet: Fleet): Promise<Truth> {
  const { server, groups } = fleet
  const broker = new LogClient({ server, groups, connection: direct })
  const logger = { debug() {}, info() {}, warn() {}, error() {} }
  const shared = { broker, clock: systemClock, logger, clientId: 'truth' }
  return {
    configs: await ConfigStore.open({ ...shared, spec: TOPICS.config }),
    statuses: await StatusStore.open({ ...shared, spec: TOPICS.status })
  }
}

interface Placed {
  readonly worker: SimulatedWorker
  readonly run: ActiveRun
}

/** All that runs, by task key. */
export function placesOf(fleet: Fleet): ReadonlyMap<string, readonly Placed[]> {
  const places = new Map<string, Placed[]>()
  for (const worker of fleet.workers) {
    for (const run of worker.pool.active) {
      const known = places.get(taskKey(run))
      if (known === undefined) places.set(taskKey(run), [{ worker, run }])
      else known.push({ worker, run })
    }
  }
  return places
}

/** What is not as it should be in a group that nothing disturbs; nothing when all is well. */
export function unsettled(fleet: Fleet, { configs, statuses }: Truth): string[] {
  const problems: string[] = []
  const places = placesOf(fleet)
  const wanted = new Set<string>()
  for (const connector of configs.connectors()) {
    problems.push(...badStop(connector, statuses))
    for (const id of wantedOf(connector)) {
      wanted.add(taskKey(id))
      const found = places.get(taskKey(id)) ?? []
      const [only] = found
      if (only === undefined || found.length > 1) {
        problems.push(`${taskName(id)} runs on ${found.length} workers`)
      } else problems.push(...badRun(only, connector, statuses))
    }
    problems.push(...badTasks(fleet, connector))
  }
  for (const [key, [place]] of places) {
    if (!wanted.has(key)) problems.push(`${key} runs on ${place?.worker.process.name}, unwanted`)
  }
  for (const id of statuses.keys()) {
    const known = configs.connector(id.connector)
    if (known === null || id.task >= (known.tasks?.length ?? 0)) {
      problems.push(`there is a status of ${id.connector} ${id.task}, which is no more`)
    }
  }
  return problems.length === 0 ? unbalanced(fleet) : problems
}

function wantedOf({ name, tasks, targetState }: ConnectorConfig): TaskId[] {
  if (targetState === 'STOPPED') return []
  const count = (tasks?.length ?? 0) + 1
  return Array.from({ length: count }, (_, index) => ({
    connector: name,
    task: index + CONNECTOR
  }))
}

function badStop({ name, targetState }: ConnectorConfig, statuses: StatusStore): string[] {
  const state = statuses.connector(name)?.state
  if (targetState !== 'STOPPED' || state === 'STOPPED') return []
  return [`${name} is stopped, its status ${state}`]
}

function badRun({ worker, run }: Placed, connector: ConnectorConfig, statuses: StatusStore) {
  const state = connector.targetState === 'PAUSED' ? 'PAUSED' : 'RUNNING'
  const name = taskName(run)
  if (run.state !== state) return [`${name} is ${run.state} on ${worker.process.name}`]
  const due = run.task === CONNECTOR ? connector.config : connector.tasks?.[run.task]
  if (!sameConfig(run.config, due ?? {})) return [`${name} runs with an older config`]
  const status = statuses.task(run.connector, run.task)
  const { workerId } = worker
  if (
    status?.state === state &&
    status.workerId === workerId &&
    status.generation === run.generation
  ) {
    return []
  }
  const told = `${status?.state} on ${status?.workerId}, generation ${status?.generation}`
  return [`${name} is ${state} on ${workerId}, generation ${run.generation}, its status ${told}`]
}

/** Of a paused connector, nothing says when they are replaced. */
export function hasOldTasks({ config, tasks }: ConnectorConfig): boolean {
  return tasks?.some((task) => task['version'] !== config['version']) ?? false
}

/** Whether the tasks are those of the config and of the tables that there are. */
function badTasks(fleet: Fleet, connector: ConnectorConfig): string[] {
  const { name, config, tasks, targetState } = connector
  if (targetState !== 'STARTED') return []
  const max = Number(config['tasks.max'])
  const tables = fleet.outside.tables(name)
  const isSource = config['connector.class'] === NUMBERS
  const count = isSource ? Math.min(max, tables) : max
  if (tasks?.length !== count) return [`${name} has ${tasks?.length} tasks where ${count} are due`]
  if (hasOldTasks(connector)) return [`${name} has tasks of an older config`]
  const split = tasks.flatMap((task) => (task['tables'] ?? '').split(',')).length
  return isSource && split !== tables ? [`${name} reads ${split} of ${tables} tables`] : []
}

/** Stopped connectors count too: they belong to somebody who says that they are stopped. */
function unbalanced({ workers }: Fleet): string[] {
  const parts = [
    workers.map(({ herder }) => herder.group.connectors.length),
    workers.map(({ herder }) => herder.group.tasks.length)
  ]
  return parts
    .filter((counts) => Math.max(...counts) - Math.min(...counts) > 1)
    .map((counts) => `the workers have ${counts.join(', ')}`)
}

/** What of the changes that clients were told of is not in the config topic. */
export function lostChanges(truth: Truth, expected: readonly Expected[]): string[] {
  return expected.flatMap(({ name, exists, version, target }) => {
    const found = truth.configs.connector(name)
    if (!exists.has(found !== null)) return [`${name} ${found ? 'exists' : 'does not exist'}`]
    if (found === null) return []
    const stored = found.config['version'] ?? ''
    const problems: string[] = []
    if (!version.has(stored)) {
      problems.push(`${name} has version ${stored}, not ${[...version].join(' or ')}`)
    }
    if (!target.has(found.targetState)) {
      problems.push(`${name} is ${found.targetState}, not ${[...target].join(' or ')}`)
    }
    return problems
  })
}

/** What is wrong with what came into the topics: numbers that miss or come twice, offsets that went back. */
export function badRecords(fleet: Fleet, connectors: readonly string[]): string[] {
  const problems: string[] = []
  for (const connector of connectors) {
    const next = new Map<string, number>()
    for (const { key, value, offset } of fleet.server.records(`records-${connector}`, 0)) {
      const table = String(key)
      const number = Number(String(value).split(' ')[0])
      const due = next.get(table) ?? 0
      if (number !== due) {
        problems.push(
          `offset ${offset} of ${connector}, table ${table}: ${value} where ${due} is due`
        )
      }
      next.set(table, number + 1)
    }
  }
  return [...problems, ...offsetsGoneBack(fleet)]
}

function offsetsGoneBack({ server }: Fleet): string[] {
  const { name, partitions } = TOPICS.offset
  const last = new Map<string, number>()
  const problems: string[] = []
  for (let partition = 0; partition < partitions; partition++) {
    for (const { key, value } of server.records(name, partition)) {
      const { n } = JSON.parse(String(value)) as { n: number }
      const before = last.get(String(key)) ?? 0
      if (n <= before) problems.push(`the offset of ${key} went from ${before} to ${n}`)
      last.set(String(key), n)
    }
  }
  return problems
}

/** For messages: what each worker takes itself for. */
export function groupViews(fleet: Fleet): string[] {
  return fleet.workers.map(({ process, herder }) => `${process.name}: ${viewOf(herder)}`)
}

function viewOf({ group }: GroupHerder): string {
  const { generation, isLeader, rebalancing, connectors, tasks } = group
  const role = isLeader ? 'leads' : 'follows'
  return `${role}, generation ${generation}, rebalancing ${rebalancing}, ${connectors.length} + ${tasks.length}`
}
