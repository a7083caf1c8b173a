import {
  type CompactedRecord,
  CompactedTopic,
  type CompactedTopicOptions,
  type KeyedText
} from './compacted-topic.ts'
import { isJsonObject, parseJsonObject, printExactJson } from './exact-json.ts'

/** The states of connectors and tasks in Kafka Connect's status topic. */
export type ConnectState = 'UNASSIGNED' | 'RUNNING' | 'PAUSED' | 'STOPPED' | 'FAILED' | 'RESTARTING'

export interface Status {
  readonly state: ConnectState
  /** Why it failed, or what it retries; null when all is well. */
  readonly trace: string | null
  readonly workerId: string
  readonly generation: number
  /** Version of the plugin. */
  readonly version: string | null
}

/** That a connector has used a topic. */
export interface TopicUse {
  readonly topic: string
  readonly connector: string
  readonly task: number
  /** Milliseconds since 1970. */
  readonly discoverTimestamp: number
}

const STATES: ReadonlySet<string> = new Set([
  'UNASSIGNED',
  'RUNNING',
  'PAUSED',
  'STOPPED',
  'FAILED',
  'RESTARTING'
])

/** The number that stands for the connector itself, where a task could be meant. */
const CONNECTOR = -1

/** Hears of a status that was read; null when it was removed. */
export type StatusListener = (key: string, status: Status | null) => void

interface StatusMaps {
  /** By record key: `status-connector-<name>` and `status-task-<name>-<id>`. */
  readonly statuses: Map<string, Status>
  readonly topics: Map<string, TopicUse>
  /** How many records this store has written of a key and not yet read. */
  readonly unread: Map<string, number>
  readonly listeners: Set<StatusListener>
}

/**
 * States of connectors and tasks, and the topics they use, in Kafka Connect's status topic
 * (`KafkaStatusBackingStore`). What this worker writes is visible here at once.
 */
export class StatusStore {
  readonly #topic: CompactedTopic
  readonly #maps: StatusMaps

  private constructor(topic: CompactedTopic, maps: StatusMaps) {
    this.#topic = topic
    this.#maps = maps
  }

  static async open(
    options: Omit<CompactedTopicOptions, 'onRecord'>,
    signal?: AbortSignal
  ): Promise<StatusStore> {
    const maps: StatusMaps = {
      statuses: new Map(),
      topics: new Map(),
      unread: new Map(),
      listeners: new Set()
    }
    const onRecord = (record: CompactedRecord) => take(maps, record)
    return new StatusStore(await CompactedTopic.open({ ...options, onRecord }, signal), maps)
  }

  follow(): void {
    this.#topic.follow()
  }

  /** Resolves when everything that was written before the call is known here. */
  refresh(): Promise<void> {
    return this.#topic.readToEnd()
  }

  connector(name: string): Status | null {
    return this.task(name, CONNECTOR)
  }

  /** @param task its number, or -1 for the connector itself */
  task(name: string, task: number): Status | null {
    return this.#maps.statuses.get(statusKey(name, task)) ?? null
  }

  /** The highest generation that any status carries; 0 when there is none. */
  get highestGeneration(): number {
    let highest = 0
    for (const { generation } of this.#maps.statuses.values()) {
      highest = Math.max(highest, generation)
    }
    return highest
  }

  /** Calls the listener after every status that is read. @returns a function that ends it */
  onRead(listener: StatusListener): () => void {
    this.#maps.listeners.add(listener)
    return () => this.#maps.listeners.delete(listener)
  }

  /**
   * Writes a status, or forgets it with null. Durable when it resolves.
   * @param task its number, or -1 for the connector itself
   */
  async put(name: string, task: number, status: Status | null): Promise<void> {
    const key = statusKey(name, task)
    const { statuses } = this.#maps
    const before = statuses.get(key) ?? null
    set(statuses, key, status)
    try {
      await this.#write([{ key, value: status === null ? null : print(status) }])
    } catch (error) {
      // As far as anybody knows, the topic has what it had.
      if ((statuses.get(key) ?? null) === status) set(statuses, key, before)
      throw error
    }
  }

  /**
   * As {@link put}, but leaves the status alone when another worker of a newer generation has
   * written it: a worker that lost a task must not overwrite what the new owner says.
   */
  async putSafely(name: string, task: number, status: Status): Promise<void> {
    const known = this.task(name, task)
    const superseded =
      known !== null && known.workerId !== status.workerId && known.generation > status.generation
    if (!superseded) await this.put(name, task, status)
  }

