import { sleep } from '../api/clock.ts'
import type { RawConfig } from '../api/config.ts'
import { ConnectError, FencedError } from '../api/errors.ts'
import type { TargetState } from '../stores/config-log.ts'
import { CONNECTOR, type TaskId } from '../worker/task-spec.ts'
import { requireStopped } from './connector-offsets.ts'
import { ConnectorViews } from './connector-views.ts'
import { GroupWorker, type GroupWorkerOptions } from './group-worker.ts'
import type {
  ConfigPatch,
  ConnectorInfo,
  ConnectorOffset,
  ConnectorStatus,
  GivenConfig,
  GivenOffset,
  GroupView,
  Herder,
  InitialState,
  RestartOptions,
  SessionKey,
  Startup,
  StateView,
  TaskInfo,
  TaskStateView
} from './herder.ts'
import type { OffsetRequests, StoppedConnector } from './offset-requests.ts'
import { sameConfig } from './reconcile.ts'
import { conflict, ForwardError, RequestError, staleConfig } from './request-error.ts'

export interface GroupHerderOptions extends Omit<GroupWorkerOptions, 'restartFenced'> {
  /** Kafka's id of the cluster. */
  readonly clusterId: string
  /** Whether no other worker shares the connectors: what fences a task then is a second owner. */
  readonly alone: boolean
  readonly trackTopics: boolean
  readonly allowTopicReset: boolean
  readonly offsets: OffsetRequests
}

/** A connector as a file has it. */
export interface DeclaredConnector {
  readonly name: string
  readonly config: RawConfig
  readonly initialState: InitialState
}

const TARGET = { RUNNING: 'STARTED', PAUSED: 'PAUSED', STOPPED: 'STOPPED' } as const

/** How often the connectors of files are written again when another leader came in between. */
const DECLARE_TRIES = 5

/**
 * The herder of a worker in a group, which may be a group of one. Reads answer from what this worker
 * has read; changes are written by the leader, and resolve when this worker has read them itself.
 */
export class GroupHerder implements Herder {
  readonly #options: GroupHerderOptions
  readonly #group: GroupWorker
  readonly #views: ConnectorViews
  #startup: Startup = { state: 'starting', stage: 'joining the group' }

