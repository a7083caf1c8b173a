import type { RawConfig } from '../api/config.ts'
import type { ConnectState } from '../stores/status-store.ts'
import type { TaskId } from '../worker/task-spec.ts'

/** The config of a connector as given over REST: null stands for a key without a value. */
export type GivenConfig = Readonly<Record<string, string | null>>

/** What to take out of and put into a config; null takes a key out (KIP-477). */
export type ConfigPatch = Readonly<Record<string, string | null>>

export type InitialState = 'RUNNING' | 'PAUSED' | 'STOPPED'

export interface ConnectorInfo {
  readonly name: string
  /** References unresolved; it may hold secrets that were given in clear. */
  readonly config: RawConfig
  readonly tasks: readonly TaskId[]
  readonly type: 'source' | 'sink' | 'unknown'
}

export interface TaskInfo {
  readonly id: TaskId
  /** References unresolved; it may hold secrets that were given in clear. */
  readonly config: RawConfig
}

export interface StateView {
  readonly state: ConnectState
  /** `host:port` */
  readonly workerId: string
  readonly trace: string | null
  readonly version: string | null
}

export interface TaskStateView extends StateView {
  readonly id: number
}

/** The state of a connector and its tasks, as Kafka Connect's REST API shows it. */
export interface ConnectorStatus {
  readonly name: string
  readonly type: 'source' | 'sink' | 'unknown'
  readonly connector: StateView
  readonly tasks: readonly TaskStateView[]
}

export interface RestartOptions {
  readonly includeTasks: boolean
  readonly onlyFailed: boolean
}

/** One offset of a connector: of a source any plain values, of a sink Kafka's names for them. */
export interface ConnectorOffset {
  readonly partition: Readonly<Record<string, unknown>>
  readonly offset: Readonly<Record<string, unknown>> | null
}

/** An offset as a request gives it: without a partition it is refused, a null offset is forgotten. */
export interface GivenOffset {
  readonly partition: Readonly<Record<string, unknown>> | null
  readonly offset: Readonly<Record<string, unknown>> | null
}

/** How far a worker is with its start. */
export interface Startup {
  readonly state: 'starting' | 'ready' | 'stopping'
  /** What it is doing, as in "reading the config topic". */
  readonly stage: string
}

/** What the group looks like from one worker, for metrics and `/readyz`. */
export interface GroupView {
  readonly memberId: string
  readonly generation: number
  readonly leaderId: string | null
  readonly leaderUrl: string | null
  readonly isLeader: boolean
  readonly rebalancing: boolean
  readonly completedRebalances: number
  /** Milliseconds: of the last rebalance, the longest, and all together. */
  readonly rebalanceMs: { readonly last: number; readonly max: number; readonly sum: number }
  /** Milliseconds since the last rebalance was complete; null before the first. */
  readonly sinceRebalanceMs: number | null
  readonly connectors: readonly string[]
  readonly tasks: readonly TaskId[]
}

/**
 * What can be asked of a worker of a group. A call that another worker has to carry out throws a
 * ForwardError with that worker's URL; one that cannot be carried out throws a RequestError with
 * Kafka Connect's status and text. A change resolves once it is durable and this worker follows it.
 */
export interface Herder {
  readonly workerId: string
  readonly startup: Startup
  readonly group: GroupView
  readonly clusterId: string

  connectors(): readonly string[]
  /** @throws {RequestError} 404 `Connector c not found` */
  connector(name: string): Promise<ConnectorInfo>
  /** @throws {RequestError} 404 `No status found for connector c` */
  status(name: string): Promise<ConnectorStatus>
  /** @throws {RequestError} 404 `No status found for task c-0` */
  taskStatus(name: string, task: number): TaskStateView
  /** @throws {RequestError} 404 `Connector c not found` */
  tasks(name: string): readonly TaskInfo[]

  /** Leader. The config has its name in it and has been validated. @throws {RequestError} 409 when it exists */
  create(name: string, config: GivenConfig, initialState?: InitialState): Promise<ConnectorInfo>
  /** Leader. As `create`, or an update. */
  put(
    name: string,
    config: GivenConfig
  ): Promise<{ readonly created: boolean; readonly connector: ConnectorInfo }>
  /**
   * Leader.
   * @param base the config that the patched one was checked with
   * @throws {RequestError} 404 `Connector c not found`; 409 when the config is another by now
   */
  patch(name: string, patch: ConfigPatch, base: RawConfig): Promise<ConnectorInfo>
  /** Leader. Source offsets stay. @throws {RequestError} 404 `Connector c not found` */
  remove(name: string): Promise<void>

  /** Any worker. @throws {RequestError} 404 `Unknown connector c` */
  pause(name: string): Promise<void>
  /** Any worker. @throws {RequestError} 404 `Unknown connector c` */
  resume(name: string): Promise<void>
  /** Leader. @throws {RequestError} 404 `Unknown connector c` */
  stop(name: string): Promise<void>
  /** Owner of the connector. Its tasks do not notice. @throws {RequestError} 404 `Unknown connector: c` */
  restart(name: string): Promise<void>
  /** Leader: spread through the config topic (KIP-745). @returns states with RESTARTING where due */
  restartWith(name: string, options: RestartOptions): Promise<ConnectorStatus>
  /** Owner of the task. @throws {RequestError} 404 `Unknown task: c-0` */
  restartTask(name: string, task: number): Promise<void>

  /** Sorted; empty for an unknown connector. @throws {RequestError} 403 when tracking is off */
  topics(name: string): readonly string[]
  /** @throws {RequestError} 403 when tracking, or resetting it, is off */
  resetTopics(name: string): Promise<void>

  /** Any worker. @throws {RequestError} 404 `Connector c not found` */
  offsets(name: string): Promise<readonly ConnectorOffset[]>
  /** Leader. @returns the message of Kafka Connect. @throws {RequestError} 400, 404, 409, 500 */
  alterOffsets(name: string, offsets: readonly GivenOffset[]): Promise<string>
  /** Leader. @returns the message of Kafka Connect. @throws {RequestError} 400, 404, 409, 500 */
  resetOffsets(name: string): Promise<string>

  /** Leader, from another worker (`POST /connectors/{c}/tasks`): new task configs of a connector. */
  putTaskConfigs(name: string, configs: readonly RawConfig[]): Promise<void>
  /** Leader, from another worker (`PUT /connectors/{c}/fence`): ends what old tasks may still write. */
  fence(name: string): Promise<void>
  /** Key of requests between workers (`session-key` of the config topic); null while none is known. */
  readonly sessionKey: SessionKey | null

  /** Leader or not: sets a log level on every worker (KIP-976). */
  setClusterLogLevel(logger: string, level: string): Promise<void>
}

/** KIP-507: requests between workers carry an HMAC of their body made with it. */
export interface SessionKey {
  /** base64 */
  readonly key: string
  /** As Java names it: `HmacSHA256`. */
  readonly algorithm: string
}
