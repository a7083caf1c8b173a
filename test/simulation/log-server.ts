import type { Clock } from '../../runtime/api/clock.ts'
import { ConnectError, FencedError, RetriableError } from '../../runtime/api/errors.ts'
import type { TopicPartition, TopicPartitionOffset } from '../../runtime/api/record.ts'
import type {
  FetchedBatch,
  LogRecord,
  OffsetSpec,
  StoredRecord,
  TopicDescription,
  TopicSpec
} from '../../runtime/broker/broker.ts'
import { sizeOfRecord } from '../../runtime/broker/record-batch.ts'

const TOPIC_NAME = /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/

/** Records for one partition, appended together. */
export interface Append extends TopicPartition {
  readonly records: readonly LogRecord[]
}

/** Who holds a transactional id, as the holder knows itself. */
export interface ProducerClaim {
  readonly transactionalId: string
  readonly epoch: number
  /** Unique to one producer object, which may not know whether its last claim was heard. */
  readonly holder: number
}

interface Batch {
  readonly records: readonly StoredRecord[]
  readonly bytes: number
  /** Offset after the last record. */
  readonly end: number
}

/** Of a reader that waits: an abort signal would cost more than all the rest of a read. */
export class Patience {
  over = false
  wake: () => void = () => {}

  end(): void {
    this.over = true
    this.wake()
  }
}

class PartitionLog {
  readonly batches: Batch[] = []
  start = 0
  end = 0

  append(records: readonly LogRecord[]): number {
    const first = this.end
    if (records.length === 0) return first
    const stored = records.map((record, index) => store(record, first + index))
    this.end = first + stored.length
    const bytes = records.reduce((sum, record) => sum + sizeOfRecord(record), 0)
    this.batches.push({ records: stored, bytes, end: this.end })
    return first
  }

  /** The batches from an offset on, within a number of bytes. */
  from(offset: number, maxBytes: number, atLeastOne: boolean): Batch[] {
    let bytes = 0
    const found: Batch[] = []
    for (let index = this.#indexOf(offset); index < this.batches.length; index++) {
      const batch = this.batches[index] as Batch
      bytes += batch.bytes
      if (bytes > maxBytes && !(atLeastOne && found.length === 0)) break
      found.push(batch)
    }
    return found
  }

  offsetAt(timestamp: number): number {
    for (const { records } of this.batches) {
      for (const record of records) {
        if (record.offset >= this.start && record.timestamp >= timestamp) return record.offset
      }
    }
    return this.end
  }

  #indexOf(offset: number): number {
    let low = 0
    let high = this.batches.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.batches[middle] as Batch).end > offset) high = middle
      else low = middle + 1
    }
    return low
  }
}

interface Topic {
  readonly spec: TopicSpec
  readonly partitions: readonly PartitionLog[]
}

/**
 * The disk of a broker and the rules of its port, without bytes and files: what is here is durable.
 * Transactions are whole when they arrive, so that nothing aborted is ever in a log.
 */
export class LogServer {
  readonly #clock: Clock
  readonly #topics = new Map<string, Topic>()
  readonly #claims = new Map<string, { epoch: number; holder: number }>()
  readonly #groups = new Map<string, Map<string, TopicPartitionOffset>>()
  readonly #waiters = new Set<() => void>()
  #holders = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  createTopics(specs: readonly TopicSpec[]): void {
    for (const { name } of specs) {
      if (!TOPIC_NAME.test(name)) {
        throw new ConnectError('INVALID_TOPIC', `Topic name '${name}' is not allowed`)
      }
    }
    for (const spec of specs) {
      if (this.#topics.has(spec.name)) continue
      const partitions = Array.from({ length: spec.partitions }, () => new PartitionLog())
      this.#topics.set(spec.name, { spec, partitions })
    }
  }

  describeTopics(names: readonly string[] | undefined): TopicDescription[] {
    return [...(names ?? this.#topics.keys())].flatMap((name) => {
      const topic = this.#topics.get(name)
      if (topic === undefined) return []
      return [{ name, partitions: topic.partitions.length, configs: topic.spec.configs ?? {} }]
    })
  }

  deleteTopics(names: readonly string[]): void {
    for (const name of names) this.#topics.delete(name)
  }

  deleteRecords(before: readonly TopicPartitionOffset[]): void {
    for (const place of before) {
      const log = this.#log(place)
      log.start = Math.max(log.start, Math.min(place.offset, log.end))
    }
  }

  offsets(places: readonly TopicPartition[], spec: OffsetSpec): TopicPartitionOffset[] {
    return places.map((place) => {
      const log = this.#log(place)
      const ends = { earliest: log.start, latest: log.end, written: log.end }
      const offset = typeof spec === 'string' ? ends[spec] : log.offsetAt(spec.timestamp)
      return { topic: place.topic, partition: place.partition, offset }
    })
  }

  /** Appends outside transactions. */
  append({ topic, partition, records }: Append): number {
    const first = this.#log({ topic, partition }).append(records)
    this.#wake()
    return first
  }

  newHolder(): number {
    return ++this.#holders
  }

