import type { RawConfig } from '../api/config.ts'
import type { Connector } from '../api/connector.ts'
import { ConnectError, describeError } from '../api/errors.ts'
import type { Logger } from '../api/task.ts'
import type { Plugins } from '../config/plugins.ts'
import type { References } from '../config/references.ts'
import type { ConnectorConfig, TargetState } from '../stores/config-log.ts'
import type { ConfigStore } from '../stores/config-store.ts'
import type { ConnectState, StatusStore } from '../stores/status-store.ts'
import { workerStopped } from '../worker/task-supervisor.ts'
import { toPlainError, traceOf } from '../worker/thread-messages.ts'
import type { Worker } from '../worker/worker.ts'
import type { Generations } from './generations.ts'
import type { Group } from './group.ts'
import { type DesiredTask, reconcile, sameConfig } from './reconcile.ts'
import { taskConfigsOf } from './task-configs.ts'

/** The state of a connector and its tasks, as Kafka Connect's REST API shows it. */
export interface ConnectorStatus {
  readonly name: string
  readonly type: 'source' | 'sink' | 'unknown'
  readonly connector: StateView
  readonly tasks: readonly (StateView & { readonly id: number })[]
}

export interface StateView {
  readonly state: ConnectState
  readonly workerId: string
  readonly trace: string | null
  readonly version: string | null
}

/** A connector as a file has it. */
export interface DeclaredConnector {
  readonly name: string
  readonly config: RawConfig
  readonly initialState: 'RUNNING' | 'PAUSED' | 'STOPPED'
}

export interface HerderOptions {
  readonly configs: ConfigStore
  readonly statuses: StatusStore
  readonly worker: Worker
  readonly group: Group
  readonly plugins: Plugins
  readonly references: References
  readonly generations: Generations
  readonly workerId: string
  readonly logger: Logger
  redact(text: string): string
}

const TARGET = { RUNNING: 'STARTED', PAUSED: 'PAUSED', STOPPED: 'STOPPED' } as const

/**
 * Decides what runs on this worker: what the config topic wants, less what others own. Its verbs
 * change the config topic and wait until the worker follows; they run one after another.
 */
export class StandaloneHerder {
  readonly #options: HerderOptions
  /** In the mode of `millrace run`, the files rule: connectors in none of them are left alone. */
  #declared: ReadonlySet<string> | null = null
  #queue: Promise<unknown> = Promise.resolve()
  #closed = false
  readonly #kinds = new Map<string, 'source' | 'sink'>()

  constructor(options: HerderOptions) {
    this.#options = options
  }

