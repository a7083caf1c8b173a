import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectError, describeError, isRetriable, RetriableError } from '../../api/errors.ts'
import type { TopicPartition } from '../../api/record.ts'
import type { Logger } from '../../api/task.ts'
import type { ClientObserver } from '../client-observer.ts'
import type { ClientSettings, ServerAddress } from './client-config.ts'
import { type MetadataAnswer, metadataRequest, type TopicMetadata } from './cluster-requests.ts'
import { brokerError, CODE, isConnectionLoss } from './kafka-error.ts'
import { kafkajsLogger } from './kafkajs-logger.ts'
import {
  type Answer,
  NodeConnection,
  type NodeContext,
  type WireRequest
} from './node-connection.ts'

export interface ClientOptions {
  readonly settings: ClientSettings
  readonly clientId: string
  readonly logger?: Logger | undefined
  readonly observer?: ClientObserver | undefined
}

export interface RetryLimits {
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** A topic made a moment ago is known to every node within this time; a misspelled one never is. */
const TOPIC_WAIT_MS = 5000
const WARNING_INTERVAL_MS = 10_000

/** What one user of Kafka knows of the cluster, and its connections. Nothing is asked before use. */
export class KafkaClient {
  readonly settings: ClientSettings
  readonly #context: NodeContext
  readonly #logger: Logger | undefined
  readonly #nodes = new Map<number, NodeConnection>()
  readonly #leaders = new Map<string, readonly number[]>()
  readonly #closing = new AbortController()
  #seed: NodeConnection | null = null
  #nextServer = 0
  #warnedAt = Number.NEGATIVE_INFINITY
  #controller = -1

  constructor({ settings, clientId, logger, observer }: ClientOptions) {
    this.settings = settings
    this.#logger = logger
    this.#context = { settings, clientId, logger: kafkajsLogger(logger), observer }
  }

  /** Aborted by `close`. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  close(): void {
    this.#closing.abort(new ConnectError('KAFKA_CLOSED', 'The Kafka client was closed'))
    for (const node of this.#nodes.values()) node.close()
    this.#seed?.close()
    this.#nodes.clear()
  }

  /** The node to write to and read from, if known; otherwise `refresh`. */
  leaderOf({ topic, partition }: TopicPartition): number | undefined {
    const leader = this.#leaders.get(topic)?.[partition]
    return leader === undefined || leader < 0 ? undefined : leader
  }

  /**
   * The nodes to write to and read from, asking as long as there is time for one that is unknown.
   *
   * @throws {RetriableError} UNKNOWN_TOPIC, KAFKA_ERROR without a leader, KAFKA_UNREACHABLE
   */
  async findLeaders(
    partitions: readonly TopicPartition[],
    { timeoutMs, signal }: RetryLimits
  ): Promise<number[]> {
    return this.retry({ timeoutMs, signal }, async () => {
      const unknown = partitions.filter((partition) => this.leaderOf(partition) === undefined)
      if (unknown.length > 0) await this.refresh([...new Set(unknown.map(({ topic }) => topic))])
      return partitions.map((partition) => {
        const leader = this.leaderOf(partition)
        if (leader === undefined) throw this.#withoutLeader(partition)
        return leader
      })
    })
  }

  async submit<T extends Answer>(
    node: number,
    request: WireRequest<T>
  ): Promise<{ answer: Promise<T> }> {
    const connection = this.#nodes.get(node)
    if (!connection) throw new RetriableError('KAFKA_UNREACHABLE', `Kafka has no node ${node} now`)
    return connection.submit(request)
  }

  has(node: number): boolean {
    return this.#nodes.has(node)
  }

  async ask<T extends Answer>(node: number, request: WireRequest<T>): Promise<T> {
    const { answer } = await this.submit(node, request)
    return answer
  }

