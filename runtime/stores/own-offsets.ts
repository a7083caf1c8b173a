import { describeError } from '../api/errors.ts'
import type { SourceOffset, SourcePartition } from '../api/record.ts'
import type { Logger } from '../api/task.ts'
import { printExactJson } from './exact-json.ts'
import type { OffsetEntry, OffsetRecord, OffsetStore } from './offset-store.ts'

/** Where the offsets of one source are: in the topic of all, or in a topic of its own. */
export type SourceOffsets = Pick<
  OffsetStore,
  'topic' | 'refresh' | 'look' | 'get' | 'list' | 'records' | 'write'
>

/**
 * Offsets of a connector with a topic of its own (`offsets.storage.topic`), as Kafka Connect keeps them
 * (`ConnectorOffsetBackingStore`): its own topic counts; where that has nothing, the topic of all
 * connectors does. What has become durable in the own topic is copied there, so that the connector
 * can go back to it. A copy that fails is logged and no more: the next one has it, too.
 */
export class OwnOffsets implements SourceOffsets {
  readonly #own: OffsetStore
  readonly #shared: OffsetStore
  readonly #logger: Logger
  /** Durable, and not yet copied; by connector and source partition. */
  #uncopied = new Map<string, readonly [connector: string, entry: OffsetEntry]>()
  #copying: Promise<void> | undefined

  constructor(parts: { own: OffsetStore; shared: OffsetStore; logger: Logger }) {
    this.#own = parts.own
    this.#shared = parts.shared
    this.#logger = parts.logger
  }

  get topic(): string {
    return this.#own.topic
  }

  async refresh(signal?: AbortSignal): Promise<void> {
    await Promise.all([this.#own.refresh(signal), this.#shared.refresh(signal)])
  }

  async look(signal?: AbortSignal): Promise<void> {
    await Promise.all([this.#own.look(signal), this.#shared.look(signal)])
  }

  get(connector: string, partition: SourcePartition): SourceOffset | null {
    return this.#own.get(connector, partition) ?? this.#shared.get(connector, partition)
  }

  list(connector: string): OffsetEntry[] {
    const own = this.#own.list(connector)
    const others = this.#shared
      .list(connector)
      .filter(({ partition }) => this.#own.get(connector, partition) === null)
    return [...own, ...others]
  }

  /** The records for the own topic. */
  records(connector: string, entries: readonly OffsetEntry[]): OffsetRecord[] {
    return this.#own.records(connector, entries)
  }

  /** Stores in both. What is forgotten goes from the other topic first, or it would come back. */
  async write(connector: string, entries: readonly OffsetEntry[]): Promise<void> {
    const forgotten = entries.filter(({ offset }) => offset === null)
    const kept = entries.filter(({ offset }) => offset !== null)
    await this.#shared.write(connector, forgotten)
    await this.#own.write(connector, entries)
    await this.#shared.write(connector, kept)
  }

  /** Copies what has become durable in the own topic. Does not wait for it. */
  copy(connector: string, entries: readonly OffsetEntry[]): void {
    for (const entry of entries) {
      const fields = Object.entries(entry.partition).toSorted(([a], [b]) => (a < b ? -1 : 1))
      this.#uncopied.set(printExactJson([connector, fields]), [connector, entry])
    }
    this.#copying ??= this.#copyAll().finally(() => {
      this.#copying = undefined
    })
  }

  /** Finishes copying, and closes the own topic. */
  async close(): Promise<void> {
    await this.#copying
    await this.#own.close()
  }

  async #copyAll(): Promise<void> {
    while (this.#uncopied.size > 0) {
      const byConnector = Map.groupBy(this.#uncopied.values(), ([connector]) => connector)
      this.#uncopied = new Map()
      for (const [connector, copies] of byConnector) {
        const entries = copies.map(([, entry]) => entry)
        await this.#shared.append(connector, entries).catch((error: unknown) => {
          this.#logger.warn('Offsets could not be copied to the topic of all connectors.', {
            topic: this.#shared.topic,
            error: describeError(error)
          })
        })
      }
    }
  }
}
