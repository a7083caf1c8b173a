import { type Clock, sleep } from '../api/clock.ts'
import type { RawConfig } from '../api/config.ts'
import { describeError } from '../api/errors.ts'
import type { Logger, Progress } from '../api/task.ts'
import type { Metrics, TaskActivity } from '../metrics/metrics.ts'
import { parseStatusKey, type Status, type StatusStore } from '../stores/status-store.ts'
import { CONNECTOR, type TaskId, taskKey, taskName } from './task-spec.ts'
import { shownState, startupOutcome, type TaskState } from './task-state.ts'
import { TaskSupervisor, type TaskView } from './task-supervisor.ts'
import type { TaskPool } from './thread-pool.ts'

/** A task that should run here, or a connector, which is task -1. */
export interface WantedTask extends TaskId {
  /** References unresolved: they are resolved anew at every start. */
  readonly config: RawConfig
  /** How many tasks its connector has. */
  readonly tasks: number
  /** Where its connector was last stopped or deleted: what ran before that is over. */
  readonly endOffset: number
  readonly paused: boolean
  /** Version of the plugin, for its status. */
  readonly version: string | null
}

export interface WorkerOptions {
  readonly pool: TaskPool
  readonly statuses: StatusStore
  readonly metrics: Metrics
  /** `host:port`, as Kafka Connect names workers. */
  readonly workerId: string
  readonly clock: Clock
  /** A number from 0 to 1. */
  readonly random: () => number
  readonly logger: Logger
  /** Milliseconds that all tasks together may take to stop. */
  readonly stopTimeoutMs: number
  readonly trackTopics: boolean
  /**
   * The number of the next run of a task: above those of all runs before it, wherever they were.
   * @throws {RetriableError} while this worker may start nothing
   */
  nextGeneration(id: TaskId): number
  resolve(config: RawConfig): Promise<RawConfig>
  /** Masks secrets in a trace that is about to be stored. */
  redact(text: string): string
  /** A run was fenced by a newer one. @returns whether the task may still be this worker's */
  fenced(id: TaskId): boolean
  progress(task: TaskId, progress: Progress): void
  /** A task has another state. */
  changed(task: TaskId, view: TaskView): void
  /**
   * Whether a task is still what the config topic says by now. Since it was started its config may
   * have been replaced, and what older tasks can write been fenced, unknown to this worker.
   * @throws {RetriableError} when the config topic cannot be read
   */
  isCurrent(wanted: WantedTask): Promise<boolean>
  /** A connector has worked out its task configs, references unresolved. */
  taskConfigs(connector: string, configs: readonly RawConfig[]): void
}

/** How long to wait after a status could not be written. */
const STATUS_RETRY_MS = 1000

interface SupervisedTask {
  wanted: WantedTask
  readonly supervisor: TaskSupervisor
  state: TaskState
  shown: string
  /** The number of its last run here, or of the one that is about to be; 0 before the first. */
  generation: number
  stopping: Promise<void> | null
}

/** How a task is stopped. */
export interface StopOptions {
  /** Cut it off: what it has read is another's already, so it must not finish anything. */
  readonly abandon?: boolean
  /** Whether its status says UNASSIGNED afterwards; not for one that starts again at once. */
  readonly silent?: boolean
}

/** The tasks and connectors of this process: keeps them running and their statuses true. */
export class Worker {
  readonly #options: WorkerOptions
  readonly #tasks = new Map<string, SupervisedTask>()
  readonly #endReading: () => void
  readonly #closing = new AbortController()
  #writing: Promise<unknown> = Promise.resolve()

  constructor(options: WorkerOptions) {
    this.#options = options
    this.#endReading = options.statuses.onRead((key, status) => this.#correct(key, status))
  }

