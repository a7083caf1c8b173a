import type { RawConfig } from '../api/config.ts'
import { ConnectError } from '../api/errors.ts'
import type { Broker, Producer } from '../broker/broker.ts'
import { CompactedTopic, type CompactedTopicOptions, type KeyedText } from './compacted-topic.ts'
import {
  ConfigLog,
  type ConnectorConfig,
  type Order,
  type SessionKeyRecord,
  type TargetState
} from './config-log.ts'
import { printExactJson } from './exact-json.ts'

const json = printExactJson

/**
 * Desired state: connectors, their target states and task configs, in Kafka Connect's config topic.
 * One partition, so that what is written together is one batch: all of it or nothing.
 */
export class ConfigStore {
  readonly #topic: CompactedTopic
  readonly #broker: Broker
  readonly #log: ConfigLog
  readonly #listeners: Set<(order: Order | null) => void>
  #leading: { readonly producer: Producer } | null = null

  private constructor(parts: {
    topic: CompactedTopic
    broker: Broker
    log: ConfigLog
    listeners: Set<(order: Order | null) => void>
  }) {
    this.#topic = parts.topic
    this.#broker = parts.broker
    this.#log = parts.log
    this.#listeners = parts.listeners
  }

  static async open(
    options: Omit<CompactedTopicOptions, 'onRecord'>,
    signal?: AbortSignal
  ): Promise<ConfigStore> {
    const log = new ConfigLog()
    const listeners = new Set<(order: Order | null) => void>()
    const topic = await CompactedTopic.open(
      {
        ...options,
        onRecord: ({ key, value, offset }) => {
          const order = log.take(key, value, offset)
          for (const listener of listeners) listener(order)
        }
      },
      signal
    )
    return new ConfigStore({ topic, broker: options.broker, log, listeners })
  }

  connectors(): ConnectorConfig[] {
    return this.#log.connectors()
  }

  connector(name: string): ConnectorConfig | null {
    return this.#log.connector(name)
  }

  /** @see ConfigLog.hasTask */
  hasTask(name: string, task: number): boolean {
    return this.#log.hasTask(name, task)
  }

  fencedTasks(name: string): number | null {
    return this.#log.fencedTasks(name)
  }

  get sessionKey(): SessionKeyRecord | null {
    return this.#log.sessionKey
  }

  /** Offset of the last record read: members of a group compare it. */
  get offset(): number {
    return this.#log.offset
  }

