import { ConnectError } from '../../api/errors.ts'
import { readInt64, writeInt64 } from '../record-batch-format.ts'

/*
 * Keys sort as bytes. The database `log` has one entry per record batch: topic id, partition and
 * base offset, all big-endian, to the bytes of the batch. The database `meta` has everything else,
 * told apart by the first byte of the key.
 */

const KIND = {
  fixed: 0,
  topic: 1,
  partition: 2,
  producer: 3,
  groupOffset: 4,
  lease: 5,
  timeIndex: 6,
  compaction: 7,
  purge: 8,
  group: 9
} as const

/** LMDB's keys end at 1,978 bytes; a name leaves room for what goes with it. */
const MOST_NAME_BYTES = 1000

/** Written once; see `LogStore`. */
export const FORMAT_KEY = fixedKey('format')
/** Written by every change to the set of topics; its version says whether a cache is stale. */
export const REGISTRY_KEY = fixedKey('registry')
/** Written whenever a producer, a lease or a group is made, so that two processes cannot both make it. */
export const CREATION_KEY = fixedKey('creation')
/** Written once, when it is first asked for. */
export const CLUSTER_KEY = fixedKey('cluster')

function fixedKey(name: string): Buffer {
  return Buffer.from(`\0${name}`, 'latin1')
}

export function topicKey(name: string): Buffer {
  return namedKey(KIND.topic, name)
}

export function producerKey(transactionalId: string): Buffer {
  return namedKey(KIND.producer, transactionalId)
}

export function leaseKey(name: string): Buffer {
  return namedKey(KIND.lease, name)
}

/** Members of a group; its offsets are kept apart. */
export function groupKey(groupId: string): Buffer {
  return namedKey(KIND.group, groupId)
}

/** All keys of one kind lie in this range. */
export function topicKeys(): KeyRange {
  return { start: Buffer.from([KIND.topic]), end: Buffer.from([KIND.topic + 1]) }
}

export function purgeKeys(): KeyRange {
  return { start: Buffer.from([KIND.purge]), end: Buffer.from([KIND.purge + 1]) }
}

export interface KeyRange {
  readonly start: Buffer
  readonly end: Buffer
}

function namedKey(kind: number, name: string): Buffer {
  const bytes = Buffer.from(name)
  if (bytes.length > MOST_NAME_BYTES) {
    throw new ConnectError('NAME_TOO_LONG', `The name ${name.slice(0, 60)}... is too long`, {
      hint: `use at most ${MOST_NAME_BYTES} bytes`
    })
  }
  return Buffer.concat([Buffer.from([kind]), bytes])
}

/** One partition of one topic, which keeps its id from its creation to its deletion. */
export interface PartitionId {
  readonly topicId: number
  readonly partition: number
}

function partitionKey(kind: number, { topicId, partition }: PartitionId, extra = 0): Buffer {
  const key = Buffer.allocUnsafeSlow(9 + extra)
  key[0] = kind
  key.writeUInt32BE(topicId, 1)
  key.writeUInt32BE(partition, 5)
  return key
}

export function stateKey(id: PartitionId): Buffer {
  return partitionKey(KIND.partition, id)
}

export function compactionKey(id: PartitionId): Buffer {
  return partitionKey(KIND.compaction, id)
}

export function purgeKey(id: PartitionId): Buffer {
  return partitionKey(KIND.purge, id)
}

export function partitionOfPurgeKey(key: Buffer): PartitionId {
  return { topicId: key.readUInt32BE(1), partition: key.readUInt32BE(5) }
}

/** Times before 1970, such as Kafka's -1 for none, count as 1970: they would sort after all others. */
export function timeIndexKey(id: PartitionId, time: number): Buffer {
  const key = partitionKey(KIND.timeIndex, id, 8)
  writeInt64(key, Math.max(0, time), 9)
  return key
}

export function timeIndexKeys(id: PartitionId): KeyRange {
  return { start: timeIndexKey(id, 0), end: timeIndexKey(id, Number.MAX_SAFE_INTEGER) }
}

export function logKey({ topicId, partition }: PartitionId, offset: number): Buffer {
  const key = Buffer.allocUnsafeSlow(16)
  key.writeUInt32BE(topicId, 0)
  key.writeUInt32BE(partition, 4)
  writeInt64(key, offset, 8)
  return key
}

/** The batches whose base offset is at or after `from` and before `to`. */
export function logKeys(id: PartitionId, from = 0, to = Number.MAX_SAFE_INTEGER): KeyRange {
  return { start: logKey(id, from), end: logKey(id, to) }
}

export function groupOffsetKey(group: string, topic: string, partition: number): Buffer {
  const prefix = groupPrefix(group)
  const name = Buffer.from(topic)
  const key = Buffer.alloc(prefix.length + name.length + 4)
  prefix.copy(key)
  name.copy(key, prefix.length)
  key.writeUInt32BE(partition, key.length - 4)
  return key
}

/** The length comes before the name, so that no group's keys lie among those of another. */
function groupPrefix(group: string): Buffer {
  const name = namedKey(KIND.groupOffset, group)
  const prefix = Buffer.alloc(name.length + 2)
  prefix[0] = KIND.groupOffset
  prefix.writeUInt16BE(name.length - 1, 1)
  name.copy(prefix, 3, 1)
  return prefix
}

export function groupOffsetKeys(group: string): KeyRange {
  const start = groupPrefix(group)
  return { start, end: Buffer.concat([start, Buffer.from([0xff])]) }
}

export function allGroupOffsetKeys(): KeyRange {
  return { start: Buffer.from([KIND.groupOffset]), end: Buffer.from([KIND.groupOffset + 1]) }
}

export function partitionOfGroupKey(key: Buffer): { topic: string; partition: number } {
  const start = 3 + key.readUInt16BE(1)
  const end = key.length - 4
  return { topic: key.toString('utf8', start, end), partition: key.readUInt32BE(end) }
}

/** What is known of a partition; read and written as one value. */
export interface PartitionState {
  /** The first offset that can be read. */
  readonly start: number
  /** The next offset to be written. */
  readonly end: number
  readonly bytes: number
  readonly batches: number
  /** The largest timestamp so far; -1 when empty. */
  readonly maxTime: number
  /** Bytes since the last entry of the time index. */
  readonly sinceIndex: number
}

export const EMPTY_PARTITION: PartitionState = {
  start: 0,
  end: 0,
  bytes: 0,
  batches: 0,
  maxTime: -1,
  sinceIndex: 0
}

export function encodeState(state: PartitionState): Buffer {
  const { start, end, bytes, batches, maxTime, sinceIndex } = state
  return encodeNumbers([start, end, bytes, batches, maxTime, sinceIndex])
}

export function decodeState(value: Buffer): PartitionState {
  return {
    start: readInt64(value, 0),
    end: readInt64(value, 8),
    bytes: readInt64(value, 16),
    batches: readInt64(value, 24),
    maxTime: readInt64(value, 32),
    sinceIndex: readInt64(value, 40)
  }
}

export function encodeNumbers(values: readonly number[]): Buffer {
  const encoded = Buffer.allocUnsafeSlow(values.length * 8)
  values.forEach((value, index) => {
    writeInt64(encoded, value, index * 8)
  })
  return encoded
}
