import {
  type CompactedRecord,
  CompactedTopic,
  type CompactedTopicOptions
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

interface StatusMaps {
  /** By record key: `status-connector-<name>` and `status-task-<name>-<id>`. */
  readonly statuses: Map<string, Status>
  readonly topics: Map<string, TopicUse>
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
    const maps: StatusMaps = { statuses: new Map(), topics: new Map() }
    const onRecord = (record: CompactedRecord) => take(maps, record)
    return new StatusStore(await CompactedTopic.open({ ...options, onRecord }, signal), maps)
  }

  follow(): void {
    this.#topic.follow()
  }

  connector(name: string): Status | null {
    return this.#maps.statuses.get(connectorKey(name)) ?? null
  }

  task(name: string, task: number): Status | null {
    return this.#maps.statuses.get(taskKey(name, task)) ?? null
  }

  /** The highest generation that any status carries; 0 when there is none. */
  get highestGeneration(): number {
    let highest = 0
    for (const { generation } of this.#maps.statuses.values()) {
      highest = Math.max(highest, generation)
    }
    return highest
  }

  /** Writes a status, or forgets it with null. Durable when it resolves. */
  putConnector(name: string, status: Status | null): Promise<void> {
    return this.#put(connectorKey(name), status)
  }

  putTask(name: string, task: number, status: Status | null): Promise<void> {
    return this.#put(taskKey(name, task), status)
  }

  /**
   * As {@link putTask}, but leaves the status alone when another worker of a newer generation has
   * written it: a worker that lost a task must not overwrite what the new owner says.
   */
  async putTaskSafely(name: string, task: number, status: Status): Promise<void> {
    const known = this.task(name, task)
    const superseded =
      known !== null && known.workerId !== status.workerId && known.generation > status.generation
    if (!superseded) await this.putTask(name, task, status)
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
    await this.#topic.write([{ key, value }])
  }

  /** Forgets the topics of a connector. */
  async resetTopics(connector: string): Promise<void> {
    const keys = this.topics(connector).map((topic) => topicKey(connector, topic))
    for (const key of keys) this.#maps.topics.delete(key)
    if (keys.length > 0) await this.#topic.write(keys.map((key) => ({ key, value: null })))
  }

  /** Forgets everything about a deleted connector. */
  async remove(connector: string, tasks: number): Promise<void> {
    await this.resetTopics(connector)
    const keys = [
      connectorKey(connector),
      ...Array.from({ length: tasks }, (_, task) => taskKey(connector, task))
    ].filter((key) => this.#maps.statuses.delete(key))
    if (keys.length > 0) await this.#topic.write(keys.map((key) => ({ key, value: null })))
  }

  close(): Promise<void> {
    return this.#topic.close()
  }

  async #put(key: string, status: Status | null): Promise<void> {
    if (status === null) this.#maps.statuses.delete(key)
    else this.#maps.statuses.set(key, status)
    await this.#topic.write([{ key, value: status === null ? null : print(status) }])
  }
}

const connectorKey = (name: string) => `status-connector-${name}`
const taskKey = (name: string, task: number) => `status-task-${name}-${task}`
const topicKey = (connector: string, topic: string) =>
  `status-topic-${topic}:connector-${connector}`

function print(status: Status): string {
  const { state, trace, workerId, generation, version } = status
  return printExactJson({ state, trace, worker_id: workerId, generation, version })
}

function take(maps: StatusMaps, { key, value }: CompactedRecord): void {
  if (key.startsWith('status-topic-')) {
    const use = value === null ? null : parseTopic(value)
    if (use === null) maps.topics.delete(key)
    else maps.topics.set(key, use)
  } else if (key.startsWith('status-connector-') || key.startsWith('status-task-')) {
    const status = value === null ? null : parseStatus(value)
    if (status === null) maps.statuses.delete(key)
    else maps.statuses.set(key, status)
  }
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
