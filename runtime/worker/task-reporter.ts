import type { RawConfig } from '../api/config.ts'
import type { Logger, Progress } from '../api/task.ts'
import type { Meter } from '../metrics/meter.ts'
import type { TaskParts } from '../metrics/metrics.ts'

/** What a running task says about itself while it runs. */
export interface TaskReport {
  readonly state: 'RUNNING' | 'PAUSED' | 'RETRYING'
  /** What is being retried and why; null when all is well. */
  readonly trace: string | null
}

/** Where a task's reports go: from a task thread, to the main thread. */
export interface TaskReporter {
  readonly logger: Logger
  readonly metrics: Meter
  /** The task has been built, of these parts. */
  built(parts: TaskParts): void
  report(report: TaskReport): void
  progress(progress: Progress): void
  /** More names of the task's logger, by any of which its level can be set. */
  loggerNames(names: readonly string[]): void
  /** The task has used this topic; called once per topic and run. */
  topic(name: string): void
  /** The connector has worked out what its tasks are: references are unresolved. */
  taskConfigs(configs: readonly RawConfig[]): void
  /**
   * Asks the worker whether the run is still wanted as it was started, by all that the config topic
   * says at that time; false also when that cannot be found out.
   */
  isCurrent(): Promise<boolean>
}
