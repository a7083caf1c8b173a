import { randomUUID } from 'node:crypto'
import type { TopicPartition, TopicPartitionOffset } from '../../api/record.ts'
import type {
  Broker,
  OffsetSpec,
  Producer,
  ProducerOptions,
  Reader,
  TopicDescription,
  TopicSpec
} from '../broker.ts'
import type { GroupCoordinator, GroupOptions } from '../group-coordinator.ts'
import { readInt64 } from '../record-batch-format.ts'
import { SharedCoordinator } from '../shared-coordinator.ts'
import { readClusterId } from './cluster-id.ts'
import { CommitSignal } from './commit-signal.ts'
import { type Lease, LeaseHolder } from './lease.ts'
import { LmdbGroupStore } from './lmdb-group-store.ts'
import { LmdbProducer, LmdbTransactionalProducer } from './lmdb-producer.ts'
import { LmdbReader } from './lmdb-reader.ts'
import { unknownTopic } from './log-error.ts'
import {
  encodeNumbers,
  groupOffsetKey,
  groupOffsetKeys,
  type PartitionId,
  type PartitionState,
  partitionOfGroupKey
} from './log-keys.ts'
import { LogStore } from './log-store.ts'
import { WriteQueue } from './log-transaction.ts'
import { maintainLog } from './maintenance.ts'
import { offsetAtTime, readState } from './partition-log.ts'
import { deleteBefore, purgeDeleted } from './purge.ts'
import { checkTopic, creation, deletion, TopicRegistry } from './topic-registry.ts'

export interface LmdbBrokerOptions {
  /** The folder of the log; made when it is missing. Any number of processes may share it. */
  readonly path: string
  /** Milliseconds since 1970, for retention and leases. */
  readonly clock?: () => number
  /** Address space to reserve, in bytes. */
  readonly mapBytes?: number
}

/** What is stored, of all topics together. */
export interface LogStats {
  readonly topics: number
  readonly partitions: number
  readonly batches: number
  readonly bytes: number
}

/**
 * Opens the topics in a folder.
 *
 * @throws {ConnectError} DATA_DIR_NOT_WRITABLE, DATA_DIR_ON_NETWORK, LOG_FORMAT_TOO_NEW
 */
export async function openLmdbBroker(options: LmdbBrokerOptions): Promise<LmdbBroker> {
  return new LmdbBroker(await LogStore.open(options.path, options.mapBytes), options)
}

/** Topics in an LMDB environment, shared by the threads and processes of one machine. */
export class LmdbBroker implements Broker {
  readonly #store: LogStore
  readonly #commits: CommitSignal
  readonly #queue: WriteQueue
  readonly #topics: TopicRegistry
  readonly #clock: () => number
  readonly #leases: LeaseHolder
  readonly #holder = randomUUID()
  #closed: Promise<void> | undefined

  constructor(store: LogStore, options: Pick<LmdbBrokerOptions, 'clock'>) {
    this.#store = store
    this.#commits = new CommitSignal(store.path)
    this.#queue = new WriteQueue(store, () => this.#commits.notify())
    this.#topics = new TopicRegistry(store)
    this.#clock = options.clock ?? Date.now
    this.#leases = new LeaseHolder(this.#queue, this.#clock)
  }

  async createTopics(topics: readonly TopicSpec[]): Promise<void> {
    topics.forEach(checkTopic)
    await this.#queue.run(creation(topics))
  }

