import { closedError } from './log-error.ts'
import type { LogStore } from './log-store.ts'

interface PlannedMeta {
  readonly key: Buffer
  readonly value: Buffer | null
  readonly version: number
}

/**
 * What one or more operations want to write, and what they read to decide so. It is written only if
 * nothing of what they read has changed since (optimistic concurrency): no lock is held while
 * JavaScript runs.
 */
export class LogTransaction {
  readonly #store: LogStore
  readonly #conditions = new Map<string, { key: Buffer; version: number }>()
  readonly #meta = new Map<string, PlannedMeta>()
  readonly #log = new Map<string, { key: Buffer; value: Buffer | null }>()
  #quiet = true

  constructor(store: LogStore) {
    this.#store = store
  }

  get store(): LogStore {
    return this.#store
  }

  /**
   * Reads a key that the decision depends on. A missing key is no condition: whoever creates one
   * reads and writes a key that always exists as well.
   */
  read(key: Buffer): Buffer | undefined {
    const name = key.toString('latin1')
    const planned = this.#meta.get(name)
    if (planned !== undefined) return planned.value ?? undefined
    const entry = this.#store.meta(key)
    if (entry !== undefined) this.#conditions.set(name, { key, version: entry.version })
    return entry?.value
  }

  put(key: Buffer, value: Buffer): void {
    this.#quiet = false
    this.#plan(key, value)
  }

  /** As {@link put}, of something that nobody waits for. */
  putQuietly(key: Buffer, value: Buffer): void {
    this.#plan(key, value)
  }

  remove(key: Buffer): void {
    this.#quiet = false
    this.#plan(key, null)
  }

  /** Reads and writes a key only so that no other transaction does the same at the same time. */
  touch(key: Buffer): void {
    const value = this.read(key)
    if (value !== undefined) this.put(key, value)
  }

  putBatch(key: Buffer, value: Buffer): void {
    this.#log.set(key.toString('latin1'), { key, value })
  }

  removeBatch(key: Buffer): void {
    this.#log.set(key.toString('latin1'), { key, value: null })
  }

  /** @returns false when something that was read has changed: plan again */
  async commit(): Promise<boolean> {
    if (this.isEmpty) return true
    return this.#store.commit({
      conditions: [...this.#conditions.values()],
      meta: [...this.#meta.values()],
      log: [...this.#log.values()]
    })
  }

  /** Whether nobody has to hear of it at once. */
  get isQuiet(): boolean {
    return this.#quiet && this.#log.size === 0
  }

  get isEmpty(): boolean {
    return this.#meta.size === 0 && this.#log.size === 0
  }

  #plan(key: Buffer, value: Buffer | null): void {
    const name = key.toString('latin1')
    const known = this.#meta.get(name)?.version ?? this.#conditions.get(name)?.version
    this.#meta.set(name, { key, value, version: known === undefined ? 1 : known + 1 })
  }
}

/**
 * Decides what to write from what it reads. It may be called again when something changed in
 * between, and throws, if at all, before it plans a write.
 */
export type Operation<T> = (transaction: LogTransaction) => T

interface Queued {
  /** Plans the operation; returns what to do once it is durable. */
  readonly plan: (transaction: LogTransaction) => () => void
  readonly reject: (error: unknown) => void
}

/**
 * Runs the operations of one thread. Those that come while others are being written share the next
 * LMDB transaction, and so one flush to disk.
 */
export class WriteQueue {
  readonly #store: LogStore
  readonly #onCommit: () => void
  #queued: Queued[] = []
  #draining: Promise<void> | undefined
  #closed = false

  constructor(store: LogStore, onCommit: () => void) {
    this.#store = store
    this.#onCommit = onCommit
  }

  /**
   * @returns what the operation returned, once it is on disk
   * @throws what the operation threw; RetriableError DISK_FULL when nothing could be written
   */
  run<T>(operation: Operation<T>): Promise<T> {
    if (this.#closed) return Promise.reject(closedError())
    return new Promise<T>((resolve, reject) => {
      const plan = (transaction: LogTransaction) => {
        const result = operation(transaction)
        return () => resolve(result)
      }
      this.#queued.push({ plan, reject })
      this.#draining ??= this.#drain()
    })
  }

  /** Resolves when everything queued is written. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#draining
  }

  async #drain(): Promise<void> {
    // What the same turn of the event loop still queues joins the first transaction.
    await Promise.resolve()
    while (this.#queued.length > 0) {
      const group = this.#queued
      this.#queued = []
      await this.#write(group)
    }
    this.#draining = undefined
  }

  async #write(group: readonly Queued[]): Promise<void> {
    let waiting = group
    try {
      for (let committed = false; !committed; ) {
        this.#store.refresh()
        const transaction = new LogTransaction(this.#store)
        const planned: { queued: Queued; done: () => void }[] = []
        for (const queued of waiting) {
          try {
            planned.push({ queued, done: queued.plan(transaction) })
          } catch (error) {
            queued.reject(error)
          }
        }
        waiting = planned.map(({ queued }) => queued)
        committed = await transaction.commit()
        if (!committed) continue
        if (!transaction.isQuiet) this.#onCommit()
        for (const { done } of planned) done()
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error)
    }
  }
}
