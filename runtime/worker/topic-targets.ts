import type { RawConfig } from '../api/config.ts'
import { ConnectError, DataError } from '../api/errors.ts'
import type { Broker, TopicSpec } from '../broker/broker.ts'
import { partitionOfKey } from '../stores/murmur2.ts'
import type { PartitionBuffer } from './transaction-writer.ts'

/** How many records without a key go to one partition before the next has its turn. */
const STICKY_RECORDS = 1000

/** A topic that a source writes to: its partitions, and the choice among them. */
export class TopicTarget {
  readonly buffers: readonly PartitionBuffer[]
  #sticky = 0
  #stuck = 0

  constructor(topic: string, partitions: number) {
    this.buffers = Array.from({ length: partitions }, (_, partition) => ({
      topic,
      partition,
      records: []
    }))
  }

  /**
   * The buffer of a record: the partition it asks for, else by the hash of its key as Kafka's default
   * partitioner does, else sticky round robin.
   * @throws {DataError} NO_SUCH_PARTITION
   */
  bufferFor(partition: number | null, key: string | Uint8Array | null): PartitionBuffer {
    const count = this.buffers.length
    const index = partition ?? (count === 1 ? 0 : this.#choose(key, count))
    const buffer = this.buffers[index]
    if (buffer !== undefined) return buffer
    throw new DataError(
      'NO_SUCH_PARTITION',
      `A record asks for partition ${partition} of topic '${this.buffers[0]?.topic}', which has ${count}`,
      { hint: 'give the topic more partitions, or leave the partition of the record to its key' }
    )
  }

  #choose(key: string | Uint8Array | null, count: number): number {
    if (key !== null) return partitionOfKey(typeof key === 'string' ? Buffer.from(key) : key, count)
    if (this.#stuck++ >= STICKY_RECORDS) {
      this.#stuck = 0
      this.#sticky = (this.#sticky + 1) % count
    }
    return this.#sticky
  }
}

interface CreationGroup {
  readonly include: readonly RegExp[]
  readonly exclude: readonly RegExp[]
  readonly settings: Omit<TopicSpec, 'name'>
}

/** The `topic.creation.*` settings of a source connector (KIP-158): the first group that matches. */
export class TopicCreation {
  readonly #groups: readonly CreationGroup[]
  readonly #fallback: Omit<TopicSpec, 'name'>

  constructor(raw: RawConfig) {
    this.#fallback = settingsOf(raw, 'default', { partitions: 1, replicationFactor: -1 })
    this.#groups = listOf(raw['topic.creation.groups']).map((group) => ({
      include: patternsOf(raw[`topic.creation.${group}.include`]),
      exclude: patternsOf(raw[`topic.creation.${group}.exclude`]),
      settings: settingsOf(raw, group, this.#fallback)
    }))
  }

  specOf(topic: string): TopicSpec {
    const group = this.#groups.find(
      ({ include, exclude }) =>
        include.some((regex) => regex.test(topic)) && !exclude.some((regex) => regex.test(topic))
    )
    return { name: topic, ...(group?.settings ?? this.#fallback) }
  }
}

/** The topics that a source has written to; missing ones are created at their first record. */
export class TopicTargets {
  readonly #broker: Broker
  readonly #creation: TopicCreation | null
  readonly #internal: ReadonlySet<string>
  readonly #targets = new Map<string, TopicTarget>()

  /**
   * @param creation null when the worker forbids sources to create topics
   * @param internal names of the worker's internal topics
   */
  constructor(
    broker: Broker,
    creation: TopicCreation | null,
    internal: ReadonlySet<string> = new Set()
  ) {
    this.#broker = broker
    this.#creation = creation
    this.#internal = internal
  }

  get(topic: string): TopicTarget | undefined {
    return this.#targets.get(topic)
  }

  /**
   * Finds or creates a topic.
   * @throws {ConnectError} TOPIC_MISSING when it is not there and may not be created; TOPIC_IS_INTERNAL
   */
  async open(topic: string): Promise<void> {
    requireOwnTopic(topic, this.#internal)
    let [found] = await this.#broker.describeTopics([topic])
    if (found === undefined && this.#creation !== null) {
      await this.#broker.createTopics([this.#creation.specOf(topic)])
      ;[found] = await this.#broker.describeTopics([topic])
    }
    if (found === undefined) {
      throw new ConnectError('TOPIC_MISSING', `Topic '${topic}' does not exist`, {
        hint: 'create it, or set topic.creation.enable: true in the worker file',
        retriable: this.#creation !== null
      })
    }
    this.#targets.set(topic, new TopicTarget(topic, found.partitions))
  }
}

/**
 * Keeps connectors out of the topics by which the workers are told what to do: whoever may create a
 * connector could otherwise write there what no request is allowed to.
 *
 * @throws {ConnectError} TOPIC_IS_INTERNAL
 */
export function requireOwnTopic(topic: string, internal: ReadonlySet<string>): void {
  if (!internal.has(topic)) return
  throw new ConnectError(
    'TOPIC_IS_INTERNAL',
    `Topic '${topic}' is an internal topic of the workers: no connector may write to it`,
    { hint: 'give the connector another topic' }
  )
}

function settingsOf(
  raw: RawConfig,
  group: string,
  inherited: Omit<TopicSpec, 'name'>
): Omit<TopicSpec, 'name'> {
  const prefix = `topic.creation.${group}.`
  const own = new Set(['include', 'exclude', 'partitions', 'replication.factor'])
  const configs = Object.entries(raw)
    .filter(([key]) => key.startsWith(prefix) && !own.has(key.slice(prefix.length)))
    .map(([key, value]) => [key.slice(prefix.length), value])
  return {
    partitions: Number(raw[`${prefix}partitions`] ?? inherited.partitions),
    replicationFactor: Number(
      raw[`${prefix}replication.factor`] ?? inherited.replicationFactor ?? -1
    ),
    configs: { ...inherited.configs, ...Object.fromEntries(configs) }
  }
}

function listOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

function patternsOf(text: string | undefined): RegExp[] {
  return listOf(text).map((pattern) => new RegExp(`^(?:${pattern})$`))
}
