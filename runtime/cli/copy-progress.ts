import type { Broker, LogRecord } from '../broker/broker.ts'
import { parseExactJson } from '../stores/exact-json.ts'

/**
 * How far a topic was copied from one place, kept at the target in a compacted topic. It is written
 * in the transaction that writes the records, so that neither is ever there without the other.
 */
export class CopyProgress {
  static readonly topic = 'millrace-copies'

  readonly #broker: Broker
  readonly #of: { readonly from: string; readonly topic: string }
  readonly #next = new Map<number, number>()

  private constructor(broker: Broker, of: { from: string; topic: string }) {
    this.#broker = broker
    this.#of = of
  }

  /** Creates the topic when it is missing. */
  static async open(broker: Broker, of: { from: string; topic: string }): Promise<CopyProgress> {
    const configs = { 'cleanup.policy': 'compact' }
    const spec = { name: CopyProgress.topic, partitions: 1, configs, replicationFactor: -1 }
    await broker.createTopics([spec])
    return new CopyProgress(broker, of)
  }

  get isEmpty(): boolean {
    return this.#next.size === 0
  }

  /** The offset at the source to copy next, when some of the partition was copied. */
  next(partition: number): number | undefined {
    return this.#next.get(partition)
  }

  record(partition: number, nextOffset: number): LogRecord {
    return {
      key: JSON.stringify([this.#of.from, this.#of.topic, partition]),
      value: JSON.stringify({ next: nextOffset }),
      headers: [],
      timestamp: Date.now()
    }
  }

  async read(): Promise<void> {
    const place = [{ topic: CopyProgress.topic, partition: 0 }]
    const [start] = await this.#broker.offsets(place, 'earliest')
    const [end] = await this.#broker.offsets(place, 'latest')
    if (start === undefined || end === undefined) return
    const reader = await this.#broker.reader()
    try {
      reader.assign([start])
      for (let next = start.offset; next < end.offset; ) {
        for (const batch of await reader.read({ maxBytes: 1024 * 1024, maxWaitMs: 1000 })) {
          for (const { key, value } of batch.records) this.#take(String(key), String(value))
          next = batch.nextOffset
        }
      }
    } finally {
      await reader.close()
    }
  }

  #take(key: string, value: string): void {
    const [from, topic, partition] = parseExactJson(key) as readonly unknown[]
    if (from !== this.#of.from || topic !== this.#of.topic) return
    const { next } = parseExactJson(value) as { readonly next?: unknown }
    if (typeof partition === 'number' && typeof next === 'number') this.#next.set(partition, next)
  }
}