  /** What is here, running or failed, but for what is being stopped. */
  tasks(): readonly WantedTask[] {
    return [...this.#tasks.values()].filter(({ stopping }) => !stopping).map(wantedOf)
  }

  /** Everything that is here, also what has not yet stopped: nobody else may run it. */
  owned(): readonly WantedTask[] {
    return [...this.#tasks.values()].map(wantedOf)
  }

  view(id: TaskId): TaskView | null {
    return this.#tasks.get(taskKey(id))?.supervisor.view ?? null
  }

  /** Starts what is not here. What is still being stopped has to be gone first. */
  start(wanted: WantedTask): void {
    const key = taskKey(wanted)
    if (this.#tasks.has(key)) return
    const { pool, clock, random, logger, metrics, fenced } = this.#options
    const { connector, task } = wanted
    const supervisor = new TaskSupervisor({
      name: taskName(wanted),
      pool,
      clock,
      random,
      logger,
      fenced: () => fenced({ connector, task }),
      prepare: (view) => this.#prepare(wanted, view),
      changed: (view) => this.#changed(wanted, view),
      listener: {
        progress: (progress) => {
          if (progress.lagMs !== undefined) metrics.lag(connector, task, progress.lagMs)
          this.#options.progress(wanted, progress)
        },
        built: (parts) => metrics.built(connector, task, parts),
        metrics: (readings) => metrics.take(connector, task, readings),
        topic: (topic) => this.#track(wanted, topic),
        taskConfigs: (configs) => this.#options.taskConfigs(connector, configs),
        isCurrent: () => this.#options.isCurrent(wanted)
      }
    })
    const state = { state: 'UNASSIGNED', shown: '', generation: 0, stopping: null } as const
    this.#tasks.set(key, { wanted, supervisor, ...state })
    if (task !== CONNECTOR) metrics.open(connector, task)
    supervisor.start(wanted.paused)
  }

  pause(id: TaskId): void {
    this.#setPaused(id, true)
  }

  resume(id: TaskId): void {
    this.#setPaused(id, false)
  }

  /** Stops tasks in order; those that do not stop in time are left behind, fenced. */
  async stop(ids: readonly TaskId[], options: StopOptions = {}): Promise<void> {
    await Promise.all(ids.map((id) => this.#stop(id, options)))
  }

  /**
   * Stops everything, and writes what is left to write of statuses. When it resolves, nothing of this
   * worker is under way any more.
   */
  async stopAll(): Promise<void> {
    this.#closing.abort()
    await this.stop(this.owned())
    this.#endReading()
    await this.#writing
    if (this.#options.pool.hasLeftBehind) await this.#options.pool.close()
  }

  /** As {@link stopAll}, and ends the threads. */
  async close(): Promise<void> {
    await this.stopAll()
    await this.#options.pool.close()
  }

  async #stop(id: TaskId, { abandon = false, silent = false }: StopOptions): Promise<void> {
    const found = this.#tasks.get(taskKey(id))
    if (found === undefined) return
    if (silent) found.shown = 'silent'
    found.stopping ??= found.supervisor
      .stop(abandon ? 0 : this.#options.stopTimeoutMs)
      .finally(() => {
        this.#tasks.delete(taskKey(id))
        this.#options.metrics.remove(id.connector, id.task)
      })
    await found.stopping
  }

  #setPaused(id: TaskId, paused: boolean): void {
    const found = this.#tasks.get(taskKey(id))
    if (found === undefined) return
    found.wanted = { ...found.wanted, paused }
    if (paused) found.supervisor.pause()
    else found.supervisor.resume()
  }

  /** Notes the new generation before the task can write anything with it. */
  async #prepare(wanted: WantedTask, view: TaskView) {
    const { connector, task, tasks, config } = wanted
    const { nextGeneration, statuses, resolve } = this.#options
    const generation = nextGeneration(wanted)
    const found = this.#tasks.get(taskKey(wanted))
    if (found !== undefined) found.generation = generation
    const { metrics } = this.#options
    if (task === CONNECTOR) metrics.startup('connector', 'attempt')
    else metrics.begin(connector, task)
    await statuses.putSafely(connector, task, this.#status(wanted, { ...view, generation }))
    const resolved = await resolve(config)
    return { connector, task, tasks, generation, config: resolved, unresolved: config }
  }

  #changed(wanted: WantedTask, view: TaskView): void {
    const found = this.#tasks.get(taskKey(wanted))
    if (found !== undefined) this.#note(found, view)
    this.#options.changed(wanted, view)
  }

  #note(found: SupervisedTask, view: TaskView): void {
    const { wanted } = found
    this.#measure(wanted, found.state, view.state)
    found.state = view.state
    if (found.shown === 'silent') return
    const status = this.#status(wanted, view)
    const shown = `${status.state} ${status.trace}`
    // A start is noted with its generation, by the preparation.
    const isStart = view.state === 'STARTING' || view.state === 'RESTARTING'
    if (found.shown !== shown && !isStart) this.#store(wanted, status)
    found.shown = isStart ? '' : shown
  }

  /**
   * Something else was read of a task than what this worker last said: one that no longer has it has
   * written over that, as it did not know better, or an old write came late. Says it again.
   */
  #correct(key: string, status: Status | null): void {
    const id = parseStatusKey(key)
    const found = id === null ? undefined : this.#tasks.get(taskKey(id))
    if (found === undefined || !isShown(found)) return
    const mine = this.#status(found.wanted, found.supervisor.view)
    if (status !== null && (isNewer(status, mine) || isSame(status, mine))) return
    this.#store(found.wanted, mine)
  }

  #measure({ connector, task }: WantedTask, before: TaskState, after: TaskState): void {
    const { metrics } = this.#options
    const outcome = startupOutcome(before, after)
    if (outcome !== null) metrics.startup(task === CONNECTOR ? 'connector' : 'task', outcome)
    if (task === CONNECTOR) return
    metrics.state(connector, task, shownState(after).toLowerCase() as TaskActivity)
  }

  #store(wanted: WantedTask, status: Status): void {
    const { statuses, logger } = this.#options
    const written = statuses
      .putSafely(wanted.connector, wanted.task, status)
      .catch((error: unknown) => {
        logger.warn('A status could not be stored.', { error: describeError(error) })
        void this.#storeLater(wanted)
      })
    this.#writing = Promise.all([this.#writing, written])
  }

