import type { Broker, Reader } from '../../runtime/broker/broker.ts'
import { parseStatusKey } from '../../runtime/stores/status-store.ts'
import { CONNECTOR } from '../../runtime/worker/task-spec.ts'
import { placeName } from './fleet.ts'

/** Counts how often tasks and connectors have started, by what the status topic tells of them. */
export class StatusHistory implements AsyncDisposable {
  readonly #broker: Broker
  readonly #topic: string
  readonly #positions: number[] = []
  /** By `placeName`: the generations that have begun. */
  readonly #generations = new Map<string, Set<number>>()
  #reader: Reader | undefined

  constructor(broker: Broker, topic: string) {
    this.#broker = broker
    this.#topic = topic
  }

  /** By `placeName`: how often it has started so far. */
  async starts(): Promise<ReadonlyMap<string, number>> {
    await this.#catchUp()
    return new Map([...this.#generations].map(([name, seen]) => [name, seen.size]))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader?.close()
  }

  async #catchUp(): Promise<void> {
    const [found] = await this.#broker.describeTopics([this.#topic])
    const places = Array.from({ length: found?.partitions ?? 0 }, (_, partition) => {
      return { topic: this.#topic, partition }
    })
    const ends = await this.#broker.offsets(places, 'written')
    const reader = this.#reader ?? (await this.#broker.reader())
    this.#reader = reader
    const at = (partition: number) => this.#positions[partition] ?? 0
    for (;;) {
      const behind = ends.filter(({ partition, offset }) => at(partition) < offset)
      if (behind.length === 0) return
      reader.assign(behind.map((end) => ({ ...end, offset: at(end.partition) })))
      for (const batch of await reader.read({ maxBytes: 8 << 20, maxWaitMs: 1000 })) {
        for (const { key, value } of batch.records) this.#take(String(key), value)
        this.#positions[batch.partition] = batch.nextOffset
      }
    }
  }

  #take(key: string, value: Buffer | null): void {
    const id = parseStatusKey(key)
    if (id === null || value === null) return
    const { generation, state } = JSON.parse(String(value)) as Written
    // The generations of what does not run are not those of a start.
    if (state === 'STOPPED' || state === 'UNASSIGNED') return
    const name = placeName(id.connector, id.task === CONNECTOR ? undefined : id.task)
    const seen = this.#generations.get(name) ?? new Set()
    this.#generations.set(name, seen.add(generation))
  }
}

interface Written {
  readonly state: string
  readonly generation: number
}