  /** Asks any node that answers: connected ones first, then all known, then bootstrap.servers. */
  async askAny<T extends Answer>(request: WireRequest<T>): Promise<T> {
    const known = [...this.#nodes.values()]
    const nodes = [
      ...known.filter((node) => node.isConnected),
      ...known.filter((node) => !node.isConnected)
    ]
    for (const node of nodes) {
      try {
        return await node.ask(request)
      } catch (error) {
        if (!isConnectionLoss(error)) throw error
      }
    }
    return this.#askServers(request)
  }

  async askController<T extends Answer>(request: WireRequest<T>): Promise<T> {
    if (!this.#nodes.has(this.#controller)) await this.refresh([])
    try {
      return await this.ask(this.#controller, request)
    } catch (error) {
      if (isConnectionLoss(error)) this.#controller = -1
      throw error
    }
  }

  forgetController(): void {
    this.#controller = -1
  }

  /** Gives up the requests to a node that are open. */
  reset(node: number): void {
    this.#nodes.get(node)?.reset()
  }

  /** To be called when a leader refused or cannot be reached: it may have moved. */
  forgetLeader({ topic }: TopicPartition): void {
    this.#leaders.delete(topic)
  }

  /** Metadata of topics, null for all; leaders are kept. Topics that do not exist have a code. */
  async refresh(topics: readonly string[] | null): Promise<readonly TopicMetadata[]> {
    const answer = await this.askAny(metadataRequest(topics))
    this.#take(answer)
    for (const { topic, partitions } of answer.topics) {
      const leaders: number[] = []
      for (const { partition, leader } of partitions) leaders[partition] = leader
      if (partitions.length > 0) this.#leaders.set(topic, leaders)
      else this.#leaders.delete(topic)
    }
    return answer.topics
  }

  /** Tries again while the error is retriable and there is time, waiting between. */
  async retry<T>({ timeoutMs, signal }: RetryLimits, attempt: () => Promise<T>): Promise<T> {
    const end = performance.now() + timeoutMs
    for (;;) {
      this.closing.throwIfAborted()
      try {
        return await attempt()
      } catch (error) {
        const patience = isUnknownTopic(error)
          ? end - timeoutMs + Math.min(timeoutMs, TOPIC_WAIT_MS)
          : end
        if (!isRetriable(error) || performance.now() >= patience) throw error
        if (isConnectionLoss(error)) this.warn(error)
        await this.pause(this.settings.retryBackoffMs, signal)
      }
    }
  }

  /** Says why something is tried again, but not for each of the many tries. */
  warn(error: unknown): void {
    const now = performance.now()
    if (now - this.#warnedAt < WARNING_INTERVAL_MS) return
    this.#warnedAt = now
    this.#logger?.warn('Trying again to reach Kafka', { error: describeError(error) })
  }

  async pause(ms: number, signal?: AbortSignal): Promise<void> {
    const either = signal ? AbortSignal.any([signal, this.closing]) : this.closing
    await sleep(ms, undefined, { signal: either }).catch(() => {})
    either.throwIfAborted()
  }

  async #askServers<T extends Answer>(request: WireRequest<T>): Promise<T> {
    const { servers, serverNames } = this.settings
    let last: unknown
    for (let tried = 0; tried < servers.length; tried++) {
      const address = servers[this.#nextServer % servers.length]
      if (!address) continue
      const seed = this.#seedAt(address)
      try {
        return await seed.ask(request)
      } catch (error) {
        if (!isConnectionLoss(error)) throw error
        last = error
        this.#nextServer++
      }
    }
    const cause = last instanceof Error ? last.cause : undefined
    const hint = last instanceof ConnectError ? last.hint : undefined
    throw new RetriableError('KAFKA_UNREACHABLE', `Cannot reach Kafka at ${serverNames}`, {
      cause,
      ...(hint !== undefined && { hint })
    })
  }

  #seedAt(address: ServerAddress): NodeConnection {
    if (this.#seed?.address === address) return this.#seed
    this.#seed?.close()
    this.#seed = new NodeConnection(address, this.#context)
    return this.#seed
  }

  #take({ nodes, controller }: MetadataAnswer): void {
    this.closing.throwIfAborted()
    this.#controller = controller
    for (const { id, host, port } of nodes) {
      const known = this.#nodes.get(id)
      if (known?.address.host === host && known.address.port === port) continue
      known?.close()
      const seed = this.#seed?.address
      const reuse = seed?.host === host && seed.port === port ? this.#seed : null
      if (reuse) this.#seed = null
      this.#nodes.set(id, reuse ?? new NodeConnection({ host, port }, this.#context))
    }
    const ids = new Set(nodes.map(({ id }) => id))
    for (const [id, node] of this.#nodes) {
      if (ids.has(id)) continue
      node.close()
      this.#nodes.delete(id)
    }
    this.#seed?.close()
    this.#seed = null
  }

  #withoutLeader({ topic, partition }: TopicPartition): ConnectError {
    const known = this.#leaders.get(topic)
    const code = known === undefined || partition >= known.length ? CODE.unknownTopicOrPartition : 5
    return brokerError(code, `find topic ${topic}, partition ${partition}`)
  }
}

function isUnknownTopic(error: unknown): boolean {
  return error instanceof ConnectError && error.code === 'UNKNOWN_TOPIC'
}