  /** Says how it is by then; of what is gone, whoever has it next says so. */
  async #storeLater(wanted: WantedTask): Promise<void> {
    await sleep(this.#options.clock, STATUS_RETRY_MS, this.#closing.signal)
    const found = this.#tasks.get(taskKey(wanted))
    if (this.#closing.signal.aborted || found === undefined || !isShown(found)) return
    this.#store(found.wanted, this.#status(found.wanted, found.supervisor.view))
  }

  #status(wanted: WantedTask, { state, trace, generation }: TaskView): Status {
    const { workerId, redact } = this.#options
    const claimed = this.#tasks.get(taskKey(wanted))?.generation ?? 0
    return {
      state: shownState(state),
      trace: trace === null ? null : redact(trace),
      workerId,
      // The supervisor learns the generation of a run only once the run has begun.
      generation: Math.max(generation, claimed),
      version: wanted.version
    }
  }

  #track({ connector, task }: WantedTask, topic: string): void {
    const { statuses, logger, trackTopics, clock } = this.#options
    if (!trackTopics || task === CONNECTOR) return
    statuses
      .addTopic({ topic, connector, task, discoverTimestamp: clock.wallTime() })
      .catch((error: unknown) =>
        logger.warn('A topic could not be noted.', { topic, error: describeError(error) })
      )
  }
}

function wantedOf({ wanted }: SupervisedTask): WantedTask {
  return wanted
}

/** Whether its status is known and this worker's to tell. */
function isShown({ stopping, shown }: SupervisedTask): boolean {
  return stopping === null && shown !== '' && shown !== 'silent'
}

function isNewer(status: Status, mine: Status): boolean {
  const { generation, workerId } = status
  return (
    generation > mine.generation || (generation === mine.generation && workerId !== mine.workerId)
  )
}

function isSame(status: Status, mine: Status): boolean {
  const { state, trace, generation } = mine
  return status.state === state && status.trace === trace && status.generation === generation
}
