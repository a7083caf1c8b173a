import { ConnectError, FencedError } from '../../runtime/api/errors.ts'
import type { TopicPartition, TopicPartitionOffset } from '../../runtime/api/record.ts'
import type {
  Broker,
  FetchedBatch,
  LogRecord,
  OffsetSpec,
  Producer,
  ProducerOptions,
  Reader,
  ReadLimits,
  TopicDescription,
  TopicSpec
} from '../../runtime/broker/broker.ts'
import type { GroupCoordinator, GroupOptions } from '../../runtime/broker/group-coordinator.ts'
import { GroupClient } from './group-client.ts'
import type { GroupServer } from './group-server.ts'
import { type Append, type LogServer, Patience } from './log-server.ts'
import type { Connection } from './network.ts'

interface ClientParts {
  readonly server: LogServer
  readonly groups: GroupServer
  readonly connection: Connection
}

/** One process's client of a {@link LogServer}. */
export class LogClient implements Broker {
  readonly #parts: ClientParts
  readonly #closed = new AbortController()

  constructor(parts: ClientParts) {
    this.#parts = parts
  }

  async coordinator(options: GroupOptions): Promise<GroupCoordinator> {
    return new GroupClient(this.#parts.groups, this.#parts.connection, options)
  }

  async clusterId(): Promise<string> {
    return 'simulated-cluster-0000'
  }

  createTopics(topics: readonly TopicSpec[]): Promise<void> {
    return this.#ask('create topics', (server) => server.createTopics(topics))
  }

  describeTopics(names?: readonly string[]): Promise<readonly TopicDescription[]> {
    return this.#ask('describe topics', (server) => server.describeTopics(names))
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    return this.#ask('delete topics', (server) => server.deleteTopics(names))
  }

  deleteRecords(before: readonly TopicPartitionOffset[]): Promise<void> {
    return this.#ask('delete records', (server) => server.deleteRecords(before))
  }

  offsets(
    places: readonly TopicPartition[],
    spec: OffsetSpec
  ): Promise<readonly TopicPartitionOffset[]> {
    return this.#ask(`offsets of ${places[0]?.topic}`, (server) => server.offsets(places, spec))
  }

  async producer({ transactionalId, guard }: ProducerOptions): Promise<Producer> {
    if (transactionalId === undefined) return new PlainProducer(this.#parts, guard)
    const holder = this.#parts.server.newHolder()
    const epoch = await this.#ask(`claim ${transactionalId}`, (server) =>
      server.claim(transactionalId, holder)
    )
    return new TransactionalProducer(this.#parts, { transactionalId, holder, epoch })
  }

  async reader(): Promise<Reader> {
    return new LogReader(this.#parts, this.#closed.signal)
  }

  groupOffsets(group: string): Promise<readonly TopicPartitionOffset[]> {
    return this.#ask(`offsets of group ${group}`, (server) => server.groupOffsets(group))
  }

  commitGroupOffsets(group: string, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    return this.#ask(`commit offsets of group ${group}`, (server) =>
      server.commitGroupOffsets(group, offsets)
    )
  }

  deleteGroupOffsets(group: string, partitions: readonly TopicPartition[]): Promise<void> {
    return this.#ask(`delete offsets of group ${group}`, (server) =>
      server.deleteGroupOffsets(group, partitions)
    )
  }

  deleteGroup(group: string): Promise<void> {
    return this.#ask(`delete group ${group}`, (server) => server.deleteGroup(group))
  }

  async close(): Promise<void> {
    this.#closed.abort('closed')
  }

  #ask<T>(what: string, serve: (server: LogServer) => T): Promise<T> {
    const { server, connection } = this.#parts
    if (this.#closed.signal.aborted) {
      return Promise.reject(new ConnectError('BROKER_CLOSED', `The broker was closed: ${what}`))
    }
    return connection.call(what, () => serve(server))
  }
}

class PlainProducer implements Producer {
  readonly #parts: ClientParts
  readonly #guard: () => void

  constructor(parts: ClientParts, guard: () => void = () => {}) {
    this.#parts = parts
    this.#guard = guard
  }

  async append(topic: string, partition: number, records: readonly LogRecord[]): Promise<number> {
    const { server, connection } = this.#parts
    this.#guard()
    const what = `append to ${topic}: ${records.map(({ key }) => key)}`
    return connection.call(what, () => server.append({ topic, partition, records }))
  }

  async commit(): Promise<void> {}

  async abort(): Promise<void> {}

  async close(): Promise<void> {}
}

