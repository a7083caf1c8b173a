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
  #paused: boolean
  /** Ends the present phase: a pause or a run. */
  #phase = new AbortController()
  #configuring: Promise<void> = Promise.resolve()

  constructor(options: ConnectorRunnerOptions, paused: boolean) {
    this.#options = options
    this.#paused = paused
  }

  async run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      this.#phase = new AbortController()
      const signal = AbortSignal.any([this.#phase.signal, this.#stopped.signal])
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
  }

  abandon(): void {
    this.#stopped.abort()
  }

  #change(paused: boolean): void {
    if (this.#paused === paused) return
    this.#paused = paused
    this.#phase.abort()
  }

  async #runUntil(signal: AbortSignal): Promise<void> {
    const { plugin, resolved, connector, reporter } = this.#options
    await this.#configure(signal)
    reporter.report({ state: 'RUNNING', trace: null })
    const failed = Promise.withResolvers<never>()
    const context: ConnectorContext = {
      connector,
      logger: reporter.logger,
      signal,
      requestTaskReconfiguration: () => {
        this.#configuring = this.#configuring.then(() => this.#configure(signal))
        this.#configuring.catch(failed.reject)
      }
    }
    const monitored = plugin.monitor?.(parseAs(plugin.config, resolved), resolved, context)
    try {
      await Promise.race([aborted(signal), failed.promise, untilThrow(monitored)])
    } catch (error) {
      if (!signal.aborted) throw error
    }
    await Promise.race([monitored?.catch(() => undefined), aborted(this.#stopped.signal)])
  }

  async #configure(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const { plugin, config, resolved, reporter } = this.#options
    const configs = await taskConfigsOf(plugin, config, resolved)
    if (!signal.aborted) reporter.taskConfigs(configs)
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
