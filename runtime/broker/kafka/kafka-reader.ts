import { systemClock, untilNext } from '../../api/clock.ts'
import { ConnectError } from '../../api/errors.ts'
import type { TopicPartition, TopicPartitionOffset } from '../../api/record.ts'
import type { FetchedBatch, Reader, ReadLimits } from '../broker.ts'
import { committedRecords } from './committed-records.ts'
import { type FetchAnswer, type FetchedPartition, fetchRequest } from './fetch-request.ts'
import type { KafkaClient } from './kafka-client.ts'
import { brokerError, CODE, isConnectionLoss, isRefusedForNow } from './kafka-error.ts'

interface Position extends TopicPartition {
  offset: number
}

/** What one `assign` set up, so that what is late from an earlier one is told apart. */
interface Assignment {
  /** In the order to fetch: who had something goes to the end of the line. */
  readonly positions: Map<string, Position>
  /** The leaders that have not answered yet. */
  readonly busy: Set<number>
  readonly outcomes: Outcome[]
}

/** What a leader answered, or why it could not. */
interface Outcome {
  readonly leader: number
  readonly asked: readonly TopicPartition[]
  readonly answer: FetchAnswer | null
  readonly error: unknown
}

/** How long an unanswered fetch of an earlier, longer read is waited for beyond this read's time. */
const GRACE_MS = 100
/** How long a read looks for a leader that moved, or does not answer, before it throws. */
const LEADER_WAIT_MS = 5000
/**
 * A longer read is made of several fetches, so that a connection that died is noticed. They end when
 * those of other readers do: an idle thread wakes once for all of them.
 */
const LONGEST_WAIT_MS = 10_000
const REFUSAL_LIMIT = 50
const LOSS_LIMIT = 1

/**
 * Reads without a consumer group: one fetch in flight to each leader, and the next one sent before
 * the records of the last are handled. A read returns the answer of one leader, so that `maxBytes`
 * bounds it; answers are taken in the order they come.
 */
export class KafkaReader implements Reader {
  readonly #client: KafkaClient
  #assignment: Assignment = { positions: new Map(), busy: new Set(), outcomes: [] }
  #arrived = Promise.withResolvers<void>()
  #refusals = 0
  #losses = 0

  constructor(client: KafkaClient) {
    this.#client = client
  }

  assign(positions: readonly TopicPartitionOffset[]): void {
    // A connection answers in order: a new fetch would wait behind the one that is of no use now.
    for (const leader of this.#assignment.busy) this.#client.reset(leader)
    const entries = positions.map((position) => [keyOf(position), { ...position }] as const)
    this.#assignment = { positions: new Map(entries), busy: new Set(), outcomes: [] }
    this.#refusals = 0
    this.#losses = 0
  }

  /** Returns nothing when the signal is aborted, or the reader is closed while it waits. */
  async read(limits: ReadLimits): Promise<readonly FetchedBatch[]> {
    try {
      return await this.#read(limits)
    } catch (error) {
      if (limits.signal?.aborted || this.#client.closing.aborted) return []
      throw error
    }
  }

  async #read(limits: ReadLimits): Promise<readonly FetchedBatch[]> {
    const { signal, maxWaitMs } = limits
    const end = performance.now() + maxWaitMs
    const { requestTimeoutMs } = this.#client.settings
    for (;;) {
      signal?.throwIfAborted()
      this.#client.closing.throwIfAborted()
      const left = Math.max(0, Math.ceil(end - performance.now()))
      const { positions, outcomes } = this.#assignment
      if (outcomes.length === 0) {
        const waitMs = fetchWait(left)
        const sent = await this.#fetch(limits, waitMs)
        const idle = positions.size === 0 ? 0 : GRACE_MS
        await this.#wait(waitMs + (sent ? requestTimeoutMs : idle), signal)
      }
      const batches = this.#take()
      if (batches.length > 0) {
        await this.#fetch(limits, fetchWait(maxWaitMs)).catch(() => {})
        return batches
      }
      if (outcomes.length === 0 && performance.now() >= end) return []
    }
  }

  async close(): Promise<void> {
    this.#client.close()
    this.#arrived.resolve()
  }

  /** Sends a fetch to every leader that has none under way and whose answer was taken. */
  async #fetch(limits: ReadLimits, maxWaitMs: number): Promise<boolean> {
    const { positions, busy, outcomes } = this.#assignment
    const all = [...positions.values()]
    const leaders = all.some((position) => this.#client.leaderOf(position) === undefined)
      ? await this.#client.findLeaders(all, { timeoutMs: LEADER_WAIT_MS, signal: limits.signal })
      : all.map((position) => this.#client.leaderOf(position) ?? -1)
    const byLeader = Map.groupBy(all.keys(), (index) => leaders[index] ?? -1)
    let sent = false
    for (const [leader, indexes] of byLeader) {
      if (busy.has(leader) || outcomes.some((outcome) => outcome.leader === leader)) continue
      const asked = indexes.flatMap((index) => all[index] ?? [])
      void this.#ask(leader, asked, { maxBytes: limits.maxBytes, maxWaitMs })
      sent = true
    }
    return sent
  }

  async #ask(leader: number, asked: readonly Position[], limits: ReadLimits): Promise<void> {
    const { busy, outcomes } = this.#assignment
    const { maxBytes, maxWaitMs } = limits
    busy.add(leader)
    let answer: FetchAnswer | null = null
    let error: unknown = null
    try {
      const partitionMaxBytes = Math.min(maxBytes, this.#client.settings.partitionFetchBytes)
      const request = fetchRequest({ positions: asked, maxBytes, partitionMaxBytes, maxWaitMs })
      answer = await this.#client.ask(leader, request)
    } catch (cause) {
      error = cause
    }
    busy.delete(leader)
    outcomes.push({ leader, asked, answer, error })
    this.#arrived.resolve()
  }

  async #wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#assignment.outcomes.length > 0 || signal?.aborted) return
    this.#arrived = Promise.withResolvers()
    const { promise, resolve } = this.#arrived
    const timer = setTimeout(resolve, ms)
    const wake = () => resolve()
    signal?.addEventListener('abort', wake)
    await promise
    signal?.removeEventListener('abort', wake)
    clearTimeout(timer)
  }

  /** The records of the first answer that has any; an answer without is passed over. */
  #take(): FetchedBatch[] {
    const { outcomes } = this.#assignment
    for (let outcome = outcomes.shift(); outcome; outcome = outcomes.shift()) {
      const { answer } = outcome
      if (answer === null) {
        this.#lost(outcome)
        continue
      }
      if (answer.code !== CODE.none) throw brokerError(answer.code, 'read topics')
      const batches = this.#decodeAll(answer.partitions)
      if (batches.length > 0) return batches
    }
    return []
  }

