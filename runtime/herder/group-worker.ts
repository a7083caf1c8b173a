import type { Clock } from '../api/clock.ts'
import type { RawConfig } from '../api/config.ts'
import { type ConnectError, describeError, RetriableError } from '../api/errors.ts'
import type { Logger } from '../api/task.ts'
import type { Broker } from '../broker/broker.ts'
import type { GroupCoordinator } from '../broker/group-coordinator.ts'
import type { Plugins } from '../config/plugins.ts'
import type { Order } from '../stores/config-log.ts'
import type { ConfigStore } from '../stores/config-store.ts'
import type { StatusStore } from '../stores/status-store.ts'
import { Lease } from '../worker/lease.ts'
import { CONNECTOR, type TaskId, taskKey } from '../worker/task-spec.ts'
import type { TaskState } from '../worker/task-state.ts'
import type { TaskView } from '../worker/task-supervisor.ts'
import type { WantedTask, Worker, WorkerOptions } from '../worker/worker.ts'
import { Generations } from './generations.ts'
import { type GroupHandler, GroupMember } from './group-member.ts'
import type { Assignment, MemberMetadata } from './group-protocol.ts'
import type { GroupView } from './herder.ts'
import { Leader } from './leader.ts'
import { isOutdated, planWork } from './plan-work.ts'
import { KnownPlugins } from './plugin-facts.ts'
import { tellRebalance } from './rebalance-log.ts'
import { reconcile, sameConfig } from './reconcile.ts'
import { SerialQueue } from './serial-queue.ts'
import { StatusSweeper } from './status-sweeper.ts'
import { showStopped } from './stopped-status.ts'
import { TaskConfigPublisher } from './task-config-publisher.ts'
import { WorkWatch } from './work-watch.ts'

/** What the worker asks of its herder. */
export type WorkerHooks = Pick<
  WorkerOptions,
  'nextGeneration' | 'fenced' | 'isCurrent' | 'taskConfigs' | 'changed'
>

export interface GroupWorkerOptions {
  readonly broker: Broker
  readonly configs: ConfigStore
  readonly statuses: StatusStore
  readonly coordinator: GroupCoordinator
  readonly plugins: Pick<Plugins, 'find'>
  readonly clock: Clock
  readonly logger: Logger
  /** Of what concerns the membership. Default: the same. */
  readonly groupLogger?: Logger
  readonly groupId: string
  /** `host:port` */
  readonly workerId: string
  /** Base URL of the REST API for other workers; empty when there is none. */
  readonly url: string
  /** Whether source tasks write in transactions. */
  readonly exactlyOnce: boolean
  readonly heartbeatIntervalMs: number
  readonly sessionTimeoutMs: number
  readonly maxDelayMs: number
  readonly keyTtlMs: number
  /** Whether what a newer run has fenced starts again here, if the group says it belongs here. */
  readonly restartFenced: boolean
  /** A new key for requests between workers, base64. */
  newKey(): string
  createWorker(hooks: WorkerHooks, lease: Lease): Worker
  /** Asks the leader at a URL to publish task configs (`POST /connectors/{c}/tasks`). */
  requestTaskConfigs(url: string, connector: string, configs: readonly RawConfig[]): Promise<void>
  /** A task or connector has another state. */
  changed(task: TaskId, view: TaskView): void
  /** Sets a level of the log, for all workers. */
  setLogLevel(logger: string, level: string): void
}

/** States of a task on its way to its first run. */
const UNDER_WAY: ReadonlySet<TaskState> = new Set(['UNASSIGNED', 'STARTING'])

/** How long to wait when what runs could not be brought in line. */
const SETTLE_RETRY_MS = 1000

/**
 * One worker as its group sees it: runs what the config topic wants and the group has given to it,
 * and as the leader decides who is given what. Everything that changes what runs is done one after
 * another.
 */
