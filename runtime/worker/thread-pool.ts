import { Worker as Thread } from 'node:worker_threads'
import type { RawConfig } from '../api/config.ts'
import type { Logger, Progress } from '../api/task.ts'
import type { LevelSetting, LogLevels } from '../metrics/log-levels.ts'
import type { Readings } from '../metrics/meter.ts'
import type { TaskParts } from '../metrics/metrics.ts'
import type { TaskReport } from './task-reporter.ts'
import { type TaskEnvironment, type TaskSpec, taskName } from './task-spec.ts'
import { type FromThread, type PlainError, type ToThread, toPlainError } from './thread-messages.ts'
import { settles, ThreadWatch } from './thread-watch.ts'

/** Hears of one run of a task. Nothing comes after `ended`. */
export interface RunListener {
  report(report: TaskReport): void
  progress(progress: Progress): void
  built(parts: TaskParts): void
  metrics(readings: Readings): void
  topic(name: string): void
  /** Of a connector: what its tasks are, references unresolved. */
  taskConfigs(configs: readonly RawConfig[]): void
  /**
   * Of a source task that has fenced those before it: whether it is still wanted as it was started.
   * It writes nothing before the answer.
   */
  isCurrent(): Promise<boolean>
  /** @param error null when it ended because it was told to */
  ended(error: PlainError | null): void
}

/** One run of a task, seen from the main thread. */
export interface TaskRun {
  pause(): void
  resume(): void
  /** Ends it in order; after `timeoutMs` it is left behind, fenced by whoever comes next. */
  stop(timeoutMs: number): Promise<void>
}

/** Where tasks run. */
export interface TaskPool {
  run(spec: TaskSpec, listener: RunListener): TaskRun
  /** Whether a run that did not stop in time may still be at something. */
  readonly hasLeftBehind?: boolean
  /** Ends all threads; runs that still go on are cut off. */
  close(): Promise<void>
}

export interface ThreadPoolOptions {
  readonly environment: TaskEnvironment
  /** The most threads to start. */
  readonly threads: number
  readonly logger: Logger
  /** Levels that threads go by, and where the lines go that these let through. Without it all do. */
  readonly logs?: TaskLogs
}

export interface TaskLogs {
  readonly levels: LogLevels
  /** Writes every line that it is given. */
  readonly lines: Logger
}

interface PooledThread {
  readonly thread: Thread
  readonly runs: Map<number, PooledRun>
  readonly watch: ThreadWatch
  /** A run in it did not stop in time. */
  leftBehind: boolean
  closing: boolean
  /** The task for which the thread was cut off, because it did not answer any more. */
  blockedBy: string | null
}

interface PooledRun {
  readonly listener: RunListener
  /** Of its task, for the log. */
  readonly name: string
}

/** A little more than the timeout, for what cannot be cut short: a transaction on its way. */
const ABANDON_MS = 500

/**
 * The beginning of a thread is JavaScript, so that the cache of compiled code is on before the first
 * module in TypeScript: else Node loads its compiler for that one, which stays, with 9 MB a thread.
 */
const ENTRY = `require('node:module').enableCompileCache(); import(require('node:worker_threads').workerData.entry)`

/** V8's bounds per thread, in MB: without them the heap grows for as long as the machine has memory. */
const HEAP = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 16 }

/**
 * Runs tasks in threads, so that a task that blocks or crashes cannot take the worker with it. A new
 * run goes to the thread with the fewest; threads start when they are needed.
 */
export class ThreadPool implements TaskPool {
  readonly #options: ThreadPoolOptions
  readonly #threads = new Set<PooledThread>()
  readonly #unfollow: (() => void) | undefined
  #lastRun = 0

