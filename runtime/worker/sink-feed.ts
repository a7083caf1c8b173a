import type { TopicPartitionOffset } from '../api/record.ts'
import type { FetchedBatch, Reader } from '../broker/broker.ts'

/** How long a read waits for records. They end it; a shorter time only wakes an idle task more often. */
const WAIT_MS = 60_000

/** Reads ahead: while one result is being written, the next one is fetched, and no more. */
export class SinkFeed {
  readonly #reader: Reader
  readonly #maxBytes: number
  readonly #onReady: () => void
  #assigned = false
  #reading: Promise<void> | undefined
  #interrupt = new AbortController()
  #ready: readonly FetchedBatch[] | undefined
  #error: unknown

  /** @param maxBytes bound on one result; one is being written while one is fetched */
  constructor(reader: Reader, maxBytes: number, onReady: () => void) {
    this.#reader = reader
    this.#maxBytes = maxBytes
    this.#onReady = onReady
  }

  /** Stops the read under way; what it has returned stays to be taken. */
  async interrupt(): Promise<void> {
    this.#interrupt.abort()
    await this.#reading
    this.#interrupt = new AbortController()
  }

  /** Reads from these positions from now on. Call {@link interrupt} and take what is ready before. */
  assign(positions: readonly TopicPartitionOffset[]): void {
    this.#reader.assign(positions)
    this.#assigned = positions.length > 0
    this.#ready = undefined
    this.#error = undefined
  }

  /** @returns what has been read, or undefined; starts the next read. @throws what a read threw */
  take(): readonly FetchedBatch[] | undefined {
    if (this.#error !== undefined) {
      const error = this.#error
      this.#error = undefined
      throw error
    }
    const ready = this.#ready
    this.#ready = undefined
    if (this.#assigned) this.#reading ??= this.#read()
    return ready
  }

  async close(): Promise<void> {
    this.#interrupt.abort()
    await this.#reading
    await this.#reader.close()
  }

  async #read(): Promise<void> {
    const { signal } = this.#interrupt
    try {
      const read = await this.#reader.read({
        maxBytes: this.#maxBytes,
        maxWaitMs: WAIT_MS,
        signal
      })
      if (read.length > 0) this.#ready = read
    } catch (error) {
      if (!signal.aborted) this.#error = error
    }
    this.#reading = undefined
    this.#onReady()
  }
}
