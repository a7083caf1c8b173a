import type { RawConfig } from '../api/config.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from './exact-json.ts'

/** What a connector should be doing, as Kafka Connect names it in the config topic. */
export type TargetState = 'STARTED' | 'PAUSED' | 'STOPPED'

/** One connector as the config topic has it. */
export interface ConnectorConfig {
  readonly name: string
  /** References unresolved. */
  readonly config: RawConfig
  readonly targetState: TargetState
  /** The last task configs that were published whole, or null when there are none yet. */
  readonly tasks: readonly RawConfig[] | null
  /** Offset of the record that last changed `config`. */
  readonly configOffset: number
  /** Offset of the record that published `tasks`; -1 when there are none. */
  readonly tasksOffset: number
  /**
   * Offset of the record that says that what older tasks could still write is fenced; -1 when none.
   * Below `tasksOffset`, source tasks that write exactly once must not start yet.
   */
  readonly fencingOffset: number
  /**
   * Offset of the record that last ended what ran of the connector, a stop or a deletion; -1 when none
   * has. Without it, a stop that is over by the time it is read would go unseen.
   */
  readonly endOffset: number
}

/** The key that requests between workers are signed with, and how far epochs are given out. */
export interface SessionKeyRecord {
  /** base64 */
  readonly key: string
  /** As Java names it: `HmacSHA256`. */
  readonly algorithm: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /**
   * All epochs below may have been given out; 0 in a record of Kafka Connect, which reads past this
   * field.
   */
  readonly epoch: number
}

/** What the config topic asks of running workers, once. Old ones are of no meaning to a new worker. */
export type Order =
  | {
      readonly type: 'restart'
      readonly connector: string
      readonly includeTasks: boolean
      readonly onlyFailed: boolean
    }
  | { readonly type: 'log-level'; readonly logger: string; readonly level: string }

interface Entry {
  config: RawConfig | null
  configOffset: number
  targetState: TargetState
  tasks: readonly RawConfig[] | null
  tasksOffset: number
  readonly pending: Map<number, RawConfig>
  /** Of every task that ever was, by its number. */
  readonly everyTask: Map<number, RawConfig>
  fencedTasks: number | null
  fencingOffset: number
  endOffset: number
}

type Kind =
  | 'connector'
  | 'target'
  | 'commit'
  | 'fencing'
  | 'task'
  | 'session-key'
  | 'restart'
  | 'log'

/** By what the keys begin with. */
const KINDS: readonly (readonly [prefix: string, kind: Kind])[] = [
  ['connector-', 'connector'],
  ['target-state-', 'target'],
  ['commit-', 'commit'],
  ['tasks-fencing-', 'fencing'],
  ['task-', 'task'],
  ['session-key', 'session-key'],
  ['restart-connector-', 'restart'],
  ['logger-cluster-', 'log']
]

/**
 * Kafka Connect's config topic, folded into what it says (record formats of `KafkaConfigBackingStore`).
 * Pure: records in, connectors out.
 */
export class ConfigLog {
  readonly #entries = new Map<string, Entry>()
  #offset = -1
  #sessionKey: SessionKeyRecord | null = null

  /** The last one, or null when there is none. */
  get sessionKey(): SessionKeyRecord | null {
    return this.#sessionKey
  }

  /** Offset of the last record taken; -1 before the first. */
  get offset(): number {
    return this.#offset
  }

  connectors(): ConnectorConfig[] {
    return [...this.#entries.keys()].flatMap((name) => this.connector(name) ?? [])
  }

  connector(name: string): ConnectorConfig | null {
    const entry = this.#entries.get(name)
    if (!entry || entry.config === null) return null
    const { config, targetState, tasks, configOffset, tasksOffset, fencingOffset } = entry
    const { endOffset } = entry
    return { name, config, targetState, tasks, configOffset, tasksOffset, fencingOffset, endOffset }
  }

  /** Whether the connector has, or had, a task of this number: `stop` takes tasks away, not their configs. */
  hasTask(name: string, task: number): boolean {
    return this.#entries.get(name)?.everyTask.has(task) ?? false
  }

  /** How many tasks of a connector may have open transactions (`tasks-fencing-`), or null. */
  fencedTasks(name: string): number | null {
    return this.#entries.get(name)?.fencedTasks ?? null
  }

  /** @returns what running workers have to do because of it, or null */
  take(key: string, value: string | null, offset: number): Order | null {
    this.#offset = offset
    const body = value === null ? null : parseJsonObject(value)
    // What is no object was not written by any Connect, and says nothing.
    if (body === null && value !== null) return null
    const found = KINDS.find(([prefix]) => key.startsWith(prefix))
    if (found === undefined) return null
    const [prefix, kind] = found
    return this.#takeAs(kind, key.slice(prefix.length), body)
  }

  #takeAs(kind: Kind, name: string, body: JsonObject | null): Order | null {
    if (kind === 'connector') this.#connector(name, body)
    else if (kind === 'target') this.#target(name, body)
    else if (kind === 'commit') this.#commit(name, body)
    else if (kind === 'fencing') this.#fenced(name, body)
    else if (kind === 'task') this.#task(name, body)
    else if (kind === 'session-key') this.#sessionKey = body && readSessionKey(body)
    else if (body !== null) return kind === 'restart' ? restart(name, body) : logLevel(name, body)
    return null
  }

