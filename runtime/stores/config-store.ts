import type { RawConfig } from '../api/config.ts'
import { CompactedTopic, type CompactedTopicOptions, type KeyedText } from './compacted-topic.ts'
import { ConfigLog, type ConnectorConfig, type TargetState } from './config-log.ts'
import { printExactJson } from './exact-json.ts'

const json = printExactJson

/**
 * Desired state: connectors, their target states and task configs, in Kafka Connect's config topic.
 * One partition, so that what is written together is one batch: all of it or nothing.
 */
export class ConfigStore {
  readonly #topic: CompactedTopic
  readonly #log: ConfigLog
  readonly #listeners: Set<() => void>

  private constructor(topic: CompactedTopic, log: ConfigLog, listeners: Set<() => void>) {
    this.#topic = topic
    this.#log = log
    this.#listeners = listeners
  }

  static async open(
    options: Omit<CompactedTopicOptions, 'onRecord'>,
    signal?: AbortSignal
  ): Promise<ConfigStore> {
    const log = new ConfigLog()
    const listeners = new Set<() => void>()
    const topic = await CompactedTopic.open(
      {
        ...options,
        onRecord: ({ key, value, offset }) => {
          log.take(key, value, offset)
          for (const listener of listeners) listener()
        }
      },
      signal
    )
    return new ConfigStore(topic, log, listeners)
  }

  connectors(): ConnectorConfig[] {
    return this.#log.connectors()
  }

  connector(name: string): ConnectorConfig | null {
    return this.#log.connector(name)
  }

  fencedTasks(name: string): number | null {
    return this.#log.fencedTasks(name)
  }

  /** Offset of the last record read: members of a group compare it. */
  get offset(): number {
    return this.#log.offset
  }

  /** Calls the listener after every record that is read. @returns a function that ends it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Reads what other workers write, from now on. */
  follow(): void {
    this.#topic.follow()
  }

  refresh(): Promise<void> {
    return this.#topic.readToEnd()
  }

  /** Creates or changes a connector. A target state given with it is written before it. */
  putConnector(name: string, config: RawConfig, targetState?: TargetState): Promise<void> {
    const state = targetState === undefined ? [] : [targetRecord(name, targetState)]
    const properties = { ...config, name }
    return this.#write([...state, { key: `connector-${name}`, value: json({ properties }) }])
  }

  /** Deletes a connector. Its offsets stay. */
  removeConnector(name: string): Promise<void> {
    return this.#write([
      { key: `connector-${name}`, value: null },
      { key: `target-state-${name}`, value: null }
    ])
  }

  putTargetState(name: string, state: TargetState): Promise<void> {
    return this.#write([targetRecord(name, state)])
  }

  /** Publishes the task configs of a connector, all at once. */
  putTaskConfigs(name: string, tasks: readonly RawConfig[]): Promise<void> {
    const records = tasks.map((properties, task) => ({
      key: `task-${name}-${task}`,
      value: json({ properties })
    }))
    return this.#write([
      ...records,
      { key: `commit-${name}`, value: json({ tasks: tasks.length }) }
    ])
  }

  /** Notes how many transactional tasks are about to run, for whoever has to fence them. */
  putFencedTasks(name: string, count: number): Promise<void> {
    return this.#write([{ key: `tasks-fencing-${name}`, value: json({ 'task-count': count }) }])
  }

  close(): Promise<void> {
    return this.#topic.close()
  }

  async #write(records: readonly KeyedText[]): Promise<void> {
    await this.#topic.write(records)
    await this.#topic.readToEnd()
  }
}

function targetRecord(name: string, state: TargetState): KeyedText {
  // `state` is what old workers read, which know no STOPPED.
  const value = json({ state: state === 'STARTED' ? 'STARTED' : 'PAUSED', 'state.v2': state })
  return { key: `target-state-${name}`, value }
}