/**
 * Gathers a transaction and sends it whole. After a lost answer it gets a new epoch before anything
 * else, as the producer on Kafka does: then the lost commit either happened or never will.
 */
class TransactionalProducer implements Producer {
  readonly #parts: ClientParts
  readonly #claim: { readonly transactionalId: string; readonly holder: number; epoch: number }
  #appends: Append[] = []
  #unsure = false
  #fenced: FencedError | null = null

  constructor(
    parts: ClientParts,
    claim: { transactionalId: string; holder: number; epoch: number }
  ) {
    this.#parts = parts
    this.#claim = claim
  }

  async append(topic: string, partition: number, records: readonly LogRecord[]): Promise<number> {
    await this.#ready()
    const { server } = this.#parts
    const claim = { ...this.#claim }
    const place = { topic, partition }
    await this.#ask(`open a transaction of ${claim.transactionalId}`, () => {
      server.check(claim)
      server.offsets([place], 'latest')
    })
    this.#appends.push({ topic, partition, records })
    return -1
  }

  async commit(): Promise<void> {
    await this.#ready()
    const { server } = this.#parts
    const claim = { ...this.#claim }
    const appends = this.#appends
    this.#appends = []
    const keys = appends.flatMap(({ records }) => records.map(({ key }) => key))
    await this.#ask(`commit of ${claim.transactionalId}: ${keys}`, () =>
      server.commit(claim, appends)
    )
  }

  async abort(): Promise<void> {
    this.#appends = []
    await this.#ready()
    const { server } = this.#parts
    const claim = { ...this.#claim }
    await this.#ask(`abort of ${claim.transactionalId}`, () => server.check(claim))
  }

  async close(): Promise<void> {
    this.#appends = []
  }

  async #ready(): Promise<void> {
    if (this.#fenced) throw this.#fenced
    if (!this.#unsure) return
    const { server } = this.#parts
    const { transactionalId } = this.#claim
    this.#claim.epoch = await this.#ask(`claim ${transactionalId} again`, () =>
      server.reclaim(this.#claim)
    )
    this.#unsure = false
  }

  async #ask<T>(what: string, serve: () => T): Promise<T> {
    try {
      return await this.#parts.connection.call(what, serve)
    } catch (error) {
      this.#appends = []
      this.#unsure = true
      if (error instanceof FencedError) this.#fenced = error
      throw error
    }
  }
}

class LogReader implements Reader {
  readonly #parts: ClientParts
  readonly #broker: AbortSignal
  readonly #closed = new AbortController()
  #positions: TopicPartitionOffset[] = []

  constructor(parts: ClientParts, broker: AbortSignal) {
    this.#parts = parts
    this.#broker = broker
  }

  assign(positions: readonly TopicPartitionOffset[]): void {
    this.#positions = positions.map((place) => ({ ...place }))
  }

  read({ maxBytes, maxWaitMs, signal }: ReadLimits): Promise<readonly FetchedBatch[]> {
    const { server, connection } = this.#parts
    const ends = [this.#broker, this.#closed.signal, ...(signal ? [signal] : [])]
    if (ends.some(({ aborted }) => aborted)) return Promise.resolve([])
    const positions = this.#positions
    const what = `read ${positions[0]?.topic}`
    return new Promise((resolve, reject) => {
      const patience = new Patience()
      const end = (settle: () => void) => {
        if (patience.over) return
        for (const other of ends) other.removeEventListener('abort', nothing)
        patience.end()
        settle()
      }
      const nothing = () => end(() => resolve([]))
      for (const other of ends) other.addEventListener('abort', nothing)
      connection
        .call(what, () => server.fetchWaiting(positions, { maxBytes, maxWaitMs }, patience))
        .then(
          (batches) => end(() => resolve(this.#take(positions, batches))),
          (error: unknown) => end(() => reject(error))
        )
    })
  }

  async close(): Promise<void> {
    this.#closed.abort('closed')
  }

  /** Moves on, and lets another partition go first the next time. */
  #take(
    positions: readonly TopicPartitionOffset[],
    batches: readonly FetchedBatch[]
  ): readonly FetchedBatch[] {
    if (positions !== this.#positions) return batches
    const moved = positions.map((place) => {
      const found = batches.find(
        ({ topic, partition }) => topic === place.topic && partition === place.partition
      )
      return found === undefined ? place : { ...place, offset: found.nextOffset }
    })
    this.#positions = [...moved.slice(1), ...moved.slice(0, 1)]
    return batches
  }
}
