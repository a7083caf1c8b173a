import type { RawConfig } from '../api/config.ts'
import type { Logger, Progress } from '../api/task.ts'

/** What a running task says about itself while it runs. */
export interface TaskReport {
  readonly state: 'RUNNING' | 'PAUSED' | 'RETRYING'
  /** What is being retried and why; null when all is well. */
  readonly trace: string | null
}

/** Counters and gauges of one task, by name in snake_case. Cheap enough to change per batch. */
export class TaskMetrics {
  readonly #values = new Map<string, number>()
  #changed = false

  add(name: string, amount: number): void {
    this.set(name, (this.#values.get(name) ?? 0) + amount)
  }

  set(name: string, value: number): void {
    this.#values.set(name, value)
    this.#changed = true
  }

  get(name: string): number {
    return this.#values.get(name) ?? 0
  }

  /** @returns all values, or null when none changed since the last call */
  takeChanged(): Readonly<Record<string, number>> | null {
    if (!this.#changed) return null
    this.#changed = false
    return Object.fromEntries(this.#values)
  }
}

/** Where a task's reports go: from a task thread, to the main thread. */
export interface TaskReporter {
  readonly logger: Logger
  readonly metrics: TaskMetrics
  report(report: TaskReport): void
  progress(progress: Progress): void
  /** More names of the task's logger, by any of which its level can be set. */
  loggerNames(names: readonly string[]): void
  /** The task has used this topic; called once per topic and run. */
  topic(name: string): void
  /** The connector has worked out what its tasks are: references are unresolved. */
  taskConfigs(configs: readonly RawConfig[]): void
}