export class GroupWorker implements GroupHandler {
  readonly worker: Worker
  readonly leader: Leader
  readonly member: GroupMember
  readonly generations = new Generations()
  readonly lease = new Lease()
  readonly queue: SerialQueue
  readonly publisher: TaskConfigPublisher
  readonly #sweeper: StatusSweeper
  readonly #options: GroupWorkerOptions
  readonly plugins: KnownPlugins
  readonly #work: WorkWatch
  #declared: ReadonlySet<string> | null = null
  #assignment: Assignment | null = null
  /** Task keys of what this worker had when it last joined. */
  #reported: readonly TaskId[] = []
  /** Something was taken away: once it has stopped, the group has to hear of it. */
  #revoking = false
  #holding = false
  #settleQueued = false
  #endWatch: () => void = () => {}
  #cancelRetry: () => void = () => {}
  readonly #joined = Promise.withResolvers<void>()
  #waiting: (() => void)[] = []

  constructor(options: GroupWorkerOptions) {
    this.#options = options
    const { configs, statuses, coordinator, logger } = options
    this.queue = new SerialQueue(logger)
    this.plugins = new KnownPlugins(options.plugins)
    this.#work = new WorkWatch(configs)
    this.leader = new Leader({
      ...options,
      manages: (name) => this.manages(name),
      epoch: () => this.generations.epoch,
      rejoin: () => this.member.rejoin()
    })
    this.member = new GroupMember({
      ...options,
      logger: options.groupLogger ?? logger,
      coordinator,
      handler: this,
      lease: this.lease
    })
    this.publisher = new TaskConfigPublisher({
      ...options,
      queue: this.queue,
      leaderUrl: () => this.leaderUrl,
      isLeader: () => this.member.state.isLeader,
      owns: (name) => this.owns({ connector: name, task: CONNECTOR }),
      learn: (connector) => this.plugins.learn(connector),
      isSource: (connector) => this.plugins.of(connector).kind === 'source',
      rejoin: () => this.member.rejoin()
    })
    this.worker = options.createWorker(
      {
        nextGeneration: (id) => this.#nextGeneration(id),
        fenced: () => options.restartFenced,
        isCurrent: (task) => this.#isCurrent(task),
        taskConfigs: (name, made) => this.publisher.publish(name, made),
        changed: (task, view) => {
          options.changed(task, view)
          this.#tellSettled()
        }
      },
      this.lease
    )
    this.#sweeper = new StatusSweeper({
      ...options,
      queue: this.queue,
      leads: () => this.member.state.isLeader && this.lease.holdsAt(options.clock.now()),
      isOwned: (id) => this.leader.isOwned(id)
    })
    this.#endWatch = configs.onChange((order) => this.#read(order))
    configs.follow()
    statuses.follow()
  }

  /**
   * Joins the group. Resolves at the first assignment.
   * @throws {ConnectError} why the group does not take this worker, such as GROUP_PROTOCOL
   * @param before done after it and before anything starts
   */
  async start(before: () => Promise<void> = async () => {}): Promise<void> {
    this.#holding = true
    this.member.start()
    await this.#joined.promise
    await before()
    this.#holding = false
    await this.settle()
  }

  /** Stops everything in order and leaves the group. What the config topic wants stays. */
  async close(): Promise<void> {
    this.#endWatch()
    this.#cancelRetry()
    this.publisher.close()
    this.#sweeper.close()
    await this.queue.close()
    await this.worker.stopAll()
    // Others can take over now; the threads and their connections may take a while to close.
    await this.member.leave()
    await this.worker.close()
    await this.leader.resign().catch(() => undefined)
  }

  /** With names, only these run; what the config topic has besides is left alone. */
  declare(names: ReadonlySet<string>): void {
    this.#declared = names
  }

  manages(name: string): boolean {
    return this.#declared === null || this.#declared.has(name)
  }

  get view(): GroupView {
    const { generation, ...state } = this.member.state
    const tasks = this.owned.filter(({ task }) => task !== CONNECTOR)
    const connectors = this.owned.filter(({ task }) => task === CONNECTOR)
    return {
      ...state,
      generation,
      leaderId: this.leaderId,
      leaderUrl: this.leaderUrl,
      connectors: connectors.map(({ connector }) => connector),
      tasks
    }
  }

  /** Whether all that should run here has started, or has failed to: nothing is on its way. */
  get isSettled(): boolean {
    const { configs } = this.#options
    if (this.#assignment === null || this.#holding || this.member.state.rebalancing) return false
    if (this.#work.offset > this.#assignment.configOffset || this.#revoking) return false
    return this.owned.every((id) => {
      const connector = configs.connector(id.connector)
      if (connector === null || connector.targetState === 'STOPPED') return true
      const state = this.worker.view(id)?.state
      if (state === undefined || UNDER_WAY.has(state)) return false
      return id.task !== CONNECTOR || state !== 'RUNNING' || !isOutdated(connector)
    })
  }

  /** Resolves once {@link isSettled}. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.#tellSettled()
    })
  }

  #tellSettled(): void {
    if (this.#waiting.length === 0 || !this.isSettled) return
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  get leaderUrl(): string | null {
    return this.#assignment?.leaderUrl || null
  }

  get leaderId(): string | null {
    return this.#assignment?.leader ?? null
  }

  /** What the group has given to this worker. */
  get owned(): readonly TaskId[] {
    return this.#assignment?.owned ?? []
  }

  owns(id: TaskId): boolean {
    return this.owned.some((other) => taskKey(other) === taskKey(id))
  }

  /** Brings what runs here in line with what should, after all that was asked before. */
  settle(): Promise<void> {
    return this.queue.run(() => this.#reconcile())
  }

  /** Stops what is here of these, to be started anew; others do not notice. */
  async restart(ids: readonly TaskId[]): Promise<void> {
    await this.worker.stop(ids, { silent: true })
    await this.#reconcile()
  }

  metadata(): MemberMetadata {
    const { workerId, url, configs } = this.#options
    const all = [...this.owned, ...this.worker.owned()]
    this.#reported = [
      ...new Map(
        all.map(({ connector, task }) => {
          return [taskKey({ connector, task }), { connector, task }] as const
        })
      ).values()
    ]
    const { epoch } = this.generations
    return { workerId, url, configOffset: configs.offset, epoch, owned: this.#reported }
  }

  assign(members: ReadonlyMap<string, MemberMetadata>): Promise<ReadonlyMap<string, Assignment>> {
    return this.queue.run(() => this.leader.assign(members))
  }

  assigned(assignment: Assignment): void {
    const { configs, logger, groupLogger = logger, restartFenced } = this.#options
    const { generation, rebalanceMs } = this.member.state
    // A group of one has nobody to share with: its rebalances say nothing.
    tellRebalance(groupLogger, restartFenced ? 'info' : 'debug', {
      generation,
      assignment,
      before: this.#reported,
      ms: rebalanceMs.last
    })
    const has = new Set(assignment.owned.map(taskKey))
    this.#assignment = assignment
    this.generations.begin(assignment.epoch)
    this.#revoking = this.#reported.some((id) => !has.has(taskKey(id)))
    if (!this.member.state.isLeader) void this.queue.run(() => this.leader.resign()).catch(() => {})
    this.#joined.resolve()
    this.#sweeper.sweep()
    this.#settleSoon(async () => {
      if (configs.offset < assignment.configOffset) await configs.refresh()
    })
    if (this.#work.offset > assignment.configOffset) this.member.rejoin()
  }

  async lost(): Promise<void> {
    this.#assignment = null
    this.#revoking = false
    // Others may have led meanwhile. This comes before the next assignment, which waits in the queue.
    void this.queue.run(() => this.leader.resign()).catch(() => {})
    await this.worker.stop(this.worker.owned(), { abandon: true, silent: true })
  }

  refused(error: ConnectError): void {
    this.#joined.reject(error)
  }

  async #isCurrent({ connector: name, task, tasks, config }: WantedTask): Promise<boolean> {
    const { configs } = this.#options
    await configs.refresh()
    const connector = configs.connector(name)
    const now = connector?.tasks?.[task]
    return now !== undefined && connector?.tasks?.length === tasks && sameConfig(now, config)
  }

  #nextGeneration(id: TaskId): number {
    if (!this.owns(id) || !this.lease.holdsAt(this.#options.clock.now())) {
      throw new RetriableError('NOT_ASSIGNED', 'The group has not given this task to this worker', {
        hint: 'nothing to do: the worker asks its group again'
      })
    }
    try {
      return this.generations.next(id)
    } catch (error) {
      this.member.rejoin()
      throw error
    }
  }

  #read(order: Order | null): void {
    if (order?.type === 'log-level') this.#options.setLogLevel(order.logger, order.level)
    else if (order?.type === 'restart') {
      this.#settleSoon(() => this.#restartAsTold(order))
    } else {
      this.#work.look()
      this.#settleSoon()
      const offset = this.#assignment?.configOffset
      if (offset !== undefined && this.#work.offset > offset) this.member.rejoin()
    }
  }

  async #restartAsTold(order: Order & { type: 'restart' }): Promise<void> {
    const { connector, includeTasks, onlyFailed } = order
    const ids = this.worker.tasks().filter((id) => {
      if (id.connector !== connector || (id.task !== CONNECTOR && !includeTasks)) return false
      return !onlyFailed || this.worker.view(id)?.state === 'FAILED'
    })
    await this.worker.stop(ids, { silent: true })
  }

  /** After all that was asked before. What comes while it waits its turn is dealt with by the same. */
  #settleSoon(first?: () => Promise<void>): void {
    if (first === undefined && this.#settleQueued) return
    this.#settleQueued ||= first === undefined
    this.queue
      .run(async () => {
        if (first === undefined) this.#settleQueued = false
        await first?.()
        await this.#reconcile()
      })
      .catch((error: unknown) => {
        if (this.queue.closed) return
        const { logger, clock } = this.#options
        logger.error('What runs is not yet in line with the configuration; trying again.', {
          error: describeError(error)
        })
        this.#cancelRetry()
        this.#cancelRetry = clock.after(SETTLE_RETRY_MS, () => this.#settleSoon())
      })
  }

  async #reconcile(): Promise<void> {
    const { configs } = this.#options
    if (this.#holding) return
    for (const connector of configs.connectors()) await this.plugins.learn(connector)
    const present = this.worker.tasks()
    const desired = planWork({
      owned: this.owned.filter(({ connector }) => this.manages(connector)),
      present: new Set(present.map(taskKey)),
      exactlyOnce: this.#options.exactlyOnce,
      connector: (name) => configs.connector(name),
      facts: (connector) => this.plugins.of(connector)
    })
    const changes = reconcile(desired, present)
    this.#stop(changes.stop, new Set(desired.map(taskKey)))
    for (const task of changes.pause) this.worker.pause(task)
    for (const task of changes.resume) this.worker.resume(task)
    for (const task of changes.start) this.worker.start(task)
    await this.#showStopped()
    if (this.member.state.isLeader) this.publisher.fencePending()
    this.#tellRevoked()
    this.#tellSettled()
  }

  /** Does not wait: a slow stop must hold up neither the others nor a request. */
  #stop(ids: readonly TaskId[], desired: ReadonlySet<string>): void {
    if (ids.length === 0) return
    const { configs } = this.#options
    const isSilent = (id: TaskId) => desired.has(taskKey(id)) || !configs.connector(id.connector)
    const stops = ids.map((id) => this.worker.stop([id], { silent: isSilent(id) }))
    void Promise.allSettled(stops).then(() => this.#settleSoon())
  }

  async #showStopped(): Promise<void> {
    const { configs, statuses, workerId } = this.#options
    const { epoch } = this.generations
    for (const { connector: name, task } of this.owned) {
      const connector = configs.connector(name)
      if (task !== CONNECTOR || connector?.targetState !== 'STOPPED') continue
      if (this.worker.owned().some((id) => id.connector === name && id.task === CONNECTOR)) continue
      const { version } = this.plugins.of(connector)
      await showStopped(connector, { statuses, workerId, epoch, version })
    }
  }

  /** Once everything that was taken away has stopped, the group may give it to others. */
  #tellRevoked(): void {
    if (!this.#revoking || this.#assignment === null) return
    const has = new Set(this.owned.map(taskKey))
    if (this.worker.owned().some((id) => !has.has(taskKey(id)))) return
    this.#revoking = false
    this.member.rejoin()
  }
}