  constructor(options: GroupHerderOptions) {
    this.#options = options
    this.#group = new GroupWorker({ ...options, restartFenced: !options.alone })
    this.#views = new ConnectorViews({
      ...options,
      plugins: this.#group.plugins,
      manages: (name) => this.#group.manages(name)
    })
  }

  get workerId(): string {
    return this.#options.workerId
  }

  get clusterId(): string {
    return this.#options.clusterId
  }

  get startup(): Startup {
    return this.#startup
  }

  get group(): GroupView {
    return this.#group.view
  }

  get sessionKey(): SessionKey | null {
    return this.#options.configs.sessionKey
  }

  /**
   * Joins the group and starts what it is given.
   * @throws {ConnectError} why the group does not take this worker, such as GROUP_PROTOCOL
   * @param declared with these, they alone run, as of their files
   */
  async start(declared?: readonly DeclaredConnector[]): Promise<void> {
    if (declared !== undefined) this.#group.declare(new Set(declared.map(({ name }) => name)))
    await this.#group.start(() => (declared ? this.#write(declared) : Promise.resolve()))
    this.#startup = { state: 'ready', stage: 'ready' }
  }

  /** Stops every task in order and leaves the group. What the config topic wants stays. */
  async close(): Promise<void> {
    this.#startup = { state: 'stopping', stage: 'stopping tasks' }
    await this.#group.close()
  }

  /**
   * Makes the connectors of files the ones that run: new and changed ones are written, the others of
   * the config topic do not run here (their configs and offsets stay). Unchanged ones do not notice.
   */
  async declare(connectors: readonly DeclaredConnector[]): Promise<void> {
    const { configs, logger } = this.#options
    const names = new Set(connectors.map(({ name }) => name))
    for (const { name } of configs.connectors()) {
      if (names.has(name) || !this.#group.manages(name)) continue
      logger.warn(`Connector '${name}' is in none of the files: it does not run. Its offsets stay.`)
    }
    this.#group.declare(names)
    await this.#write(connectors)
    this.#group.member.rejoin()
    await this.#group.settle()
  }

  connectors(): readonly string[] {
    return this.#views.names()
  }

  connector(name: string): Promise<ConnectorInfo> {
    return this.#views.info(name)
  }

  status(name: string): Promise<ConnectorStatus> {
    return this.#views.status(name)
  }

  taskStatus(name: string, task: number): TaskStateView {
    return this.#views.taskStatus(name, task)
  }

  tasks(name: string): readonly TaskInfo[] {
    return this.#views.tasks(name)
  }

  create(name: string, config: GivenConfig, initial?: InitialState): Promise<ConnectorInfo> {
    return this.#asLeader(async () => {
      const { configs } = this.#options
      if (configs.connector(name) !== null) {
        throw new RequestError(409, `Connector ${name} already exists`)
      }
      await configs.putConnector(name, withoutNulls(config), initial && TARGET[initial])
      return this.#views.info(name)
    })
  }

  put(
    name: string,
    config: GivenConfig
  ): Promise<{ readonly created: boolean; readonly connector: ConnectorInfo }> {
    return this.#asLeader(async () => {
      const { configs } = this.#options
      const created = configs.connector(name) === null
      await configs.putConnector(name, withoutNulls(config))
      const connector = await this.#views.info(name)
      return { created, connector }
    })
  }

  patch(name: string, patch: ConfigPatch, base: RawConfig): Promise<ConnectorInfo> {
    return this.#asLeader(async () => {
      const { config } = this.#views.known(name)
      if (!sameConfig(config, base)) throw staleConfig()
      await this.#options.configs.putConnector(name, withoutNulls({ ...config, ...patch }))
      return this.#views.info(name)
    })
  }

  remove(name: string): Promise<void> {
    return this.#asLeader(async () => {
      this.#views.known(name)
      await this.#options.configs.removeConnector(name)
    })
  }

  pause(name: string): Promise<void> {
    return this.#target(name, 'PAUSED')
  }

  resume(name: string): Promise<void> {
    return this.#target(name, 'STARTED')
  }

  stop(name: string): Promise<void> {
    return this.#asLeader(async () => {
      this.#views.known(name, `Unknown connector ${name}`)
      await this.#options.configs.stopConnector(name)
    })
  }

  restart(name: string): Promise<void> {
    return this.#asOwner({ connector: name, task: CONNECTOR }, () => {
      this.#views.known(name, `Unknown connector: ${name}`)
    })
  }

  restartWith(name: string, options: RestartOptions): Promise<ConnectorStatus> {
    return this.#asLeader(async () => {
      this.#views.known(name, `Unknown connector: ${name}`)
      const status = await this.status(name).catch(() => {
        throw new RequestError(404, `Status for connector ${name} not found`)
      })
      await this.#options.configs.putRestart(name, options)
      const due = ({ state }: StateView) => !options.onlyFailed || state === 'FAILED'
      const restarting = <V extends StateView>(view: V): V =>
        due(view) ? { ...view, state: 'RESTARTING' } : view
      return {
        ...status,
        connector: restarting(status.connector),
        tasks: options.includeTasks ? status.tasks.map(restarting) : status.tasks
      }
    })
  }

  restartTask(name: string, task: number): Promise<void> {
    return this.#asOwner({ connector: name, task }, () => {
      this.#views.known(name, `Unknown connector: ${name}`)
      if (!this.#options.configs.hasTask(name, task)) {
        throw new RequestError(404, `Unknown task: ${name}-${task}`)
      }
    })
  }

  topics(name: string): readonly string[] {
    if (!this.#options.trackTopics) throw new RequestError(403, 'Topic tracking is disabled.')
    return this.#options.statuses.topics(name)
  }

  async resetTopics(name: string): Promise<void> {
    if (!this.#options.trackTopics) throw new RequestError(403, 'Topic tracking is disabled.')
    if (!this.#options.allowTopicReset) {
      throw new RequestError(403, 'Topic tracking reset is disabled.')
    }
    await this.#options.statuses.resetTopics(name)
  }

  putTaskConfigs(name: string, configs: readonly RawConfig[]): Promise<void> {
    return this.#asLeader(() => {
      this.#views.known(name)
      return this.#group.publisher.write(name, configs)
    })
  }

  fence(name: string): Promise<void> {
    return this.#asLeader(async () => {
      const connector = this.#views.known(name)
      const { kind } = await this.#group.plugins.learn(connector)
      if (kind === 'sink') {
        throw new RequestError(400, `Connector ${name} is not a source connector`)
      }
      await this.#group.publisher.fence(name)
    })
  }

  setClusterLogLevel(logger: string, level: string): Promise<void> {
    return this.#options.configs.putLogLevel(logger, level)
  }

  /** The kind of a connector, as far as its plugin has been looked at. */
  typeOf(name: string): 'source' | 'sink' | 'unknown' {
    const connector = this.#options.configs.connector(name)
    return connector === null ? 'unknown' : this.#group.plugins.of(connector).kind
  }

  /** Resolves once everything that should run here has started, or has failed to. */
  settled(): Promise<void> {
    return this.#group.settled()
  }

  /** A write that fails leaves it open who leads: the group is asked, and the caller asks again. */
  async #asLeader<T>(work: () => Promise<T>): Promise<T> {
    return this.#group.queue.run(async () => {
      const { isLeader } = this.#group.member.state
      if (!isLeader) throw new ForwardError(this.#group.leaderUrl)
      const { configs } = this.#options
      if (!configs.isLeading) throw conflict()
      try {
        return await work()
      } catch (error) {
        // A write failed: a new generation tells who leads, and lets the leader write again.
        if (!configs.isLeading) this.#group.member.rejoin()
        if (!(error instanceof FencedError) && codeOf(error) !== 'NOT_LEADER') throw error
        throw conflict()
      }
    })
  }

  async #asOwner(id: TaskId, check: () => void): Promise<void> {
    await this.#group.queue.run(async () => {
      check()
      if (this.#group.owns(id)) return this.#group.restart([id])
      const { isLeader } = this.#group.member.state
      const owner = this.#group.leader.ownerOf(id)
      if (!isLeader) throw new ForwardError(this.#group.leaderUrl)
      throw new ForwardError(owner === null || owner.workerId === this.workerId ? null : owner.url)
    })
  }

  async #target(name: string, state: TargetState): Promise<void> {
    this.#views.known(name, `Unknown connector ${name}`)
    await this.#options.configs.putTargetState(name, state)
  }

  async #write(connectors: readonly DeclaredConnector[]): Promise<void> {
    for (const declared of connectors) {
      for (let tries = 1; ; tries++) {
        try {
          await this.#asLeader(() => this.#writeOne(declared))
          break
        } catch (error) {
          if (!(error instanceof RequestError) || tries === DECLARE_TRIES) throw error
          await this.#group.member.rejoined()
        }
      }
    }
  }

  async #writeOne({ name, config, initialState }: DeclaredConnector): Promise<void> {
    const { configs } = this.#options
    const known = configs.connector(name)
    const target = TARGET[initialState]
    const full = { ...config, name }
    const same = known !== null && sameConfig(known.config, full)
    if (same && known.targetState === target) return
    if (target === 'STOPPED' && known !== null) await configs.stopConnector(name)
    if (!same) await configs.putConnector(name, full, target)
    else if (target !== 'STOPPED') await configs.putTargetState(name, target)
  }

  offsets(name: string): Promise<readonly ConnectorOffset[]> {
    return this.#options.offsets.list(this.#views.known(name))
  }

  alterOffsets(name: string, offsets: readonly GivenOffset[]): Promise<string> {
    return this.#whenStopped(name, (stopped) => this.#options.offsets.alter(stopped, offsets))
  }

  resetOffsets(name: string): Promise<string> {
    return this.#whenStopped(name, (stopped) => this.#options.offsets.reset(stopped))
  }

  /** A task that is about to stop would write its own offsets after those of the request. */
  async #whenStopped<T>(name: string, work: (stopped: StoppedConnector) => Promise<T>): Promise<T> {
    const { clock } = this.#options
    const deadline = clock.now() + STOPPING_MS
    while (this.#isStopped(name) && this.#hasOwnedTask(name)) {
      if (clock.now() > deadline) throw tasksNotStopped(name)
      await sleep(clock, STOPPING_LOOK_MS)
    }
    return this.#asLeader(async () => {
      const connector = this.#views.known(name)
      requireStopped(name, this.#isStopped(name))
      if (this.#hasOwnedTask(name)) throw tasksNotStopped(name)
      return work({ connector, fence: () => this.#group.publisher.fence(name) })
    })
  }

  #isStopped(name: string): boolean {
    const connector = this.#options.configs.connector(name)
    return connector?.targetState === 'STOPPED' && (connector.tasks ?? []).length === 0
  }

  #hasOwnedTask(name: string): boolean {
    return this.#options.statuses
      .keys()
      .some((id) => id.connector === name && id.task >= 0 && this.#group.leader.isOwned(id))
  }
}

/** How long a request waits for the tasks of a connector that has just been stopped. */
const STOPPING_MS = 10_000
const STOPPING_LOOK_MS = 50

function tasksNotStopped(name: string): RequestError {
  return new RequestError(
    409,
    `Failed to alter the offsets of connector ${name}: its tasks haven't stopped completely yet. Try again in a moment.`
  )
}

function codeOf(error: unknown): string | null {
  return error instanceof ConnectError ? error.code : null
}

/** A key that is given as null counts as not given. */
function withoutNulls(config: GivenConfig): RawConfig {
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) => (value === null ? [] : [[key, value]]))
  )
}
