import type { RawConfig } from '../api/config.ts'
import type { BrokerSettings } from '../broker/open-broker.ts'

export interface TaskId {
  readonly connector: string
  readonly task: number
}

/** The task number that stands for the connector itself, as in Kafka Connect's group protocol. */
export const CONNECTOR = -1

/** Everything that one run of a task needs, as plain data that crosses threads. */
export interface TaskSpec extends TaskId {
  /** Grows with every run of the task; older ones are fenced. */
  readonly generation: number
  /** The config with every reference resolved: it holds secrets. */
  readonly config: RawConfig
  /** The same as it was given, for a connector, which makes the configs of its tasks from it. */
  readonly unresolved: RawConfig
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
  /** Memory of the worker's {@link Lease}. */
  readonly lease: SharedArrayBuffer
}

/** `<connector>-<task>`, or the connector's name: for logs and transactional ids. */
export function taskName({ connector, task }: TaskId): string {
  return task === CONNECTOR ? connector : `${connector}-${task}`
}

/** Different for all tasks and connectors, whatever dashes their names have. */
export function taskKey({ connector, task }: TaskId): string {
  return `${task} ${connector}`
}
