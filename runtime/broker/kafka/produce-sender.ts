import { ConnectError, isRetriable, RetriableError } from '../../api/errors.ts'
import type { TopicPartition } from '../../api/record.ts'
import type { LogRecord } from '../broker.ts'
import type { KafkaClient } from './kafka-client.ts'
import { brokerError, CODE, isRefusedForNow } from './kafka-error.ts'
import { PartitionQueue, type PendingBatch } from './partition-queue.ts'
import { type ProduceAnswer, produceRequest } from './produce-request.ts'
import type { ProducerIdentity } from './transaction-requests.ts'

export interface SenderOptions {
  readonly client: KafkaClient
  readonly transactionalId: string | null
  identity(): ProducerIdentity
  /** Called before something is sent to partitions: adds them to the transaction. */
  prepare(partitions: readonly TopicPartition[]): Promise<void>
  /** Called right before each request, also one that is sent again; a throw ends everything. */
  guard(): void
}

/**
 * Sends what is added while the caller goes on: several requests in flight to each leader, one batch
 * of each partition in a request. What fails for now is sent again until the delivery timeout; any
 * other failure drops everything and is thrown by the next `add` or `flush`.
 */
export class ProduceSender {
  readonly #options: SenderOptions
  #queues = new Map<string, PartitionQueue>()
  #requestsByLeader = new Map<number, number>()
  #bytes = 0
  #failure: unknown = null
  #progress = Promise.withResolvers<void>()
  #scheduled = false
  #pumping = false
  #retryTimer: NodeJS.Timeout | undefined

  constructor(options: SenderOptions) {
    this.#options = options
  }