  async describeTopics(names?: readonly string[]): Promise<readonly TopicDescription[]> {
    this.#store.refresh()
    const all = this.#topics.all()
    const wanted = names ?? [...all.keys()]
    return wanted.flatMap((name) => {
      const topic = all.get(name)
      if (topic === undefined) return []
      return [{ name, partitions: topic.partitions, configs: topic.configs }]
    })
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    const ids = await this.#queue.run(deletion(names))
    if (ids.length > 0) await purgeDeleted(this.#store, this.#queue)
  }

  async deleteRecords(before: readonly TopicPartitionOffset[]): Promise<void> {
    this.#store.refresh()
    const places = before.map((place) => ({ ...place, id: this.#topics.locate(place) }))
    for (const place of places) await deleteBefore(this.#store, this.#queue, place)
  }

  async offsets(
    partitions: readonly TopicPartition[],
    spec: OffsetSpec
  ): Promise<readonly TopicPartitionOffset[]> {
    this.#store.refresh()
    return partitions.map((place) => {
      const { topic, partition } = place
      const id = this.#topics.locate(place)
      const state = readState(this.#store, id)
      if (state === undefined) throw unknownTopic(topic)
      return { topic, partition, offset: this.#offset({ id, place, state }, spec) }
    })
  }

  async producer({ transactionalId, guard }: ProducerOptions): Promise<Producer> {
    this.#store.refresh()
    const parts = { store: this.#store, queue: this.#queue, topics: this.#topics }
    if (transactionalId === undefined) return new LmdbProducer(parts, guard)
    return LmdbTransactionalProducer.open(parts, transactionalId)
  }

  async reader(): Promise<Reader> {
    this.#store.refresh()
    return new LmdbReader({ store: this.#store, topics: this.#topics, commits: this.#commits })
  }

  async groupOffsets(group: string): Promise<readonly TopicPartitionOffset[]> {
    this.#store.refresh()
    return this.#store.metaRange(groupOffsetKeys(group)).map(({ key, value }) => ({
      ...partitionOfGroupKey(key),
      offset: readInt64(value, 0)
    }))
  }

  async commitGroupOffsets(group: string, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    this.#store.refresh()
    for (const place of offsets) this.#topics.locate(place)
    await this.#queue.run((transaction) => {
      for (const { topic, partition, offset } of offsets) {
        transaction.put(groupOffsetKey(group, topic, partition), encodeNumbers([offset]))
      }
    })
  }

  async deleteGroupOffsets(group: string, partitions: readonly TopicPartition[]): Promise<void> {
    await this.#queue.run((transaction) => {
      for (const { topic, partition } of partitions) {
        transaction.remove(groupOffsetKey(group, topic, partition))
      }
    })
  }

  async deleteGroup(group: string): Promise<void> {
    await this.#queue.run((transaction) => {
      for (const { key } of this.#store.metaRange(groupOffsetKeys(group))) transaction.remove(key)
    })
  }

  async coordinator(options: GroupOptions): Promise<GroupCoordinator> {
    const parts = { store: this.#store, queue: this.#queue, commits: this.#commits }
    return new SharedCoordinator(new LmdbGroupStore(parts, options.groupId), options)
  }

  clusterId(): Promise<string> {
    return readClusterId(this.#queue)
  }

  /**
   * Applies retention and compaction to all topics, unless another process is doing so. Whoever owns
   * the broker calls this every few minutes.
   *
   * @returns false when another process is doing it
   */
  async maintain(signal?: AbortSignal): Promise<boolean> {
    this.#store.refresh()
    return maintainLog({
      store: this.#store,
      queue: this.#queue,
      topics: this.#topics,
      leases: this.#leases,
      holder: this.#holder,
      now: this.#clock(),
      ...(signal && { signal })
    })
  }

  /**
   * Takes or renews a lease, by which one process at a time does something.
   *
   * @returns null while someone else has it
   */
  acquireLease(name: string, holder: string, ttlMs: number): Promise<Lease | null> {
    return this.#leases.acquire(name, holder, ttlMs)
  }

  /** Gives a lease up, so that another can take it at once. Does nothing when it is not held. */
  releaseLease(name: string, holder: string): Promise<void> {
    return this.#leases.release(name, holder)
  }

  stats(): LogStats {
    this.#store.refresh()
    const stats = { topics: 0, partitions: 0, batches: 0, bytes: 0 }
    for (const { id, partitions } of this.#topics.all().values()) {
      stats.topics++
      stats.partitions += partitions
      for (let partition = 0; partition < partitions; partition++) {
        const state = readState(this.#store, { topicId: id, partition })
        stats.batches += state?.batches ?? 0
        stats.bytes += state?.bytes ?? 0
      }
    }
    return stats
  }

  /** Finishes what is being written, then closes the log; waiting reads return nothing. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    await this.#queue.close()
    const closed = this.#store.close()
    this.#commits.close()
    await closed
  }

  #offset(
    partition: { id: PartitionId; place: TopicPartition; state: PartitionState },
    spec: OffsetSpec
  ): number {
    if (spec === 'earliest') return partition.state.start
    // An open transaction has written nothing yet.
    if (spec === 'latest' || spec === 'written') return partition.state.end
    return offsetAtTime(this.#store, partition, spec.timestamp)
  }
}
