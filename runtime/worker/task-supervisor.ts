import type { Clock } from '../api/clock.ts'
import { ConnectError } from '../api/errors.ts'
import type { Logger } from '../api/task.ts'
import { retryDelay } from './error-policy.ts'
import type { TaskReport } from './task-reporter.ts'
import type { TaskSpec } from './task-spec.ts'
import { nextState, type TaskEvent, type TaskState } from './task-state.ts'
import { type PlainError, toPlainError, traceOf } from './thread-messages.ts'
import type { RunListener, TaskPool, TaskRun } from './thread-pool.ts'

/** The longest pause between two starts, unless the connector asks for another. */
const DELAY_MAX_MS = 10_000
/** A run that lasted so long has worked: the next failure starts the backoff anew. */
const GOOD_RUN_MS = 10_000

/** What a supervised task looks like from outside. */
export interface TaskView {
  readonly state: TaskState
  readonly trace: string | null
  readonly generation: number
}

export interface TaskSupervisorOptions {
  readonly name: string
  readonly pool: TaskPool
  readonly clock: Clock
  /** A number from 0 to 1. */
  readonly random: () => number
  readonly logger: Logger
  /**
   * The spec of the next run: a new generation, noted durably, and references resolved anew.
   * @throws when that is not possible; a retriable throw is tried again
   */
  prepare(view: TaskView): Promise<Omit<TaskSpec, 'paused'>>
  /** Hears of every change. */
  changed(view: TaskView): void
  readonly listener: Omit<RunListener, 'report' | 'ended'>
  /**
   * A newer owner has fenced the run. In a group that may have been this task's own successor or a
   * fencing round, so the task starts again if it still belongs here.
   * @returns whether to start again; else it fails
   */
  fenced(): boolean
}

/**
 * Keeps one task running: starts it, starts it again with backoff after an error that may pass, and
 * lets it rest after one that will not.
 */
export class TaskSupervisor {
  readonly #options: TaskSupervisorOptions
  #state: TaskState = 'UNASSIGNED'
  #trace: string | null = null
  #generation = 0
  #paused = false
  #run: TaskRun | undefined
  #starting: Promise<void> = Promise.resolve()
  #cancelRetry: (() => void) | undefined
  #failures = 0
  #failingSince = 0
  #runningSince: number | undefined
  #retryLimitMs = 0
  #delayMaxMs = DELAY_MAX_MS

  constructor(options: TaskSupervisorOptions) {
    this.#options = options
  }

  get view(): TaskView {
    return { state: this.#state, trace: this.#trace, generation: this.#generation }
  }

  /** Starts the task, unless it runs. */
  start(paused: boolean): void {
    this.#paused = paused
    if (this.#state !== 'UNASSIGNED' && this.#state !== 'FAILED') return
    this.#failures = 0
    this.#begin(null)
  }

  pause(): void {
    this.#paused = true
    this.#run?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#run?.resume()
  }

  /** Ends the task in order, or leaves it behind after `timeoutMs`. */
  async stop(timeoutMs: number): Promise<void> {
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
    this.#move('stop', null)
    await this.#starting
    const run = this.#run
    if (run !== undefined) await run.stop(timeoutMs)
    // A run that was left behind tells no more.
    this.#run = undefined
    this.#move('ended', null)
  }

  #begin(trace: string | null): void {
    this.#move('start', trace)
    this.#starting = this.#start()
  }

  async #start(): Promise<void> {
    try {
      const spec = await this.#options.prepare(this.view)
      this.#generation = spec.generation
      if (this.#state === 'STOPPING') return
      this.#retryLimitMs = Number(spec.config['errors.retry.timeout'] ?? 0)
      this.#delayMaxMs = Number(spec.config['errors.retry.delay.max.ms'] ?? DELAY_MAX_MS)
      this.#runningSince = undefined
      this.#run = this.#options.pool.run({ ...spec, paused: this.#paused }, this.#listener())
    } catch (error) {
      this.#ended(toPlainError(error))
    }
  }

  #listener(): RunListener {
    const { listener } = this.#options
    return {
      ...listener,
      report: (report) => this.#reported(report),
      ended: (error) => this.#ended(error)
    }
  }

  #reported({ state, trace }: TaskReport): void {
    if (state === 'RUNNING') this.#runningSince ??= this.#options.clock.now()
    if (state === 'RETRYING') this.#options.logger.warn(trace ?? 'Trying again.')
    this.#move(state === 'RUNNING' ? 'running' : state === 'PAUSED' ? 'paused' : 'retrying', trace)
  }

  #ended(error: PlainError | null): void {
    this.#run = undefined
    if (error === null || this.#state === 'STOPPING') {
      this.#move('ended', null)
      return
    }
    const { clock, logger, name, random } = this.#options
    const now = clock.now()
    if (this.#runningSince !== undefined && now - this.#runningSince >= GOOD_RUN_MS) {
      this.#failures = 0
    }
    if (this.#failures === 0) this.#failingSince = now
    this.#failures++
    // As in Kafka Connect a lost connection has no deadline, unless the connector sets one.
    const expired = this.#retryLimitMs > 0 && now - this.#failingSince >= this.#retryLimitMs
    const again = error.fenced ? this.#options.fenced() : error.retriable && !expired
    if (!again) {
      logger.error(`Task ${name} failed.`, loggedFields(error))
      this.#move('failed', traceOf(error))
      return
    }
    const waitMs = retryDelay(this.#failures - 1, this.#delayMaxMs, random())
    const trace = `${traceOf(error)}\nFailed ${this.#failures} times in a row; next try in ${waitMs} ms.`
    logger.warn(`Task ${name} starts again in ${waitMs} ms.`, {
      ...loggedFields(error),
      failures: this.#failures
    })
    this.#move('interrupted', trace)
    this.#cancelRetry = clock.after(waitMs, () => {
      this.#cancelRetry = undefined
      this.#begin(this.#trace)
    })
  }

  #move(event: TaskEvent, trace: string | null): void {
    const before = this.#state
    this.#state = nextState(before, event)
    if (this.#state === before && this.#trace === trace) return
    this.#trace = trace
    this.#options.changed(this.view)
  }
}

function loggedFields({ code, message, hint }: PlainError): Record<string, string> {
  return { code, error: message, ...(hint === null ? {} : { hint }) }
}

/** @throws {ConnectError} that a stopped worker gives to whoever still asks something of it */
export function workerStopped(): ConnectError {
  return new ConnectError('WORKER_STOPPED', 'The worker is stopping')
}