  /**
   * Calls the listener after every record that is read from now on, with the order in it if any.
   * @returns a function that ends it
   */
  onChange(listener: (order: Order | null) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Reads what other workers write, from now on. */
  follow(): void {
    this.#topic.follow()
  }

  /** Reads all that was written, also what the leader has committed a moment ago. */
  refresh(): Promise<void> {
    return this.#topic.readWritten()
  }

  /**
   * Makes this worker the only one that can write as the leader: whoever was before is fenced. Reads
   * all that it wrote.
   *
   * @param transactionalId the same for all leaders of a group
   */
  async lead(transactionalId: string): Promise<void> {
    await this.resign()
    const producer = await this.#broker.producer({ clientId: transactionalId, transactionalId })
    this.#leading = { producer }
    await this.#topic.readWritten()
  }

  /** Whether `lead` was called, and no write has failed since. */
  get isLeading(): boolean {
    return this.#leading !== null
  }

  /** Gives the right to write as the leader up. */
  async resign(): Promise<void> {
    const leading = this.#leading
    this.#leading = null
    await leading?.producer.close()
  }

  /** Leader. Creates or changes a connector. A target state given with it is written before it. */
  putConnector(name: string, config: RawConfig, targetState?: TargetState): Promise<void> {
    const state = targetState === undefined ? [] : [targetRecord(name, targetState)]
    const properties = { ...config, name }
    return this.#write([...state, { key: `connector-${name}`, value: json({ properties }) }])
  }

  /** Leader. Deletes a connector. Its offsets stay. */
  removeConnector(name: string): Promise<void> {
    return this.#write([
      { key: `connector-${name}`, value: null },
      { key: `target-state-${name}`, value: null }
    ])
  }

  /**
   * Leader. As `stop` of Kafka Connect writes it, in its order: no task may start in between. The tasks
   * end in order, and count as not fenced: some may be slow, or on a worker that has not heard of it.
   */
  stopConnector(name: string): Promise<void> {
    return this.#write([commitRecord(name, 0), targetRecord(name, 'STOPPED')])
  }

  /** Any worker, as in Kafka Connect: a pause must not have to wait for a leader. */
  async putTargetState(name: string, state: TargetState): Promise<void> {
    await this.#topic.write([targetRecord(name, state)])
    await this.#topic.readWritten()
  }

  /**
   * Leader. Publishes the task configs of a connector, all at once.
   *
   * @param fenced whether nothing that older tasks could write is left to be fenced
   */
  putTaskConfigs(name: string, tasks: readonly RawConfig[], fenced: boolean): Promise<void> {
    const records = tasks.map((properties, task) => ({
      key: `task-${name}-${task}`,
      value: json({ properties })
    }))
    const after = fenced ? [fencing(name, tasks.length)] : []
    return this.#write([...records, commitRecord(name, tasks.length), ...after])
  }

  /** Leader. Notes how many transactional tasks are about to run, now that older ones are fenced. */
  putFencedTasks(name: string, count: number): Promise<void> {
    return this.#write([fencing(name, count)])
  }

  /** Leader. Has every worker restart what it runs of a connector (KIP-745). */
  putRestart(name: string, options: { includeTasks: boolean; onlyFailed: boolean }): Promise<void> {
    const value = json({
      'include-tasks': options.includeTasks,
      'only-failed': options.onlyFailed
    })
    return this.#write([{ key: `restart-connector-${name}`, value }])
  }

  /** Leader. The key of requests between workers, and the bound of the epochs given out. */
  putSessionKey({ key, algorithm, createdAt, epoch }: SessionKeyRecord): Promise<void> {
    const value = json({ key, algorithm, 'creation-timestamp': createdAt, epoch })
    return this.#write([{ key: 'session-key', value }])
  }

  /** Any worker. Sets a log level on all of them (KIP-976). */
  async putLogLevel(logger: string, level: string): Promise<void> {
    await this.#topic.write([{ key: `logger-cluster-${logger}`, value: json({ level }) }])
    await this.#topic.readWritten()
  }

  async close(): Promise<void> {
    await this.resign().catch(() => undefined)
    await this.#topic.close()
  }

  async #write(records: readonly KeyedText[]): Promise<void> {
    const leading = this.#leading
    if (leading === null) throw notLeading()
    try {
      await this.#topic.writeAs(leading.producer, records)
    } catch (error) {
      // Whether it was written is not known, and only the group can say who leads now.
      if (this.#leading === leading) this.#leading = null
      void leading.producer.close().catch(() => undefined)
      throw error
    }
    await this.#topic.readWritten()
  }
}

function notLeading(): ConnectError {
  return new ConnectError('NOT_LEADER', 'Only the leader of the group may write this', {
    retriable: true,
    hint: 'ask again in a moment'
  })
}

function commitRecord(name: string, tasks: number): KeyedText {
  return { key: `commit-${name}`, value: json({ tasks }) }
}

function fencing(name: string, count: number): KeyedText {
  return { key: `tasks-fencing-${name}`, value: json({ 'task-count': count }) }
}

function targetRecord(name: string, state: TargetState): KeyedText {
  // `state` is what old workers read, which know no STOPPED.
  const value = json({ state: state === 'STARTED' ? 'STARTED' : 'PAUSED', 'state.v2': state })
  return { key: `target-state-${name}`, value }
}