  /** Takes a transactional id over, whoever had it. */
  claim(transactionalId: string, holder: number): number {
    const epoch = (this.#claims.get(transactionalId)?.epoch ?? -1) + 1
    this.#claims.set(transactionalId, { epoch, holder })
    return epoch
  }

  /** A new epoch for who still has the id, so that nothing of it that is under way counts. */
  reclaim({ transactionalId, holder }: Omit<ProducerClaim, 'epoch'>): number {
    if (this.#claims.get(transactionalId)?.holder !== holder) throw fenced(transactionalId)
    return this.claim(transactionalId, holder)
  }

  /** @throws {FencedError} when the claim is not the newest */
  check({ transactionalId, epoch, holder }: ProducerClaim): void {
    const current = this.#claims.get(transactionalId)
    if (current?.epoch !== epoch || current.holder !== holder) throw fenced(transactionalId)
  }

  /** Appends all or nothing, if the claim is the newest. */
  commit(claim: ProducerClaim, appends: readonly Append[]): void {
    this.check(claim)
    for (const place of appends) this.#log(place)
    for (const { topic, partition, records } of appends) {
      this.#log({ topic, partition }).append(records)
    }
    if (appends.length > 0) this.#wake()
  }

  groupOffsets(group: string): TopicPartitionOffset[] {
    return [...(this.#groups.get(group)?.values() ?? [])]
  }

  commitGroupOffsets(group: string, offsets: readonly TopicPartitionOffset[]): void {
    const known = this.#groups.get(group) ?? new Map<string, TopicPartitionOffset>()
    this.#groups.set(group, known)
    for (const place of offsets) known.set(`${place.partition} ${place.topic}`, { ...place })
  }

  deleteGroupOffsets(group: string, partitions: readonly TopicPartition[]): void {
    const known = this.#groups.get(group)
    for (const place of partitions) known?.delete(`${place.partition} ${place.topic}`)
  }

  deleteGroup(group: string): void {
    this.#groups.delete(group)
  }

  /** Batches after these positions; partitions in the order given, which may starve the last. */
  fetch(positions: readonly TopicPartitionOffset[], maxBytes: number): FetchedBatch[] {
    const ready = positions.filter((place) => {
      const { start, end } = this.#log(place)
      if (place.offset < start || place.offset > end) throw outOfRange(place, start, end)
      return place.offset < end
    })
    let left = maxBytes
    const fetched: FetchedBatch[] = []
    ready.forEach(({ topic, partition, offset }, index) => {
      const log = this.#log({ topic, partition })
      const share = left / (ready.length - index)
      const batches = log.from(offset, share, fetched.length === 0)
      if (batches.length === 0) return
      left = Math.max(0, left - batches.reduce((sum, batch) => sum + batch.bytes, 0))
      const records = batches.flatMap((batch) => batch.records).filter((r) => r.offset >= offset)
      const nextOffset = batches.at(-1)?.end ?? offset
      fetched.push({ topic, partition, records, nextOffset, endOffset: log.end })
    })
    return fetched
  }

  /** As {@link fetch}, but waits for something to come. */
  async fetchWaiting(
    positions: readonly TopicPartitionOffset[],
    limits: { readonly maxBytes: number; readonly maxWaitMs: number },
    patience: Patience
  ): Promise<FetchedBatch[]> {
    const until = this.#clock.now() + limits.maxWaitMs
    for (;;) {
      const fetched = this.fetch(positions, limits.maxBytes)
      const left = until - this.#clock.now()
      if (fetched.length > 0 || left <= 0 || patience.over) return fetched
      await this.#something(left, patience)
    }
  }

  /** Everything in a partition, for whoever looks from outside. */
  records(topic: string, partition: number): readonly StoredRecord[] {
    return this.#topics.get(topic)?.partitions[partition]?.batches.flatMap((b) => b.records) ?? []
  }

  #something(ms: number, patience: Patience): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#waiters.delete(done)
        cancel()
        resolve()
      }
      const cancel = this.#clock.after(ms, done)
      this.#waiters.add(done)
      patience.wake = done
    })
  }

  #wake(): void {
    for (const wake of [...this.#waiters]) wake()
  }

  #log({ topic, partition }: TopicPartition): PartitionLog {
    const found = this.#topics.get(topic)
    if (found === undefined) {
      throw new RetriableError('UNKNOWN_TOPIC', `There is no topic ${topic}`)
    }
    const log = found.partitions[partition]
    if (log === undefined) {
      throw new ConnectError('UNKNOWN_PARTITION', `Topic ${topic} has no partition ${partition}`)
    }
    return log
  }
}

function store({ key, value, headers, timestamp }: LogRecord, offset: number): StoredRecord {
  return {
    offset,
    key: bytes(key),
    value: bytes(value),
    headers: headers.map((header) => ({ key: header.key, value: bytes(header.value) })),
    timestamp
  }
}

function bytes(field: string | Uint8Array | null): Buffer | null {
  return field === null ? null : typeof field === 'string' ? Buffer.from(field) : Buffer.from(field)
}

function fenced(transactionalId: string): FencedError {
  return new FencedError(`A newer producer has taken the transactional id ${transactionalId}`)
}

function outOfRange(place: TopicPartitionOffset, start: number, end: number): ConnectError {
  return new ConnectError(
    'OFFSET_OUT_OF_RANGE',
    `Offset ${place.offset} of ${place.topic}-${place.partition} is not within ${start} and ${end}`
  )
}