  get isEmpty(): boolean {
    return [...this.#queues.values()].every((queue) => queue.isEmpty)
  }

  /** Encodes records and starts to send them; waits only while too many bytes are unsent. */
  async add(place: TopicPartition, records: readonly LogRecord[]): Promise<PartitionQueue> {
    this.#throwFailure()
    const queue = this.#queueOf(place)
    this.#bytes += queue.add(records)
    this.#schedule()
    const limit = this.#options.client.settings.bufferBytes
    while (this.#bytes > limit && !this.isEmpty) await this.#nextProgress()
    return queue
  }

  /** Waits until all that was added is acknowledged. */
  async flush(): Promise<void> {
    this.#throwFailure()
    while (!this.isEmpty) await this.#nextProgress()
    this.#bytes = 0
    this.#throwFailure()
  }

  /** Forgets what is not acknowledged, and the sequence numbers: for a new producer identity. */
  reset(): void {
    clearTimeout(this.#retryTimer)
    this.#queues = new Map()
    this.#requestsByLeader = new Map()
    this.#bytes = 0
    this.#failure = null
  }

  #queueOf(place: TopicPartition): PartitionQueue {
    const key = `${place.partition} ${place.topic}`
    let queue = this.#queues.get(key)
    if (queue === undefined) {
      const { client, transactionalId, identity } = this.#options
      const { settings } = client
      queue = new PartitionQueue(place, {
        settings,
        transactional: transactionalId !== null,
        identity
      })
      this.#queues.set(key, queue)
    }
    return queue
  }

  /** Waits for the end of this turn of the event loop, so that appends in a row go out together. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      if (!this.#pumping) void this.#pump()
    })
  }

  async #pump(): Promise<void> {
    this.#pumping = true
    const queues = this.#queues
    try {
      while (queues === this.#queues && (await this.#sendRound(queues))) {}
    } catch (error) {
      if (queues === this.#queues) this.#fail(error)
    } finally {
      this.#pumping = false
    }
    if (queues !== this.#queues) this.#schedule()
  }

  /** Sends one request to each leader that is free for one. Returns whether anything was sent. */
  async #sendRound(queues: ReadonlyMap<string, PartitionQueue>): Promise<boolean> {
    const { client, prepare } = this.#options
    const waiting = [...queues.values()].filter((queue) => queue.hasWork && !queue.mustWait)
    if (waiting.length === 0) return false
    await prepare(waiting)
    const leaders = waiting.some((queue) => client.leaderOf(queue) === undefined)
      ? await client.findLeaders(waiting, { timeoutMs: client.settings.deliveryTimeoutMs })
      : waiting.map((queue) => client.leaderOf(queue) ?? -1)
    if (queues !== this.#queues) return false
    const byLeader = Map.groupBy(waiting.keys(), (index) => leaders[index] ?? -1)
    let sent = false
    for (const [leader, indexes] of byLeader) {
      if ((this.#requestsByLeader.get(leader) ?? 0) >= client.settings.maxInFlight) continue
      const batches = takeBatches(
        indexes.flatMap((index) => waiting[index] ?? []),
        client.settings.maxRequestBytes
      )
      if (batches.length === 0) continue
      sent = true
      await this.#send(leader, batches)
    }
    return sent
  }

  async #send(leader: number, batches: readonly PendingBatch[]): Promise<void> {
    const { client, transactionalId, guard } = this.#options
    const requests = this.#requestsByLeader
    requests.set(leader, (requests.get(leader) ?? 0) + 1)
    const settle = (settled: () => void) => {
      requests.set(leader, (requests.get(leader) ?? 1) - 1)
      if (requests !== this.#requestsByLeader) return
      settled()
      this.#advance()
    }
    try {
      const request = produceRequest(batches, transactionalId, guard)
      const { answer } = await client.submit(leader, request)
      answer.then(
        (result) => settle(() => this.#acknowledge(batches, result)),
        (error) => settle(() => this.#lost(batches, error))
      )
    } catch (error) {
      settle(() => this.#lost(batches, error))
    }
  }

  #acknowledge(batches: readonly PendingBatch[], { partitions }: ProduceAnswer): void {
    for (const batch of batches) {
      const { topic, partition, queue } = batch
      const result = partitions.find((one) => one.partition === partition && one.topic === topic)
      if (result === undefined) {
        this.#fail(new ConnectError('KAFKA_PROTOCOL', `Kafka did not answer for topic ${topic}`))
      } else if (result.code === CODE.none || result.code === CODE.duplicateSequence) {
        queue.acknowledge(batch, result.baseOffset)
        this.#bytes -= batch.weight
      } else {
        this.#refused(batch, result.code)
      }
    }
  }

  #refused(batch: PendingBatch, code: number): void {
    const { queue, topic, partition } = batch
    if (code === CODE.messageTooLarge || code === CODE.recordListTooLarge) {
      if (batch.count === 1) this.#fail(recordTooLarge(batch))
      else queue.split(batch)
      return
    }
    const error = brokerError(code, `write to topic ${topic}, partition ${partition}`)
    const early = code === CODE.outOfOrderSequence && !queue.isFirst(batch)
    const lostState = code === CODE.outOfOrderSequence || code === CODE.unknownProducerId
    if (early || isRefusedForNow(code)) this.#sendAgain(batch, error)
    else this.#fail(lostState ? new RetriableError(error.code, error.message) : error)
  }

  #lost(batches: readonly PendingBatch[], error: unknown): void {
    if (isRetriable(error)) for (const batch of batches) this.#sendAgain(batch, error)
    else this.#fail(error)
  }

  #sendAgain(batch: PendingBatch, error: unknown): void {
    const { settings } = this.#options.client
    if (performance.now() - batch.since > settings.deliveryTimeoutMs) {
      this.#fail(error)
      return
    }
    this.#options.client.forgetLeader(batch)
    this.#options.client.warn(error)
    batch.queue.sendAgain(batch, settings.retryBackoffMs)
    clearTimeout(this.#retryTimer)
    this.#retryTimer = setTimeout(() => this.#schedule(), settings.retryBackoffMs + 1)
  }

  #fail(error: unknown): void {
    const first = this.#failure ?? error
    this.reset()
    this.#failure = first
    this.#advance()
  }

  #advance(): void {
    const { resolve } = this.#progress
    this.#progress = Promise.withResolvers<void>()
    resolve()
    this.#schedule()
  }

  async #nextProgress(): Promise<void> {
    await this.#progress.promise
    this.#throwFailure()
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure
  }
}

/** One batch of each partition, as many as a request holds, but one at least. */
function takeBatches(queues: readonly PartitionQueue[], maxBytes: number): PendingBatch[] {
  const batches: PendingBatch[] = []
  let bytes = 0
  for (const queue of queues) {
    const batch = queue.take(batches.length === 0 ? Number.POSITIVE_INFINITY : maxBytes - bytes)
    if (batch === null) continue
    batches.push(batch)
    bytes += batch.bytes.length
  }
  return batches
}

function recordTooLarge({ topic, partition, bytes }: PendingBatch): ConnectError {
  return new ConnectError(
    'RECORD_TOO_LARGE',
    `A record of ${bytes.length} bytes for topic ${topic}, partition ${partition}, is larger than` +
      ' the topic takes',
    {
      hint:
        `raise max.message.bytes of the topic above ${bytes.length} (or message.max.bytes of the` +
        ' brokers), or set compression.type'
    }
  )
}
