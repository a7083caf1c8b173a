import type { Clock } from '../api/clock.ts'
import type { RawConfig } from '../api/config.ts'
import { describeError } from '../api/errors.ts'
import type { Logger, Progress } from '../api/task.ts'
import type { Metrics, TaskActivity } from '../metrics/metrics.ts'
import type { Status, StatusStore } from '../stores/status-store.ts'
import { type TaskId, taskName } from './task-spec.ts'
import { shownState, startupOutcome, type TaskState } from './task-state.ts'
import { TaskSupervisor, type TaskView } from './task-supervisor.ts'
import type { TaskPool } from './thread-pool.ts'

/** A task that should run here. */
export interface WantedTask extends TaskId {
  /** References unresolved: they are resolved anew at every start. */
  readonly config: RawConfig
  /** How many tasks its connector has. */
  readonly tasks: number
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
  nextGeneration(): number
  resolve(config: RawConfig): Promise<RawConfig>
  /** Masks secrets in a trace that is about to be stored. */
  redact(text: string): string
  progress(task: TaskId, progress: Progress): void
  /** A task has another state. */
  changed(task: TaskId, view: TaskView): void
}

interface SupervisedTask {
  readonly wanted: WantedTask
  readonly supervisor: TaskSupervisor
  readonly shown: string
  readonly state: TaskState
}

/** The tasks of this process: keeps them running and their statuses true. */
export class Worker {
  readonly #options: WorkerOptions
  readonly #tasks = new Map<string, SupervisedTask>()

  constructor(options: WorkerOptions) {
    this.#options = options
  }

  /** The tasks that are here, running or failed. */
  tasks(): readonly WantedTask[] {
    return [...this.#tasks.values()].map(({ wanted }) => wanted)
  }

  view(id: TaskId): TaskView | null {
    return this.#tasks.get(taskName(id))?.supervisor.view ?? null
  }

  start(wanted: WantedTask): void {
    const { pool, clock, random, logger, metrics } = this.#options
    const { connector, task } = wanted
    const name = taskName(wanted)
    const supervisor = new TaskSupervisor({
      name,
      pool,
      clock,
      random,
      logger,
      prepare: (view) => this.#prepare(wanted, view),
      changed: (view) => this.#changed(wanted, view),
      listener: {
        progress: (progress) => {
          if (progress.lagMs !== undefined) metrics.lag(connector, task, progress.lagMs)
          this.#options.progress(wanted, progress)
        },
        built: (parts) => metrics.built(connector, task, parts),
        metrics: (readings) => metrics.take(connector, task, readings),
        topic: (topic) => this.#track(wanted, topic)
      }
    })
    this.#tasks.set(name, { wanted, supervisor, shown: '', state: 'UNASSIGNED' })
    metrics.open(connector, task)
    supervisor.start(wanted.paused)
  }

  pause(id: TaskId): void {
    this.#setPaused(id, true)
  }

  resume(id: TaskId): void {
    this.#setPaused(id, false)
  }

  /** Stops tasks in order; those that do not stop in time are left behind, fenced. */
  async stop(ids: readonly TaskId[]): Promise<void> {
    await Promise.all(
      ids.map(async (id) => {
        const found = this.#tasks.get(taskName(id))
        await found?.supervisor.stop(this.#options.stopTimeoutMs)
        this.#tasks.delete(taskName(id))
        this.#options.metrics.remove(id.connector, id.task)
      })
    )
  }

  /** Stops everything. */
  async close(): Promise<void> {
    await this.stop(this.tasks())
    await this.#options.pool.close()
  }

  #setPaused(id: TaskId, paused: boolean): void {
    const found = this.#tasks.get(taskName(id))
    if (found === undefined) return
    this.#tasks.set(taskName(id), { ...found, wanted: { ...found.wanted, paused } })
    if (paused) found.supervisor.pause()
    else found.supervisor.resume()
  }

  /** Notes the new generation before the task can write anything with it. */
  async #prepare(wanted: WantedTask, view: TaskView) {
    const { connector, task, tasks } = wanted
    const { nextGeneration, statuses, resolve } = this.#options
    const generation = nextGeneration()
    this.#options.metrics.begin(connector, task)
    await statuses.putTask(connector, task, this.#status(wanted, { ...view, generation }))
    return { connector, task, tasks, generation, config: await resolve(wanted.config) }
  }

  #changed(wanted: WantedTask, view: TaskView): void {
    const { changed } = this.#options
    const status = this.#status(wanted, view)
    const found = this.#tasks.get(taskName(wanted))
    const shown = `${status.state} ${status.trace}`
    // A start is noted with its generation, by the preparation.
    const isStart = view.state === 'STARTING' || view.state === 'RESTARTING'
    if (found !== undefined) {
      this.#measure(wanted, found.state, view.state)
      this.#tasks.set(taskName(wanted), {
        ...found,
        state: view.state,
        shown: isStart ? '' : shown
      })
      if (!isStart && found.shown !== shown) this.#store(wanted, status)
    }
    changed(wanted, view)
  }

  #measure({ connector, task }: WantedTask, before: TaskState, after: TaskState): void {
    const { metrics } = this.#options
    metrics.state(connector, task, shownState(after).toLowerCase() as TaskActivity)
    const outcome = startupOutcome(before, after)
    if (outcome !== null) metrics.startup('task', outcome)
  }

  #store({ connector, task }: WantedTask, status: Status): void {
    const { statuses, logger } = this.#options
    statuses
      .putTaskSafely(connector, task, status)
      .catch((error: unknown) =>
        logger.warn('A status could not be stored.', { error: describeError(error) })
      )
  }

  #status(
    { connector, task, version }: WantedTask,
    { state, trace, generation }: TaskView
  ): Status {
    const known = this.#options.statuses.task(connector, task)
    return {
      state: shownState(state),
      trace: trace === null ? null : this.#options.redact(trace),
      workerId: this.#options.workerId,
      // A start that fails before it has its generation must not hide those that were used.
      generation: Math.max(generation, known?.generation ?? 0),
      version
    }
  }

  #track({ connector, task }: WantedTask, topic: string): void {
    const { statuses, clock, logger, trackTopics } = this.#options
    if (!trackTopics) return
    statuses
      .addTopic({ topic, connector, task, discoverTimestamp: clock.wallTime() })
      .catch((error: unknown) =>
        logger.warn('A topic could not be noted.', { topic, error: describeError(error) })
      )
  }
}