  #entry(name: string): Entry {
    let entry = this.#entries.get(name)
    if (!entry) {
      entry = {
        config: null,
        configOffset: -1,
        targetState: 'STARTED',
        tasks: null,
        tasksOffset: -1,
        pending: new Map(),
        everyTask: new Map(),
        fencedTasks: null,
        fencingOffset: -1,
        endOffset: -1
      }
      this.#entries.set(name, entry)
    }
    return entry
  }

  #connector(name: string, body: JsonObject | null): void {
    const entry = this.#entry(name)
    if (body === null) {
      // Task and commit records of a deleted connector stay in the topic for ever and count no more.
      entry.config = null
      entry.endOffset = this.#offset
      entry.tasks = null
      entry.tasksOffset = -1
      entry.pending.clear()
      entry.everyTask.clear()
      return
    }
    entry.config = propertiesOf(body)
    entry.configOffset = this.#offset
  }

  #target(name: string, body: JsonObject | null): void {
    const state = body?.['state.v2'] ?? body?.['state']
    const entry = this.#entry(name)
    entry.targetState = state === 'PAUSED' || state === 'STOPPED' ? state : 'STARTED'
    if (state === 'STOPPED') entry.endOffset = this.#offset
  }

  #task(id: string, body: JsonObject | null): void {
    const dash = id.lastIndexOf('-')
    const number = Number(id.slice(dash + 1))
    if (dash < 0 || !Number.isInteger(number) || body === null) return
    const entry = this.#entry(id.slice(0, dash))
    entry.pending.set(number, propertiesOf(body))
    entry.everyTask.set(number, propertiesOf(body))
  }

  #commit(name: string, body: JsonObject | null): void {
    const entry = this.#entry(name)
    const count = Number(body?.['tasks'] ?? 0)
    const tasks: RawConfig[] = []
    for (let task = 0; task < count; task++) {
      const config = entry.pending.get(task) ?? entry.tasks?.[task]
      // A commit whose tasks were compacted away or never written: publish them anew.
      if (config === undefined) {
        entry.tasks = null
        entry.tasksOffset = -1
        return
      }
      tasks.push(config)
    }
    entry.tasks = tasks
    entry.tasksOffset = this.#offset
    entry.pending.clear()
  }

  #fenced(name: string, body: JsonObject | null): void {
    const entry = this.#entry(name)
    entry.fencedTasks = body === null ? null : Number(body['task-count'] ?? 0)
    entry.fencingOffset = body === null ? -1 : this.#offset
  }
}

function readSessionKey(body: JsonObject): SessionKeyRecord {
  return {
    key: String(body['key'] ?? ''),
    algorithm: String(body['algorithm'] ?? 'HmacSHA256'),
    createdAt: Number(body['creation-timestamp'] ?? 0),
    epoch: Number(body['epoch'] ?? 0)
  }
}

function restart(connector: string, body: JsonObject): Order {
  return {
    type: 'restart',
    connector,
    includeTasks: body['include-tasks'] === true,
    onlyFailed: body['only-failed'] === true
  }
}

function logLevel(logger: string, body: JsonObject): Order {
  return { type: 'log-level', logger, level: String(body['level'] ?? '') }
}

function propertiesOf(body: JsonObject): RawConfig {
  const properties = body['properties']
  const found = isJsonObject(properties) ? Object.entries(properties) : []
  // Kafka Connect may store null for a key that was given as null: the same as not given.
  return Object.fromEntries(
    found.flatMap(([key, value]) => (value === null ? [] : [[key, String(value)]]))
  )
}
