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
}

interface Entry {
  config: RawConfig | null
  configOffset: number
  targetState: TargetState
  tasks: readonly RawConfig[] | null
  readonly pending: Map<number, RawConfig>
  fencedTasks: number | null
}

/**
 * Kafka Connect's config topic, folded into what it says (record formats of `KafkaConfigBackingStore`).
 * Pure: records in, connectors out.
 */
export class ConfigLog {
  readonly #entries = new Map<string, Entry>()
  #offset = -1

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
    const { config, targetState, tasks, configOffset } = entry
    return { name, config, targetState, tasks, configOffset }
  }

  /** How many tasks of a connector may have open transactions (`tasks-fencing-`), or null. */
  fencedTasks(name: string): number | null {
    return this.#entries.get(name)?.fencedTasks ?? null
  }

  take(key: string, value: string | null, offset: number): void {
    this.#offset = offset
    const body = value === null ? null : parseJsonObject(value)
    // What is no object was not written by any Connect, and says nothing.
    if (body === null && value !== null) return
    if (key.startsWith('connector-')) this.#connector(key.slice('connector-'.length), body)
    else if (key.startsWith('target-state-')) this.#target(key.slice('target-state-'.length), body)
    else if (key.startsWith('commit-')) this.#commit(key.slice('commit-'.length), body)
    else if (key.startsWith('tasks-fencing-'))
      this.#fenced(key.slice('tasks-fencing-'.length), body)
    else if (key.startsWith('task-')) this.#task(key.slice('task-'.length), body)
    // session-key, restart-connector- and logger-cluster- are orders to running workers, not state.
  }

  #entry(name: string): Entry {
    let entry = this.#entries.get(name)
    if (!entry) {
      entry = {
        config: null,
        configOffset: -1,
        targetState: 'STARTED',
        tasks: null,
        pending: new Map(),
        fencedTasks: null
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
      entry.tasks = null
      entry.pending.clear()
      return
    }
    entry.config = propertiesOf(body)
    entry.configOffset = this.#offset
  }

  #target(name: string, body: JsonObject | null): void {
    const state = body?.['state.v2'] ?? body?.['state']
    this.#entry(name).targetState = state === 'PAUSED' || state === 'STOPPED' ? state : 'STARTED'
  }

  #task(id: string, body: JsonObject | null): void {
    const dash = id.lastIndexOf('-')
    const number = Number(id.slice(dash + 1))
    if (dash < 0 || !Number.isInteger(number) || body === null) return
    this.#entry(id.slice(0, dash)).pending.set(number, propertiesOf(body))
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
        return
      }
      tasks.push(config)
    }
    entry.tasks = tasks
    entry.pending.clear()
  }

  #fenced(name: string, body: JsonObject | null): void {
    this.#entry(name).fencedTasks = body === null ? null : Number(body['task-count'] ?? 0)
  }
}

function propertiesOf(body: JsonObject): RawConfig {
  const properties = body['properties']
  const found = isJsonObject(properties) ? Object.entries(properties) : []
  // Kafka Connect may store null for a key that was given as null: the same as not given.
  return Object.fromEntries(
    found.flatMap(([key, value]) => (value === null ? [] : [[key, String(value)]]))
  )
}
