import { performance } from 'node:perf_hooks'
import { ConnectError } from '../../api/errors.ts'
import type { TopicPartitionOffset } from '../../api/record.ts'
import type { FetchedBatch, Reader, ReadLimits, StoredRecord } from '../broker.ts'
import type { CommitSignal } from './commit-signal.ts'
import { unknownTopic } from './log-error.ts'
import type { PartitionId } from './log-keys.ts'
import type { LogStore } from './log-store.ts'
import { decodeStored, lastOffsetOf, readState, scan, seek } from './partition-log.ts'
import type { TopicRegistry } from './topic-registry.ts'

/** One assigned partition and how far it has been read. */
interface Position {
  readonly topic: string
  readonly partition: number
  offset: number
  /** Looked up at the first read; the id stays the topic's until its deletion. */
  id: PartitionId | undefined
  /** The offset is known not to lie inside a batch. */
  aligned: boolean
}

interface Ready {
  readonly position: Position
  readonly id: PartitionId
  readonly end: number
}

export interface LmdbReaderOptions {
  readonly store: LogStore
  readonly topics: TopicRegistry
  readonly commits: CommitSignal
}

/** Reads batches as they were written. Only committed batches are in the log at all. */
export class LmdbReader implements Reader {
  readonly #store: LogStore
  readonly #topics: TopicRegistry
  readonly #commits: CommitSignal
  #positions: readonly Position[] = []
  /** Which position goes first at the next read. */
  #turn = 0
  #closed = false

  constructor({ store, topics, commits }: LmdbReaderOptions) {
    this.#store = store
    this.#topics = topics
    this.#commits = commits
    commits.start()
  }

  assign(positions: readonly TopicPartitionOffset[]): void {
    this.#positions = positions.map(({ topic, partition, offset }) => ({
      topic,
      partition,
      offset,
      id: undefined,
      aligned: false
    }))
    this.#turn = 0
  }

  /** Returns nothing when the signal is aborted or the reader is closed while it waits. */
  async read({ maxBytes, maxWaitMs, signal }: ReadLimits): Promise<readonly FetchedBatch[]> {
    const until = performance.now() + maxWaitMs
    for (;;) {
      if (this.#closed || this.#store.closed || signal?.aborted) return []
      const fetched = this.#fetch(maxBytes)
      const left = until - performance.now()
      if (fetched.length > 0) this.#commits.found()
      if (fetched.length > 0 || left <= 0) return fetched
      await this.#commits.wait(left, signal)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  #fetch(maxBytes: number): FetchedBatch[] {
    this.#store.refresh()
    const ready = this.#ready()
    const fetched: FetchedBatch[] = []
    let bytesLeft = maxBytes
    ready.forEach((one, index) => {
      // What those before did not use is shared by those that are left.
      const share = bytesLeft / (ready.length - index)
      const { position, id } = one
      const from = position.aligned ? position.offset : seek(this.#store, id, position.offset)
      const atLeastOne = fetched.length === 0
      const { batches, bytes } = scan(this.#store, id, { from, maxBytes: share, atLeastOne })
      bytesLeft = Math.max(0, bytesLeft - bytes)
      if (batches.length > 0) fetched.push(take(one, batches))
      else if (atLeastOne) fetched.push(skipToEnd(one))
    })
    return fetched
  }

  /** The partitions that have something to read, another one first every time. */
  #ready(): Ready[] {
    const count = this.#positions.length
    const ready: Ready[] = []
    for (let index = 0; index < count; index++) {
      const position = this.#positions[(this.#turn + index) % count]
      if (position === undefined) continue
      const id = position.id ?? this.#topics.locate(position)
      position.id = id
      const state = readState(this.#store, id)
      if (state === undefined) throw unknownTopic(position.topic)
      if (position.offset < state.start || position.offset > state.end) {
        throw outOfRange(position, state.start, state.end)
      }
      if (position.offset < state.end) ready.push({ position, id, end: state.end })
    }
    if (count > 0) this.#turn = (this.#turn + 1) % count
    return ready
  }
}

function take({ position, end }: Ready, batches: readonly Buffer[]): FetchedBatch {
  const { topic, partition, offset } = position
  const decoded = batches.map((batch) => decodeStored(batch, offset, position))
  const [first] = decoded
  const records: StoredRecord[] = decoded.length === 1 && first ? first : decoded.flat()
  const last = batches.at(-1)
  position.offset = last === undefined ? offset : lastOffsetOf(last) + 1
  position.aligned = true
  return { topic, partition, records, nextOffset: position.offset, endOffset: end }
}

/** Compaction removed everything from here on but the offsets. */
function skipToEnd({ position, end }: Ready): FetchedBatch {
  position.offset = end
  const { topic, partition } = position
  return { topic, partition, records: [], nextOffset: end, endOffset: end }
}

function outOfRange(position: TopicPartitionOffset, start: number, end: number): ConnectError {
  const { topic, partition, offset } = position
  return new ConnectError(
    'OFFSET_OUT_OF_RANGE',
    `Offset ${offset} of topic ${topic}, partition ${partition} is out of range:` +
      ` it has the offsets from ${start} to ${end}`,
    { hint: 'the records were deleted, or the topic was made anew: reset the offset' }
  )
}
