import { type Clock, sleep } from '../../runtime/api/clock.ts'
import type { RawConfig } from '../../runtime/api/config.ts'
import type { Connector } from '../../runtime/api/connector.ts'
import type { Logger } from '../../runtime/api/task.ts'
import { Meter } from '../../runtime/metrics/meter.ts'
import { ConnectorRunner } from '../../runtime/worker/connector-runner.ts'
import type { TaskReport } from '../../runtime/worker/task-reporter.ts'
import { CONNECTOR, type TaskId, type TaskSpec } from '../../runtime/worker/task-spec.ts'
import { type PlainError, toPlainError } from '../../runtime/worker/thread-messages.ts'
import type { RunListener, TaskPool, TaskRun } from '../../runtime/worker/thread-pool.ts'
import { type RunParts, SimulatedRun } from './simulated-run.ts'

/** How long a message between threads takes, in milliseconds. */
const MESSAGE_MS = 0.05
/** As the thread pool of production waits after the timeout. */
const ABANDON_MS = 500

export interface PoolOptions extends RunParts {
  readonly logger: Logger
  plugin(config: RawConfig): Promise<Connector>
}

/** A run that the worker has started and not yet seen end. */
export interface ActiveRun extends TaskId {
  readonly number: number
  readonly generation: number
  readonly config: RawConfig
  state: 'STARTING' | 'RUNNING' | 'PAUSED'
}

type ThreadListener = Pick<RunListener, 'report' | 'taskConfigs' | 'isCurrent'>

interface Steered {
  run(): Promise<void>
  pause(paused: boolean): void
  stop(): void
  cutOff(): void
}

/** Where the tasks of a simulated worker run: the thread pool without threads. */
export class SimulatedPool implements TaskPool {
  readonly #options: PoolOptions
  readonly #active = new Map<number, ActiveRun>()
  readonly #left = new Set<Steered>()
  #runs = 0

  constructor(options: PoolOptions) {
    this.#options = options
  }

  get active(): readonly ActiveRun[] {
    return [...this.#active.values()]
  }

  run(spec: TaskSpec, listener: RunListener): TaskRun {
    const { clock, checker, worker } = this.#options
    const number = ++this.#runs
    const { connector, task, generation, config } = spec
    const active: ActiveRun = { connector, task, number, generation, config, state: 'STARTING' }
    this.#active.set(number, active)
    checker.began({ connector, task, generation, worker })
    const ended = Promise.withResolvers<void>()
    const post = (message: () => void) => {
      clock.after(MESSAGE_MS, () => {
        if (this.#active.has(number)) message()
      })
    }
    const end = (error: PlainError | null) => {
      if (!this.#active.delete(number)) return
      listener.ended(error)
      ended.resolve()
    }
    const report = (report: TaskReport) => {
      post(() => {
        if (report.state !== 'RETRYING') active.state = report.state
        listener.report(report)
      })
    }
    const steered = this.#steered(spec, {
      ...listener,
      report,
      taskConfigs: (made) => {
        post(() => listener.taskConfigs(made))
      },
      isCurrent: () => this.#ask(() => listener.isCurrent())
    })
    const tell = (order: () => void) => {
      clock.after(MESSAGE_MS, order)
    }
    tell(() => {
      steered.run().then(
        () => post(() => end(null)),
        (error: unknown) => post(() => end(toPlainError(error)))
      )
    })
    return {
      pause: () => tell(() => steered.pause(true)),
      resume: () => tell(() => steered.pause(false)),
      stop: async (timeoutMs) => {
        tell(() => steered.stop())
        if (await settles(clock, ended.promise, timeoutMs)) return
        if (await settles(clock, ended.promise, ABANDON_MS)) return
        // Its thread is blocked; it may go on one day, as one of the past.
        checker.leftBehind({ connector, task, generation, worker })
        this.#left.add(steered)
        end(null)
      }
    }
  }

  async close(): Promise<void> {
    for (const steered of this.#left) steered.cutOff()
  }

  /** A question to the main thread, and its answer. */
  #ask(ask: () => Promise<boolean>): Promise<boolean> {
    const { clock } = this.#options
    return new Promise((resolve) => {
      const answer = (current: boolean) => clock.after(MESSAGE_MS, () => resolve(current))
      clock.after(MESSAGE_MS, () => ask().then(answer, () => answer(false)))
    })
  }

  #steered(spec: TaskSpec, listener: ThreadListener): Steered {
    if (spec.task === CONNECTOR) return this.#connector(spec, listener)
    return new SimulatedRun(spec, this.#options, {
      report: (state) => listener.report({ state, trace: null }),
      isCurrent: listener.isCurrent
    })
  }

  #connector(spec: TaskSpec, listener: ThreadListener): Steered {
    const { logger, plugin } = this.#options
    const reporter = {
      logger,
      metrics: new Meter(),
      report: listener.report,
      taskConfigs: listener.taskConfigs,
      isCurrent: listener.isCurrent,
      progress() {},
      built() {},
      loggerNames() {},
      topic() {}
    }
    const { connector, unresolved, config: resolved } = spec
    let stopped = false
    let paused = spec.paused
    let runner: ConnectorRunner | undefined
    return {
      run: async () => {
        const options = { connector, config: unresolved, resolved, reporter }
        runner = new ConnectorRunner({ ...options, plugin: await plugin(resolved) }, paused)
        if (!stopped) await runner.run()
      },
      pause: (wanted) => {
        paused = wanted
        if (wanted) runner?.pause()
        else runner?.resume()
      },
      stop: () => {
        stopped = true
        runner?.stop()
      },
      cutOff: () => {
        stopped = true
        runner?.stop()
      }
    }
  }
}

/** @returns whether the promise settled within the time */
async function settles(clock: Clock, promise: Promise<void>, ms: number): Promise<boolean> {
  const over = new AbortController()
  const late = sleep(clock, ms, over.signal).then(() => false)
  const settled = await Promise.race([promise.then(() => true), late])
  over.abort('settled')
  return settled
}
