import { ConnectError, RetriableError } from '../../api/errors.ts'
import type { TopicPartition, TopicPartitionOffset } from '../../api/record.ts'
import type { OffsetSpec, TopicDescription, TopicSpec } from '../broker.ts'
import type { KafkaClient } from './kafka-client.ts'
import { brokerError, CODE, isRefusedForNow } from './kafka-error.ts'
import type { Answer, WireRequest } from './node-connection.ts'
import {
  EARLIEST,
  LATEST,
  listOffsetsRequest,
  READ_COMMITTED,
  READ_UNCOMMITTED
} from './offset-requests.ts'
import {
  createTopicsRequest,
  deleteRecordsRequest,
  deleteTopicsRequest,
  describeConfigsRequest,
  type PartitionResult,
  type TopicResult
} from './topic-requests.ts'

/** Topics, their configs and their offsets. */
export class KafkaTopics {
  readonly #client: KafkaClient

  constructor(client: KafkaClient) {
    this.#client = client
  }

  async create(topics: readonly TopicSpec[]): Promise<void> {
    if (topics.length === 0) return
    await this.#retry(async () => {
      const answer = await this.#client.askController(createTopicsRequest(topics))
      for (const result of answer.topics) {
        if (result.code !== CODE.topicAlreadyExists) this.#check(result, 'create')
      }
    })
    const places = topics.map(({ name }) => ({ topic: name, partition: 0 }))
    // The controller has made them; the other nodes learn of it a moment later.
    await this.#client.findLeaders(places, this.#limits)
  }

  async describe(names?: readonly string[]): Promise<readonly TopicDescription[]> {
    if (names?.length === 0) return []
    return this.#retry(async () => {
      const metadata = await this.#client.refresh(names ?? null)
      const found = metadata.filter(({ code }) => code !== CODE.unknownTopicOrPartition)
      for (const { topic, code } of found) this.#check({ topic, code, detail: null }, 'describe')
      if (found.length === 0) return []
      const request = describeConfigsRequest(found.map(({ topic }) => topic))
      const { topics } = await this.#client.askAny(request)
      for (const result of topics) this.#check(result, 'describe')
      const configs = new Map(topics.map((one) => [one.topic, one.configs]))
      return found.map(({ topic, partitions }) => ({
        name: topic,
        partitions: partitions.length,
        configs: configs.get(topic) ?? {}
      }))
    })
  }

  async delete(names: readonly string[]): Promise<void> {
    if (names.length === 0) return
    await this.#retry(async () => {
      const answer = await this.#client.askController(deleteTopicsRequest(names))
      for (const result of answer.topics) {
        if (result.code !== CODE.unknownTopicOrPartition) this.#check(result, 'delete')
      }
    })
    await this.#retry(async () => {
      const metadata = await this.#client.refresh(names)
      if (metadata.every(({ code }) => code === CODE.unknownTopicOrPartition)) return
      throw new RetriableError('KAFKA_ERROR', `Kafka is still deleting ${names.join(', ')}`)
    })
  }

  async deleteRecords(before: readonly TopicPartitionOffset[]): Promise<void> {
    await this.#askLeaders(before, deleteRecordsRequest, 'delete records of')
  }

  async offsets(
    places: readonly TopicPartition[],
    spec: OffsetSpec
  ): Promise<readonly TopicPartitionOffset[]> {
    if (spec === 'end') return this.#list(places, LATEST, READ_UNCOMMITTED)
    const time = spec === 'earliest' ? EARLIEST : spec === 'latest' ? LATEST : spec.timestamp
    const found = await this.#list(places, time)
    const missing = found.filter(({ offset }) => offset < 0)
    if (missing.length === 0) return found
    const ends = await this.#list(missing, LATEST)
    return found.map((place) => ends[missing.indexOf(place)] ?? place)
  }

  async #list(
    places: readonly TopicPartition[],
    time: number,
    isolation = READ_COMMITTED
  ): Promise<TopicPartitionOffset[]> {
    const request = (asked: readonly TopicPartition[]) => listOffsetsRequest(asked, time, isolation)
    const results = await this.#askLeaders(places, request, 'list the offsets of')
    return places.map(({ topic, partition }) => {
      const same = (one: TopicPartition) => one.partition === partition && one.topic === topic
      return { topic, partition, offset: results.find(same)?.offset ?? -1 }
    })
  }

  async #askLeaders<P extends TopicPartition, R extends PartitionResult>(
    places: readonly P[],
    request: (places: readonly P[]) => WireRequest<Answer & { readonly partitions: readonly R[] }>,
    verb: string
  ): Promise<R[]> {
    return this.#retry(async () => {
      const leaders = await this.#client.findLeaders(places, this.#limits)
      const groups = Map.groupBy(places.keys(), (index) => leaders[index] ?? -1)
      const answers = [...groups].map(([leader, indexes]) =>
        this.#client.ask(leader, request(indexes.flatMap((index) => places[index] ?? [])))
      )
      const results = (await Promise.all(answers)).flatMap(({ partitions }) => partitions)
      for (const result of results) this.#checkPartition(result, verb)
      return results
    }, places)
  }

  #checkPartition({ topic, partition, code }: PartitionResult, verb: string): void {
    if (code === CODE.none) return
    if (isRefusedForNow(code)) this.#client.forgetLeader({ topic, partition })
    throw brokerError(code, `${verb} topic ${topic}, partition ${partition}`)
  }

  #check({ topic, code, detail }: TopicResult, verb: string): void {
    if (code === CODE.none) return
    const error = brokerError(code, `${verb} topic ${topic}`, detail)
    if (code !== CODE.notController) throw error
    this.#client.forgetController()
    throw new RetriableError(error.code, error.message)
  }

  /** @param places whose leaders are asked again for each new try */
  #retry<T>(attempt: () => Promise<T>, places: readonly TopicPartition[] = []): Promise<T> {
    return this.#client.retry(this.#limits, async () => {
      try {
        return await attempt()
      } catch (error) {
        if (error instanceof ConnectError) for (const one of places) this.#client.forgetLeader(one)
        throw error
      }
    })
  }

  get #limits() {
    return { timeoutMs: this.#client.settings.deliveryTimeoutMs }
  }
}
