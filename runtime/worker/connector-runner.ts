import type { RawConfig } from '../api/config.ts'
import type { Connector, ConnectorContext } from '../api/connector.ts'
import { parseAs } from './plugin-parts.ts'
import { taskConfigsOf } from './task-configs.ts'
import type { TaskReporter } from './task-reporter.ts'
import type { TaskRunner } from './task-runner.ts'

export interface ConnectorRunnerOptions {
  readonly plugin: Connector
  readonly connector: string
  /** References unresolved. */
  readonly config: RawConfig
  readonly resolved: RawConfig
  readonly reporter: TaskReporter
}

/**
 * The connector itself, as it runs in a thread beside its tasks: it works out their configs, at the
 * start and whenever the connector asks for it. While it is paused it does neither.
 */
export class ConnectorRunner implements TaskRunner {
  readonly #options: ConnectorRunnerOptions
  readonly #stopped = new AbortController()
  readonly #abandoned = new AbortController()
  #paused: boolean
  /** Ends the present phase, a pause or a run; so does a stop. */
  #phase = new AbortController()

  constructor(options: ConnectorRunnerOptions, paused: boolean) {
    this.#options = options
    this.#paused = paused
  }

  /** @throws what the connector threw, as it made task configs or watched its system */
  async run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      this.#phase = new AbortController()
      const { signal } = this.#phase
      if (this.#paused) {
        this.#options.reporter.report({ state: 'PAUSED', trace: null })
        await aborted(signal)
      } else {
        await this.#runUntil(signal)
      }
    }
  }

  pause(): void {
    this.#change(true)
  }

  resume(): void {
    this.#change(false)
  }

  stop(): void {
    this.#stopped.abort()
    this.#phase.abort()
  }

  /** Stops waiting for a monitor that does not end; it was told to by {@link stop}. */
  abandon(): void {
    this.#abandoned.abort()
    this.stop()
  }

  #change(paused: boolean): void {
    if (this.#paused === paused) return
    this.#paused = paused
    this.#phase.abort()
  }

  async #runUntil(signal: AbortSignal): Promise<void> {
    const { plugin, resolved, connector, reporter } = this.#options
    await this.#configure(signal)
    if (signal.aborted) return
    reporter.report({ state: 'RUNNING', trace: null })
    const requests = new Requests(() => this.#configure(signal))
    const context: ConnectorContext = {
      connector,
      logger: reporter.logger,
      signal,
      requestTaskReconfiguration: () => requests.add()
    }
    const config = parseAs(plugin.config, resolved)
    const monitored = Promise.resolve(plugin.monitor?.(config, resolved, context))
    try {
      await Promise.race([aborted(signal), requests.failed, untilThrow(monitored)])
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      // Also after a failure: nothing may go on watching beside the next run.
      this.#phase.abort()
      await Promise.race([monitored.catch(() => undefined), aborted(this.#abandoned.signal)])
    }
  }

  async #configure(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const { plugin, config, resolved, reporter } = this.#options
    const configs = await taskConfigsOf(plugin, config, resolved)
    if (!signal.aborted) reporter.taskConfigs(configs)
  }
}

/** Requests to work out the task configs anew: one at a time, and one for all that come meanwhile. */
class Requests {
  /** Rejects when one has failed. */
  readonly failed: Promise<never>
  readonly #work: () => Promise<void>
  readonly #fail: (error: unknown) => void
  #working = false
  #wanted = false

  constructor(work: () => Promise<void>) {
    const { promise, reject } = Promise.withResolvers<never>()
    this.failed = promise
    // It may fail when nobody listens any more.
    promise.catch(() => undefined)
    this.#fail = reject
    this.#work = work
  }

  add(): void {
    this.#wanted = true
    if (!this.#working) void this.#run()
  }

  async #run(): Promise<void> {
    this.#working = true
    try {
      while (this.#wanted) {
        this.#wanted = false
        await this.#work()
      }
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#working = false
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** A monitor that ends by itself has nothing more to watch: only its failure counts. */
async function untilThrow(running: Promise<void> | undefined): Promise<void> {
  await running
  await new Promise(() => {})
}
