import type { Recorded } from './recorded.ts'

/**
 * What the worker's own Kafka client has done, as the client tells it. Nothing is told on embedded
 * topics; the clients of tasks run in their threads and are not part of it.
 */
export class ClientRecord {
  readonly all: Recorded
  /** By `host:port`. */
  readonly nodes = new Map<string, Recorded>()
  readonly #newRecord: () => Recorded
  readonly #now: () => number

  constructor(newRecord: () => Recorded, now: () => number) {
    this.#newRecord = newRecord
    this.#now = now
    this.all = newRecord()
  }

  connected(): void {
    this.all.add('connections', 1, this.#now())
  }

  closed(): void {
    this.all.add('closes', 1, this.#now())
  }

  authenticated(accepted: boolean): void {
    this.all.add(accepted ? 'authentications' : 'refusals', 1, this.#now())
  }

  /** @param bytes of the whole request */
  sent(node: string, bytes: number): void {
    for (const record of this.#both(node)) {
      record.add('bytes_out', bytes, this.#now())
      record.observe('request_bytes', bytes, this.#now())
      record.add('requests', 1, this.#now())
    }
  }

  /**
   * @param bytes of the whole response
   * @param ms since its request
   */
  received(node: string, bytes: number, ms: number): void {
    for (const record of this.#both(node)) {
      record.add('bytes_in', bytes, this.#now())
      record.observe('latency_ms', ms, this.#now())
      record.add('responses', 1, this.#now())
    }
  }

  #both(node: string): readonly Recorded[] {
    let record = this.nodes.get(node)
    if (record === undefined) {
      record = this.#newRecord()
      this.nodes.set(node, record)
    }
    return [this.all, record]
  }
}