  constructor(options: ThreadPoolOptions) {
    this.#options = options
    this.#unfollow = options.logs?.levels.onChange((settings) => {
      for (const { thread } of this.#threads) thread.postMessage(levelsOf(settings))
    })
  }

  run(spec: TaskSpec, listener: RunListener): TaskRun {
    const pooled = this.#pick()
    const run = ++this.#lastRun
    const ended = Promise.withResolvers<void>()
    const end = (error: PlainError | null) => {
      if (!pooled.runs.delete(run)) return
      listener.ended(error)
      ended.resolve()
    }
    pooled.runs.set(run, { listener: { ...bound(listener), ended: end }, name: taskName(spec) })
    const tell = (message: ToThread) => pooled.thread.postMessage(message)
    tell({ type: 'start', run, spec })
    return {
      pause: () => tell({ type: 'pause', run }),
      resume: () => tell({ type: 'resume', run }),
      stop: async (timeoutMs) => {
        tell({ type: 'stop', run })
        if (await settles(ended.promise, timeoutMs)) return
        tell({ type: 'abandon', run })
        if (await settles(ended.promise, ABANDON_MS)) return
        this.#options.logger.error('A task did not stop in time and is left behind.', {
          connector: spec.connector,
          task: spec.task,
          timeoutMs
        })
        pooled.leftBehind = true
        end(null)
        await this.#leave(pooled, taskName(spec))
      }
    }
  }

  get hasLeftBehind(): boolean {
    return [...this.#threads].some(({ leftBehind }) => leftBehind)
  }

  async close(): Promise<void> {
    this.#unfollow?.()
    await Promise.all([...this.#threads].map((pooled) => this.#close(pooled)))
  }

  #pick(): PooledThread {
    const free = [...this.#threads].filter((pooled) => !pooled.closing)
    const least = free.sort((a, b) => a.runs.size - b.runs.size)[0]
    if (least !== undefined && (least.runs.size === 0 || free.length >= this.#options.threads)) {
      return least
    }
    return this.#spawn()
  }

  #spawn(): PooledThread {
    // The same file as TypeScript in development and as JavaScript in dist/.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const entry = new URL(`./task-thread.${extension}`, import.meta.url).href
    const thread = new Thread(ENTRY, {
      eval: true,
      workerData: { ...this.#options.environment, entry },
      resourceLimits: HEAP
    })
    const runs = new Map<number, PooledRun>()
    const watch = new ThreadWatch(thread, this.#options.logger, () => namesOf({ runs }))
    const state = { leftBehind: false, closing: false, blockedBy: null }
    const pooled: PooledThread = { thread, runs, watch, ...state }
    this.#threads.add(pooled)
    const { logs } = this.#options
    if (logs !== undefined) thread.postMessage(levelsOf(logs.levels.settings))
    thread.on('message', (message: FromThread) => this.#take(pooled, message))
    let cause: unknown
    thread.on('error', (error: unknown) => {
      cause = error
    })
    thread.on('exit', (code) => this.#exited(pooled, code, cause))
    return pooled
  }

  #take({ runs, thread, watch }: PooledThread, message: FromThread): void {
    if (message.type === 'closed') return
    if (message.type === 'pong') {
      watch.answered()
      return
    }
    if (message.type === 'log') {
      const { logger, logs } = this.#options
      const lines = logs?.lines ?? logger
      lines[message.level](message.message, message.fields)
      return
    }
    const listener = runs.get(message.run)?.listener
    if (message.type === 'report') listener?.report(message.report)
    else if (message.type === 'progress') listener?.progress(message.progress)
    else if (message.type === 'metrics') listener?.metrics(message.readings)
    else if (message.type === 'built') listener?.built(message.parts)
    else if (message.type === 'topic') listener?.topic(message.topic)
    else if (message.type === 'task-configs') listener?.taskConfigs(message.configs)
    else if (message.type === 'ask-current') void this.#answer(thread, message.run, listener)
    else listener?.ended(message.error)
  }

  async #answer(thread: Thread, run: number, listener: RunListener | undefined): Promise<void> {
    const current = (await listener?.isCurrent().catch(() => false)) ?? false
    thread.postMessage({ type: 'current', run, current } satisfies ToThread)
  }

  #exited(pooled: PooledThread, code: number, cause: unknown): void {
    this.#threads.delete(pooled)
    pooled.watch.close()
    if (pooled.runs.size === 0) return
    const { blockedBy } = pooled
    const error = blockedBy === null ? crashed(code, cause) : cutOff(blockedBy)
    this.#options.logger.error('A task thread has ended; its tasks start again.', {
      error: error.message,
      tasks: namesOf(pooled).join(', ')
    })
    for (const { listener } of [...pooled.runs.values()]) listener.ended(error)
  }

  /**
   * After a task that did not stop. Alone in its thread it is cut off, and also when it holds the
   * others up; else it is fenced as soon as its successor starts.
   */
  async #leave(pooled: PooledThread, name: string): Promise<void> {
    if (pooled.runs.size > 0 && (await pooled.watch.answers(ABANDON_MS))) return
    pooled.blockedBy = name
    await this.#terminate(pooled)
  }

  async #close(pooled: PooledThread): Promise<void> {
    pooled.closing = true
    const exited = new Promise<void>((resolve) => pooled.thread.once('exit', () => resolve()))
    const closed = new Promise<void>((resolve) => {
      pooled.thread.on('message', (message: FromThread) => {
        if (message.type === 'closed') resolve()
      })
    })
    pooled.thread.postMessage({ type: 'close' } satisfies ToThread)
    await settles(Promise.race([closed, exited]), ABANDON_MS)
    pooled.runs.clear()
    await this.#terminate(pooled)
  }

  async #terminate(pooled: PooledThread): Promise<void> {
    pooled.closing = true
    this.#threads.delete(pooled)
    await pooled.thread.terminate()
  }
}

function namesOf({ runs }: Pick<PooledThread, 'runs'>): string[] {
  return [...runs.values()].map(({ name }) => name)
}

function levelsOf(settings: readonly LevelSetting[]): ToThread {
  return { type: 'levels', settings }
}

function bound(listener: RunListener): Omit<RunListener, 'ended'> {
  return {
    report: (report) => listener.report(report),
    progress: (progress) => listener.progress(progress),
    built: (parts) => listener.built(parts),
    metrics: (readings) => listener.metrics(readings),
    topic: (name) => listener.topic(name),
    taskConfigs: (configs) => listener.taskConfigs(configs),
    isCurrent: () => listener.isCurrent()
  }
}

function crashed(code: number, cause: unknown): PlainError {
  const { message, stack } = toPlainError(cause ?? new Error(`exit code ${code}`))
  return {
    code: 'TASK_THREAD_CRASHED',
    message: `The thread of this task has crashed: ${message}`,
    hint: 'a connector of this thread did not catch an error, or took too much memory; the stack says where',
    // Which of the thread's tasks was at fault cannot be known, so all of them try again.
    retriable: true,
    fenced: false,
    stack
  }
}

function cutOff(name: string): PlainError {
  return {
    code: 'TASK_THREAD_BLOCKED',
    message: `The thread of this task was ended, because task ${name} blocked it and could not be stopped`,
    hint: `find out what task ${name} does without end: a loop, or a call that waits`,
    retriable: true,
    fenced: false,
    stack: null
  }
}