  /** An error of one partition waits until there is nothing to return: its position has not moved. */
  #decodeAll(partitions: readonly FetchedPartition[]): FetchedBatch[] {
    const batches: FetchedBatch[] = []
    let failure: { readonly error: unknown } | null = null
    for (const fetched of partitions) {
      try {
        const batch = this.#decode(fetched)
        if (batch !== null) batches.push(batch)
      } catch (error) {
        failure ??= { error }
      }
    }
    if (failure !== null && batches.length === 0) throw failure.error
    return batches
  }

  #decode(fetched: FetchedPartition): FetchedBatch | null {
    const { positions } = this.#assignment
    const key = keyOf(fetched)
    const position = positions.get(key)
    if (position === undefined) return null
    if (fetched.code !== CODE.none) {
      this.#refused(fetched, position)
      return null
    }
    this.#refusals = 0
    this.#losses = 0
    const batch = committedRecords(fetched, position.offset)
    if (batch === null) return null
    position.offset = batch.nextOffset
    // What comes first in a fetch gets the most of its bytes.
    positions.delete(key)
    positions.set(key, position)
    return batch
  }

  #refused(fetched: FetchedPartition, position: Position): void {
    const { topic, partition, code } = fetched
    if (code === CODE.offsetOutOfRange) throw outOfRange(position)
    if (!isRefusedForNow(code) || ++this.#refusals > REFUSAL_LIMIT) {
      throw brokerError(code, `read topic ${topic}, partition ${partition}`)
    }
    this.#client.forgetLeader(fetched)
  }

  /** The next fetch makes the connection anew, to whoever leads then; a second loss is thrown. */
  #lost({ error, asked }: Outcome): void {
    if (!isConnectionLoss(error) || ++this.#losses > LOSS_LIMIT) {
      this.#losses = 0
      throw error
    }
    for (const position of asked) this.#client.forgetLeader(position)
  }
}

/** How long the broker may wait for records, in whole milliseconds. */
function fetchWait(leftMs: number): number {
  return Math.min(leftMs, Math.ceil(untilNext(systemClock.now(), LONGEST_WAIT_MS)))
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${partition} ${topic}`
}

function outOfRange({ topic, partition, offset }: Position): ConnectError {
  return new ConnectError(
    'OFFSET_OUT_OF_RANGE',
    `Topic ${topic}, partition ${partition}, has no offset ${offset}: it was deleted by retention,` +
      ' or the topic was made anew',
    { hint: 'reset the offsets of the consumer, to the earliest or the latest record' }
  )
}
