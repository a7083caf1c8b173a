import type { RawConfig } from '../api/config.ts'
import type { BrokerSettings } from '../broker/open-broker.ts'

export interface TaskId {
  readonly connector: string
  readonly task: number
}

/** Everything that one run of a task needs, as plain data that crosses threads. */
export interface TaskSpec extends TaskId {
  /** Grows with every run of the task; older ones are fenced. */
  readonly generation: number
  /** The task's config with every reference resolved: it holds secrets. */
  readonly config: RawConfig
  /** How many tasks the connector has: a sink task reads its share of the partitions. */
  readonly tasks: number
  readonly paused: boolean
}

/** What all tasks of a worker share, as plain data that crosses threads. */
export interface TaskEnvironment {
  readonly broker: BrokerSettings
  /** The worker's config with every reference resolved: it holds secrets. */
  readonly worker: RawConfig
  /** URL of the module that exports `registry`: the built-in plugins. */
  readonly registryUrl: string
  /** Folder that plugin files are relative to. */
  readonly cwd: string
}

/** `<connector>-<task>`: for logs and keys. */
export function taskName(id: TaskId): string {
  return `${id.connector}-${id.task}`
}
