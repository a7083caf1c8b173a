import { ConnectError } from '../../api/errors.ts'
import type { TopicPartition } from '../../api/record.ts'
import type { TopicDescription, TopicSpec } from '../broker.ts'
import { unknownPartition, unknownTopic } from './log-error.ts'
import {
  allGroupOffsetKeys,
  compactionKey,
  EMPTY_PARTITION,
  encodeState,
  type PartitionId,
  partitionOfGroupKey,
  purgeKey,
  REGISTRY_KEY,
  stateKey,
  topicKey,
  topicKeys
} from './log-keys.ts'
import type { LogStore } from './log-store.ts'
import type { LogTransaction, Operation } from './log-transaction.ts'

/** Kafka's rule for topic names. */
const TOPIC_NAME = /^[a-zA-Z0-9._-]{1,249}$/
const MOST_PARTITIONS = 10_000

/** A topic as stored. */
export interface Topic extends TopicDescription {
  readonly id: number
}

/** The topics of a log, read again only after a process has created or deleted one. */
export class TopicRegistry {
  readonly #store: LogStore
  #version = -1
  #topics = new Map<string, Topic>()

  constructor(store: LogStore) {
    this.#store = store
  }

  /** All topics as of the store's last refresh, by name. */
  all(): ReadonlyMap<string, Topic> {
    const version = this.#store.meta(REGISTRY_KEY)?.version ?? 0
    if (version === this.#version) return this.#topics
    const topics = this.#store.metaRange(topicKeys()).map(({ key, value }) => decode(key, value))
    this.#topics = new Map(topics.map((topic) => [topic.name, topic]))
    this.#version = version
    return this.#topics
  }

  /** @throws {RetriableError} UNKNOWN_TOPIC */
  get(name: string): Topic {
    const topic = this.all().get(name)
    if (topic === undefined) throw unknownTopic(name)
    return topic
  }

  /** @throws {ConnectError} UNKNOWN_TOPIC, UNKNOWN_PARTITION */
  locate(place: TopicPartition): PartitionId {
    const topic = this.get(place.topic)
    const { partition } = place
    if (!Number.isInteger(partition) || partition < 0 || partition >= topic.partitions) {
      throw unknownPartition(place, topic.partitions)
    }
    return { topicId: topic.id, partition }
  }
}

/** @throws {ConnectError} INVALID_TOPIC naming what is wrong with the name or partitions */
export function checkTopic({ name, partitions }: TopicSpec): void {
  if (!TOPIC_NAME.test(name) || name === '.' || name === '..') {
    throw new ConnectError('INVALID_TOPIC', `"${name.slice(0, 260)}" is no topic name`, {
      hint: 'use 1 to 249 of the characters a-z, A-Z, 0-9, ".", "_" and "-", and not "." or ".."'
    })
  }
  if (partitions === -1) return
  if (Number.isInteger(partitions) && partitions >= 1 && partitions <= MOST_PARTITIONS) return
  throw new ConnectError('INVALID_TOPIC', `Topic ${name} cannot have ${partitions} partitions`, {
    hint: `use 1 to ${MOST_PARTITIONS}`
  })
}

/** Creates the topics that are missing. */
export function creation(specs: readonly TopicSpec[]): Operation<void> {
  return (transaction) => {
    const missing = specs.filter(({ name }) => transaction.read(topicKey(name)) === undefined)
    if (missing.length === 0) return
    let nextId = Number(transaction.read(REGISTRY_KEY)?.toString() ?? 0)
    const made = new Set<string>()
    for (const spec of missing) {
      if (made.has(spec.name)) continue
      made.add(spec.name)
      createOne(transaction, spec, nextId++)
    }
    transaction.put(REGISTRY_KEY, Buffer.from(String(nextId)))
  }
}

function createOne(transaction: LogTransaction, spec: TopicSpec, id: number): void {
  // -1 asks for the broker's default, which is one partition.
  const partitions = spec.partitions === -1 ? 1 : spec.partitions
  const stored = { id, partitions, configs: spec.configs ?? {} }
  transaction.put(topicKey(spec.name), Buffer.from(JSON.stringify(stored)))
  for (let partition = 0; partition < partitions; partition++) {
    transaction.put(stateKey({ topicId: id, partition }), encodeState(EMPTY_PARTITION))
  }
}

/** Forgets topics and the group offsets in them; their batches are left to be purged. */
export function deletion(names: readonly string[]): Operation<PartitionId[]> {
  return (transaction) => {
    const gone = new Set<string>()
    const ids: PartitionId[] = []
    for (const name of names) {
      const key = topicKey(name)
      const value = transaction.read(key)
      if (value === undefined) continue
      const { id, partitions } = decode(key, value)
      gone.add(name)
      transaction.remove(key)
      for (let partition = 0; partition < partitions; partition++) {
        ids.push({ topicId: id, partition })
      }
    }
    if (gone.size === 0) return []
    for (const id of ids) {
      transaction.remove(stateKey(id))
      transaction.remove(compactionKey(id))
      transaction.put(purgeKey(id), Buffer.from('1'))
    }
    for (const { key } of transaction.store.metaRange(allGroupOffsetKeys())) {
      if (gone.has(partitionOfGroupKey(key).topic)) transaction.remove(key)
    }
    transaction.touch(REGISTRY_KEY)
    return ids
  }
}

function decode(key: Buffer, value: Buffer): Topic {
  const { id, partitions, configs } = JSON.parse(value.toString('utf8'))
  return { name: key.toString('utf8', 1), id, partitions, configs }
}
