import type { Broker, Reader, StoredRecord } from '../../runtime/broker/broker.ts'

/** What is wrong in the topics of lane sources (see `connectors/lane-source.ts`). */
export interface LaneFaults {
  /** Numbers that came again. */
  doubles: number
  /** Numbers that were left out. */
  gaps: number
  /** Records of an older generation of a task after those of a newer one. */
  stale: number
  /** The first few, for a person to look at. */
  readonly examples: string[]
}

interface Lane {
  /** One above the highest number that was seen. */
  next: number
  generation: number
}

/** Reads the topics of lane sources as they grow, and keeps account of what should not be there. */
export class LaneTopics implements AsyncDisposable {
  readonly faults: LaneFaults = { doubles: 0, gaps: 0, stale: 0, examples: [] }
  readonly #broker: Broker
  readonly #topics: ReadonlyMap<string, number>
  readonly #positions = new Map<string, number>()
  readonly #lanes = new Map<string, Lane>()
  #reader: Reader | undefined

  /** @param topics and how many lanes each has */
  constructor(broker: Broker, topics: ReadonlyMap<string, number>) {
    this.#broker = broker
    this.#topics = topics
  }

  /** By `topic/lane`: how many numbers it has. */
  get counts(): ReadonlyMap<string, number> {
    return new Map([...this.#lanes].map(([key, { next }]) => [key, next]))
  }

  /** Reads everything that is there by now. */
  async catchUp(): Promise<void> {
    const partitions = [...this.#topics].flatMap(([topic, lanes]) => {
      return Array.from({ length: lanes }, (_, partition) => ({ topic, partition }))
    })
    const ends = await this.#broker.offsets(partitions, 'latest')
    const reader = this.#reader ?? (await this.#broker.reader())
    this.#reader = reader
    const behind = () => ends.filter((end) => this.#position(end) < end.offset)
    for (let left = behind(); left.length > 0; left = behind()) {
      reader.assign(left.map((end) => ({ ...end, offset: this.#position(end) })))
      for (const batch of await reader.read({ maxBytes: 8 << 20, maxWaitMs: 1000 })) {
        for (const record of batch.records) this.#take(`${batch.topic}/${batch.partition}`, record)
        this.#positions.set(`${batch.topic}/${batch.partition}`, batch.nextOffset)
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader?.close()
  }

  #position({ topic, partition }: { topic: string; partition: number }): number {
    return this.#positions.get(`${topic}/${partition}`) ?? 0
  }

  #take(key: string, { value, offset }: StoredRecord): void {
    const { number, generation } = JSON.parse(String(value)).payload
    const lane = this.#lanes.get(key) ?? { next: 0, generation: 0 }
    this.#lanes.set(key, lane)
    if (generation < lane.generation)
      this.#fault('stale', { key, offset, number, generation, lane })
    if (number < lane.next) this.#fault('doubles', { key, offset, number, generation, lane })
    if (number > lane.next) this.#fault('gaps', { key, offset, number, generation, lane })
    lane.next = Math.max(lane.next, number + 1)
    lane.generation = Math.max(lane.generation, generation)
  }

  #fault(kind: 'doubles' | 'gaps' | 'stale', example: unknown): void {
    this.faults[kind]++
    if (this.faults.examples.length < 5) {
      this.faults.examples.push(`${kind}: ${JSON.stringify(example)}`)
    }
  }
}
