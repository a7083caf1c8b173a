import { isDeepStrictEqual } from 'node:util'
import type { RawConfig } from '../api/config.ts'
import type { Logger, Progress } from '../api/task.ts'
import type { LogLevels } from '../metrics/log-levels.ts'
import type { LogLevel } from '../metrics/logger.ts'
import { Meter } from '../metrics/meter.ts'
import type { TaskParts } from '../metrics/metrics.ts'
import type { TaskReporter } from './task-reporter.ts'
import type { TaskRunner } from './task-runner.ts'
import { type TaskSpec, taskName } from './task-spec.ts'
import { type FromThread, type ToThread, toPlainError } from './thread-messages.ts'

const PROGRESS_MS = 100
/** What changes is reported so long after; while nothing changes, nothing wakes. */
const METRICS_MS = 1000

/** Builds the loop of a task. */
export interface RunnerFactory {
  create(spec: TaskSpec, reporter: TaskReporter): Promise<TaskRunner>
  close(): Promise<void>
}

interface Run {
  readonly metrics: Meter
  readonly ended: Promise<void>
  runner: TaskRunner | undefined
  reporter: PostingReporter | undefined
  stopping: boolean
  paused: boolean
}

/** Runs the tasks of one thread as messages say, and posts what they report. */
export class TaskHost {
  readonly #factory: RunnerFactory
  readonly #post: (message: FromThread) => void
  readonly #runs = new Map<number, Run>()
  readonly #levels: LogLevels
  #timer: NodeJS.Timeout | undefined

  /** @param parts levels of the loggers of this thread; they follow those of the main thread */
  constructor(parts: {
    readonly factory: RunnerFactory
    readonly levels: LogLevels
    post(message: FromThread): void
  }) {
    this.#factory = parts.factory
    this.#post = (message) => parts.post(message)
    this.#levels = parts.levels
  }

  handle(message: ToThread): void {
    if (message.type === 'start') this.#start(message.run, message.spec)
    else if (message.type === 'levels') this.#levels.follow(message.settings)
    else if (message.type === 'close') void this.close()
    else if (message.type === 'ping') this.#post({ type: 'pong' })
    else if (message.type === 'current') {
      this.#runs.get(message.run)?.reporter?.answer(message.current)
    } else this.#tell(message.type, message.run)
  }

  async close(): Promise<void> {
    for (const number of this.#runs.keys()) this.#tell('stop', number)
    await Promise.all([...this.#runs.values()].map((run) => run.ended))
    clearTimeout(this.#timer)
    await this.#factory.close()
    this.#post({ type: 'closed' })
  }

  #start(number: number, spec: TaskSpec): void {
    const metrics = new Meter(() => this.#metricsChanged())
    const run: Run = {
      metrics,
      runner: undefined,
      reporter: undefined,
      stopping: false,
      paused: spec.paused,
      ended: Promise.resolve().then(() => this.#run(number, run, spec))
    }
    this.#runs.set(number, run)
  }

  async #run(number: number, run: Run, spec: TaskSpec): Promise<void> {
    const reporter = new PostingReporter({
      run: number,
      task: taskName(spec),
      metrics: run.metrics,
      post: this.#post,
      levels: this.#levels
    })
    run.reporter = reporter
    let error: unknown = null
    try {
      const runner = await this.#factory.create(spec, reporter)
      run.runner = runner
      if (run.paused) runner.pause()
      else runner.resume()
      if (run.stopping) runner.stop()
      await runner.run()
    } catch (thrown) {
      // A task that is told to stop may end by throwing what its signal made of a wait.
      if (run.stopping) reporter.logger.debug('The task ended while stopping.', { error: thrown })
      else error = thrown ?? new Error('The task failed without a reason.')
    }
    reporter.flush()
    this.#postMetricsOf(number, run)
    this.#runs.delete(number)
    this.#post({ type: 'ended', run: number, error: error === null ? null : toPlainError(error) })
  }

  #tell(what: 'pause' | 'resume' | 'stop' | 'abandon', number: number): void {
    const run = this.#runs.get(number)
    if (run === undefined) return
    if (what === 'stop') run.stopping = true
    if (what === 'pause' || what === 'resume') run.paused = what === 'pause'
    run.runner?.[what]()
  }

  #metricsChanged(): void {
    this.#timer ??= setTimeout(() => this.#postMetrics(), METRICS_MS).unref()
  }

  #postMetrics(): void {
    this.#timer = undefined
    for (const [number, run] of this.#runs) this.#postMetricsOf(number, run)
  }

  #postMetricsOf(number: number, run: Run): void {
    const readings = run.metrics.take()
    if (readings !== null) this.#post({ type: 'metrics', run: number, readings })
  }
}

/** Posts reports as messages; progress when it changes, at most ten times a second. */
class PostingReporter implements TaskReporter {
  readonly logger: Logger
  readonly metrics: Meter
  readonly #run: number
  readonly #post: (message: FromThread) => void
  readonly #loggerNames: string[] = []
  #progress: Progress | undefined
  /** What was posted last. */
  #posted: Progress | undefined
  #timer: NodeJS.Timeout | undefined
  #answer: (current: boolean) => void = () => {}

  constructor(options: {
    readonly run: number
    readonly task: string
    readonly metrics: Meter
    readonly levels: LogLevels
    post(message: FromThread): void
  }) {
    const { run, task, metrics, levels, post } = options
    this.#run = run
    this.#post = post
    this.metrics = metrics
    const allows = (level: LogLevel) => levels.allows(this.#loggerNames, level)
    this.logger = postingLogger(post, { task }, allows)
  }

  loggerNames(names: readonly string[]): void {
    this.#loggerNames.push(...names)
  }

  built(parts: TaskParts): void {
    this.#post({ type: 'built', run: this.#run, parts })
  }

  report(report: Parameters<TaskReporter['report']>[0]): void {
    this.#post({ type: 'report', run: this.#run, report })
  }

  topic(topic: string): void {
    this.#post({ type: 'topic', run: this.#run, topic })
  }

  taskConfigs(configs: readonly RawConfig[]): void {
    this.#post({ type: 'task-configs', run: this.#run, configs })
  }

  isCurrent(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#answer = resolve
      this.#post({ type: 'ask-current', run: this.#run })
    })
  }

  /** The answer to the question whether the run is current. */
  answer(current: boolean): void {
    this.#answer(current)
  }

  progress(progress: Progress): void {
    const before = this.#progress ?? this.#posted
    if (isDeepStrictEqual(progress, before)) return
    this.#progress = progress
    if (progress.phase !== before?.phase) this.flush()
    else this.#timer ??= setTimeout(() => this.flush(), PROGRESS_MS).unref()
  }

  /** Posts the last progress, if it has not been. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const progress = this.#progress
    if (progress === undefined) return
    this.#progress = undefined
    this.#posted = progress
    this.#post({ type: 'progress', run: this.#run, progress })
  }
}

/** A logger whose lines are written by another thread, and not posted when nobody wants them. */
export function postingLogger(
  post: (message: FromThread) => void,
  always: Readonly<Record<string, unknown>>,
  allows: (level: LogLevel) => boolean
): Logger {
  const at = (level: LogLevel) => (message: string, fields?: Readonly<Record<string, unknown>>) => {
    if (allows(level)) {
      post({ type: 'log', level, message, fields: { ...always, ...plain(fields) } })
    }
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** What a message can carry: functions cannot cross threads, and errors would lose their fields. */
function plain(fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      value instanceof Error
        ? toPlainError(value).message
        : typeof value === 'function' || typeof value === 'symbol'
          ? String(value)
          : value
    ])
  )
}