  /** Takes part in the group and starts what should run. */
  async start(): Promise<void> {
    const { group } = this.#options
    await group.join(() => void this.#enqueue(() => this.#reconcile()).catch(() => undefined))
    await this.#enqueue(() => this.#reconcile())
  }

  /** Stops every task in order and leaves the group. What the config topic wants stays. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#queue
    await this.#options.worker.close()
    for (const name of this.connectors()) {
      const known = this.#options.statuses.connector(name)
      if (known?.state !== 'RUNNING' && known?.state !== 'PAUSED') continue
      const { version } = known
      await this.#connectorState(name, { state: 'UNASSIGNED', trace: null, version })
    }
    await this.#options.group.leave()
  }

  /** Names of all connectors. */
  connectors(): string[] {
    return this.#options.configs
      .connectors()
      .map(({ name }) => name)
      .filter((name) => this.#manages(name))
  }

  /** The config as it was given, references unresolved; null for an unknown connector. */
  config(name: string): RawConfig | null {
    return this.#options.configs.connector(name)?.config ?? null
  }

  /** @throws {ConnectError} UNKNOWN_CONNECTOR */
  status(name: string): ConnectorStatus {
    const { statuses, configs } = this.#options
    const connector = statuses.connector(name)
    if (connector === null) throw unknownConnector(name)
    const tasks = (configs.connector(name)?.tasks ?? []).flatMap((_, id) => {
      const status = statuses.task(name, id)
      return status === null ? [] : [{ id, ...status }]
    })
    return { name, type: this.#kinds.get(name) ?? 'unknown', connector, tasks }
  }

  /** Creates or changes a connector. Only its own tasks notice. */
  put(name: string, config: RawConfig, state?: TargetState): Promise<void> {
    return this.#change(() => this.#options.configs.putConnector(name, config, state))
  }

  /** Deletes a connector. Its source offsets stay: one of the same name goes on from them. */
  remove(name: string): Promise<void> {
    return this.#change(async () => {
      const tasks = this.#known(name).tasks?.length ?? 0
      await this.#options.configs.removeConnector(name)
      await this.#reconcile()
      await this.#options.statuses.remove(name, tasks)
    })
  }

  /** Tasks stay but read and write nothing. */
  pause(name: string): Promise<void> {
    return this.#target(name, 'PAUSED')
  }

  /** From paused or stopped to running. */
  resume(name: string): Promise<void> {
    return this.#target(name, 'STARTED')
  }

  /** Ends the tasks; the connector and its offsets stay. */
  stop(name: string): Promise<void> {
    return this.#change(async () => {
      this.#known(name)
      // Kafka Connect's order: no worker may start a task of a connector that is to be stopped.
      await this.#options.configs.putTaskConfigs(name, [])
      await this.#options.configs.putTargetState(name, 'STOPPED')
    })
  }

  /** Starts tasks anew: all of them, or the failed ones. */
  restart(name: string, options: { onlyFailed?: boolean } = {}): Promise<void> {
    return this.#change(async () => {
      this.#known(name)
      const { worker } = this.#options
      const tasks = worker.tasks().filter(({ connector }) => connector === name)
      await worker.stop(
        tasks.filter((task) => !options.onlyFailed || worker.view(task)?.state === 'FAILED')
      )
    })
  }

  /** Starts one task anew. @throws {ConnectError} UNKNOWN_TASK */
  restartTask(name: string, id: number): Promise<void> {
    return this.#change(async () => {
      const tasks = this.#known(name).tasks ?? []
      if (tasks[id] === undefined) {
        throw new ConnectError('UNKNOWN_TASK', `Connector '${name}' has no task ${id}`)
      }
      await this.#options.worker.stop([{ connector: name, task: id }])
    })
  }

  /**
   * Makes the connectors of files the ones that run: new and changed ones are written, the others of
   * the config topic do not run here (their configs and offsets stay). Unchanged ones do not notice.
   */
  declare(connectors: readonly DeclaredConnector[]): Promise<void> {
    return this.#change(async () => {
      const { configs, logger } = this.#options
      const names = new Set(connectors.map(({ name }) => name))
      for (const { name } of configs.connectors()) {
        const was = this.#declared === null || this.#declared.has(name)
        if (names.has(name) || !was) continue
        logger.warn(
          `Connector '${name}' is in none of the files: it does not run. Its offsets stay.`
        )
      }
      this.#declared = names
      for (const { name, config, initialState } of connectors) {
        const known = configs.connector(name)
        const target = TARGET[initialState]
        const full = { ...config, name }
        if (known !== null && sameConfig(known.config, full)) {
          if (known.targetState !== target) await configs.putTargetState(name, target)
        } else await configs.putConnector(name, full, target)
      }
    })
  }

  #manages(name: string): boolean {
    return this.#declared === null || this.#declared.has(name)
  }

  #known(name: string): ConnectorConfig {
    const known = this.#options.configs.connector(name)
    if (known === null) throw unknownConnector(name)
    return known
  }

  #target(name: string, state: TargetState): Promise<void> {
    return this.#change(async () => {
      this.#known(name)
      await this.#options.configs.putTargetState(name, state)
    })
  }

  #change(change: () => Promise<void>): Promise<void> {
    return this.#enqueue(async () => {
      await change()
      await this.#reconcile()
    })
  }

  #enqueue(run: () => Promise<void>): Promise<void> {
    const result = this.#queue.then(() => {
      if (this.#closed) throw workerStopped()
      return run()
    })
    this.#queue = result.catch(() => undefined)
    return result
  }

  async #reconcile(): Promise<void> {
    const { configs, group, worker } = this.#options
    const desired: DesiredTask[] = []
    for (const { name } of configs.connectors()) {
      if (this.#manages(name)) desired.push(...(await this.#desiredTasks(name)))
    }
    const own = desired.filter((task) => group.ownsTask(task))
    const changes = reconcile(own, worker.tasks())
    await worker.stop(changes.stop)
    for (const task of changes.pause) worker.pause(task)
    for (const task of changes.resume) worker.resume(task)
    for (const task of changes.start) worker.start(task)
  }

  /** The tasks of a connector; publishes their configs when they have changed. */
  async #desiredTasks(name: string): Promise<DesiredTask[]> {
    const { configs, group } = this.#options
    const { config, targetState } = this.#known(name)
    if (targetState === 'STOPPED') {
      await this.#connectorState(name, { state: 'STOPPED', trace: null, version: null })
      return []
    }
    try {
      const plugin = await this.#options.plugins.find('connector', config['connector.class'] ?? '')
      if (group.isLeader) await this.#publish(name, plugin)
      const state = targetState === 'PAUSED' ? 'PAUSED' : 'RUNNING'
      const version = plugin.version ?? null
      await this.#connectorState(name, { state, trace: null, version })
      const tasks = configs.connector(name)?.tasks ?? []
      const paused = targetState === 'PAUSED'
      return tasks.map((taskConfig, task) => ({
        connector: name,
        task,
        config: taskConfig,
        tasks: tasks.length,
        paused,
        version
      }))
    } catch (error) {
      this.#options.logger.error(`Connector ${name} failed.`, { error: describeError(error) })
      const trace = this.#options.redact(traceOf(toPlainError(error)))
      await this.#connectorState(name, { state: 'FAILED', trace, version: null })
      return []
    }
  }

  async #publish(name: string, plugin: Connector): Promise<void> {
    const { configs, references } = this.#options
    const { config, tasks } = this.#known(name)
    this.#kinds.set(name, plugin.kind)
    const fresh = taskConfigsOf(plugin, config, await references.resolve(config))
    const same =
      tasks?.length === fresh.length && fresh.every((task, id) => sameConfig(task, tasks[id] ?? {}))
    if (same) return
    await configs.putTaskConfigs(name, fresh)
    if (plugin.kind === 'source') await configs.putFencedTasks(name, fresh.length)
  }

  async #connectorState(name: string, view: Omit<StateView, 'workerId'>): Promise<void> {
    const { statuses, workerId, generations, group } = this.#options
    if (!group.ownsConnector(name)) return
    const known = statuses.connector(name)
    const same =
      known?.state === view.state && known.trace === view.trace && known.workerId === workerId
    if (same) return
    const generation = generations.next()
    await statuses.putConnector(name, { ...view, workerId, generation })
  }
}

function unknownConnector(name: string): ConnectError {
  return new ConnectError('UNKNOWN_CONNECTOR', `There is no connector '${name}'`)
}