  /** Connectors and tasks that have a status, by name and number (-1: the connector itself). */
  keys(): { readonly connector: string; readonly task: number }[] {
    return [...this.#maps.statuses.keys()].flatMap((key) => parseStatusKey(key) ?? [])
  }

  /** Names of connectors that have used a topic. */
  topicUsers(): string[] {
    return [...new Set([...this.#maps.topics.values()].map(({ connector }) => connector))]
  }

  topics(connector: string): string[] {
    return [...this.#maps.topics.values()]
      .filter((use) => use.connector === connector)
      .map((use) => use.topic)
      .sort()
  }

  /** Remembers that a connector uses a topic. Free when it is known. */
  async addTopic(use: TopicUse): Promise<void> {
    const key = topicKey(use.connector, use.topic)
    if (this.#maps.topics.has(key)) return
    this.#maps.topics.set(key, use)
    const { topic: name, connector, task, discoverTimestamp } = use
    const value = printExactJson({ topic: { name, connector, task, discoverTimestamp } })
    await this.#write([{ key, value }])
  }

  /** Forgets the topics of a connector. */
  async resetTopics(connector: string): Promise<void> {
    const keys = this.topics(connector).map((topic) => topicKey(connector, topic))
    for (const key of keys) this.#maps.topics.delete(key)
    if (keys.length > 0) await this.#write(keys.map((key) => ({ key, value: null })))
  }

  close(): Promise<void> {
    return this.#topic.close()
  }

  /** Until it is read again, what was written here counts, not what is read of before it. */
  async #write(records: readonly KeyedText[]): Promise<void> {
    const { unread } = this.#maps
    for (const { key } of records) unread.set(key, (unread.get(key) ?? 0) + 1)
    try {
      await this.#topic.write(records)
    } catch (error) {
      for (const { key } of records) markRead(unread, key)
      throw error
    }
  }
}

function set(statuses: Map<string, Status>, key: string, status: Status | null): void {
  if (status === null) statuses.delete(key)
  else statuses.set(key, status)
}

function statusKey(name: string, task: number): string {
  return task === CONNECTOR ? `status-connector-${name}` : `status-task-${name}-${task}`
}

/** The reverse of {@link statusKey}; null for other keys. */
export function parseStatusKey(key: string): { connector: string; task: number } | null {
  const [, connector] = /^status-connector-(.*)$/su.exec(key) ?? []
  if (connector !== undefined) return { connector, task: CONNECTOR }
  const [, name, task] = /^status-task-(.*)-(\d+)$/su.exec(key) ?? []
  return name === undefined ? null : { connector: name, task: Number(task) }
}

const topicKey = (connector: string, topic: string) =>
  `status-topic-${topic}:connector-${connector}`

function print(status: Status): string {
  const { state, trace, workerId, generation, version } = status
  return printExactJson({ state, trace, worker_id: workerId, generation, version })
}

function take(maps: StatusMaps, { key, value }: CompactedRecord): void {
  if (!markRead(maps.unread, key)) return
  if (key.startsWith('status-topic-')) {
    const use = value === null ? null : parseTopic(value)
    if (use === null) maps.topics.delete(key)
    else maps.topics.set(key, use)
  } else if (key.startsWith('status-connector-') || key.startsWith('status-task-')) {
    const status = value === null ? null : parseStatus(value)
    set(maps.statuses, key, status)
    for (const listener of maps.listeners) listener(key, status)
  }
}

/** @returns whether nothing that was written here is still to be read */
function markRead(unread: Map<string, number>, key: string): boolean {
  const left = (unread.get(key) ?? 0) - 1
  if (left > 0) unread.set(key, left)
  else unread.delete(key)
  return left <= 0
}

function parseStatus(text: string): Status | null {
  const body = parseJsonObject(text)
  const state = body?.['state']
  if (!body || typeof state !== 'string' || !STATES.has(state)) return null
  const { trace, version } = body
  return {
    state: state as ConnectState,
    trace: typeof trace === 'string' ? trace : null,
    workerId: String(body['worker_id'] ?? ''),
    generation: Number(body['generation'] ?? 0),
    version: typeof version === 'string' ? version : null
  }
}

function parseTopic(text: string): TopicUse | null {
  const use = parseJsonObject(text)?.['topic']
  if (!isJsonObject(use)) return null
  return {
    topic: String(use['name']),
    connector: String(use['connector']),
    task: Number(use['task'] ?? 0),
    discoverTimestamp: Number(use['discoverTimestamp'] ?? 0)
  }
}
