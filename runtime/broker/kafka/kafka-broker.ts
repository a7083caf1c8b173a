import { randomUUID } from 'node:crypto'
import type { TopicPartition, TopicPartitionOffset } from '../../api/record.ts'
import type { Logger } from '../../api/task.ts'
import type {
  Broker,
  OffsetSpec,
  Producer,
  ProducerOptions,
  Reader,
  TopicDescription,
  TopicSpec
} from '../broker.ts'
import type { ClientObserver } from '../client-observer.ts'
import type { GroupCoordinator, GroupOptions } from '../group-coordinator.ts'
import { type ClientSettings, readClientConfig, unusedKeys } from './client-config.ts'
import { metadataRequest } from './cluster-requests.ts'
import { Coordinators } from './coordinators.ts'
import { KafkaClient } from './kafka-client.ts'
import type { KafkaConfig } from './kafka-config.ts'
import { KafkaCoordinator } from './kafka-coordinator.ts'
import { brokerError, CODE } from './kafka-error.ts'
import { IdempotentProducer, TransactionalProducer } from './kafka-producer.ts'
import { KafkaReader } from './kafka-reader.ts'
import { KafkaTopics } from './kafka-topics.ts'
import {
  commitOffsetsRequest,
  type DeleteOffsetsAnswer,
  deleteGroupRequest,
  deleteOffsetsRequest,
  groupOffsetsRequest
} from './offset-requests.ts'
import type { PartitionsAnswer } from './topic-requests.ts'

export interface KafkaBrokerOptions {
  readonly logger?: Logger
  /** Hears of all that this broker's clients do. */
  readonly observer?: ClientObserver
}

/**
 * Topics in Kafka 2.5 or later.
 *
 * @param config Kafka client keys: `bootstrap.servers`, `security.protocol`, `sasl.*`, `ssl.*`,
 *   `compression.type`, `transaction.timeout.ms`... Keys without effect are named in a warning.
 * @throws {ConnectError} INVALID_KAFKA_CONFIG, KAFKA_AUTHENTICATION, KAFKA_TLS
 * @throws {RetriableError} KAFKA_UNREACHABLE when none of the servers answers
 */
export async function openKafkaBroker(
  config: KafkaConfig,
  options: KafkaBrokerOptions = {}
): Promise<Broker> {
  const settings = await readClientConfig(config)
  const unused = unusedKeys(config)
  if (unused.length > 0) {
    options.logger?.warn('Kafka client settings without effect', { keys: unused })
  }
  const broker = new KafkaBroker(settings, options)
  try {
    await broker.connect()
  } catch (error) {
    await broker.close()
    throw error
  }
  return broker
}

class KafkaBroker implements Broker {
  readonly #settings: ClientSettings
  readonly #options: KafkaBrokerOptions
  readonly #client: KafkaClient
  readonly #topics: KafkaTopics
  readonly #coordinators: Coordinators
  /** Producers and readers have connections of their own: a fetch holds up all that come after. */
  readonly #open = new Set<KafkaClient>()

  constructor(settings: ClientSettings, options: KafkaBrokerOptions) {
    this.#settings = settings
    this.#options = options
    this.#client = this.#newClient(settings.clientId)
    this.#topics = new KafkaTopics(this.#client)
    this.#coordinators = new Coordinators(this.#client)
  }

  async connect(): Promise<void> {
    await this.#client.refresh([])
  }

  createTopics(topics: readonly TopicSpec[]): Promise<void> {
    return this.#topics.create(topics)
  }

  describeTopics(names?: readonly string[]): Promise<readonly TopicDescription[]> {
    return this.#topics.describe(names)
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    return this.#topics.delete(names)
  }

  deleteRecords(before: readonly TopicPartitionOffset[]): Promise<void> {
    return this.#topics.deleteRecords(before)
  }

  offsets(
    partitions: readonly TopicPartition[],
    spec: OffsetSpec
  ): Promise<readonly TopicPartitionOffset[]> {
    return this.#topics.offsets(partitions, spec)
  }

  async producer({ clientId, transactionalId, guard }: ProducerOptions): Promise<Producer> {
    const client = this.#newClient(clientId)
    const producer =
      transactionalId === undefined
        ? new IdempotentProducer(client, guard)
        : new TransactionalProducer(client, transactionalId)
    try {
      await producer.start()
    } catch (error) {
      client.close()
      throw error
    }
    return producer
  }

  async reader(): Promise<Reader> {
    return new KafkaReader(
      this.#newClient(`${this.#settings.clientId}-${randomUUID().slice(0, 8)}`)
    )
  }

  async groupOffsets(group: string): Promise<readonly TopicPartitionOffset[]> {
    const what = `read the offsets of group ${group}`
    const request = groupOffsetsRequest(group)
    const answer = await this.#coordinators.ask(
      { kind: 'group', key: group, request, what, codeOf: ({ code }) => code },
      this.#settings.deliveryTimeoutMs
    )
    if (answer.code !== CODE.none) throw brokerError(answer.code, what)
    return answer.partitions
      .filter(({ offset }) => offset >= 0)
      .map(({ topic, partition, offset }) => ({ topic, partition, offset }))
  }

  async commitGroupOffsets(group: string, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    if (offsets.length === 0) return
    const what = `commit the offsets of group ${group}`
    const request = commitOffsetsRequest(group, offsets)
    const codeOf = ({ partitions }: PartitionsAnswer) =>
      partitions.find(({ code }) => code !== CODE.none)?.code ?? CODE.none
    const answer = await this.#coordinators.ask(
      { kind: 'group', key: group, request, what, codeOf },
      this.#settings.deliveryTimeoutMs
    )
    if (codeOf(answer) !== CODE.none) throw brokerError(codeOf(answer), what)
  }

  async deleteGroupOffsets(group: string, partitions: readonly TopicPartition[]): Promise<void> {
    if (partitions.length === 0) return
    const what = `delete offsets of group ${group}`
    const request = deleteOffsetsRequest(group, partitions)
    const absent: readonly number[] = [CODE.groupIdNotFound, CODE.unknownTopicOrPartition]
    const codeOf = ({ code, partitions: results }: DeleteOffsetsAnswer) => {
      const codes = [code, ...results.map((result) => result.code)]
      return codes.find((one) => one !== CODE.none && !absent.includes(one)) ?? CODE.none
    }
    const answer = await this.#coordinators.ask(
      { kind: 'group', key: group, request, what, codeOf },
      this.#settings.deliveryTimeoutMs
    )
    if (codeOf(answer) !== CODE.none) throw brokerError(codeOf(answer), what)
  }

  async deleteGroup(group: string): Promise<void> {
    const what = `delete group ${group}`
    const request = deleteGroupRequest(group)
    const { code } = await this.#coordinators.ask(
      { kind: 'group', key: group, request, what, codeOf: (answer) => answer.code },
      this.#settings.deliveryTimeoutMs
    )
    if (code !== CODE.none && code !== CODE.groupIdNotFound) throw brokerError(code, what)
  }

  async coordinator(options: GroupOptions): Promise<GroupCoordinator> {
    return new KafkaCoordinator(options, (clientId, longestRequestMs) =>
      this.#newClient(clientId, longestRequestMs)
    )
  }

  async clusterId(): Promise<string> {
    const answer = await this.#client.retry({ timeoutMs: this.#settings.deliveryTimeoutMs }, () =>
      this.#client.askAny(metadataRequest([]))
    )
    return answer.clusterId
  }

  async close(): Promise<void> {
    for (const client of this.#open) client.close()
  }

  #newClient(clientId: string, longestRequestMs = Number.POSITIVE_INFINITY): KafkaClient {
    const { requestTimeoutMs, connectionTimeoutMs } = this.#settings
    const settings = {
      ...this.#settings,
      requestTimeoutMs: Math.min(requestTimeoutMs, longestRequestMs),
      connectionTimeoutMs: Math.min(connectionTimeoutMs, longestRequestMs)
    }
    const { logger, observer } = this.#options
    const client = new KafkaClient({ settings, clientId, logger, observer })
    this.#open.add(client)
    client.closing.addEventListener('abort', () => this.#open.delete(client), { once: true })
    return client
  }
}
