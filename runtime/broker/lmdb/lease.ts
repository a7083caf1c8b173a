import { CREATION_KEY, leaseKey } from './log-keys.ts'
import type { WriteQueue } from './log-transaction.ts'

/** The right to do something alone, until a time unless it is renewed. */
export interface Lease {
  readonly holder: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  /** Grows whenever the lease goes to a new holder; what the old one writes can be told by it. */
  readonly fence: number
}

/** Leases of a log. All processes are on one machine, so they go by the same clock. */
export class LeaseHolder {
  readonly #queue: WriteQueue
  readonly #clock: () => number

  constructor(queue: WriteQueue, clock: () => number) {
    this.#queue = queue
    this.#clock = clock
  }

  /** Takes a free or expired lease, or renews one's own. Null while someone else has it. */
  acquire(name: string, holder: string, ttlMs: number): Promise<Lease | null> {
    const key = leaseKey(name)
    return this.#queue.run((transaction) => {
      const now = this.#clock()
      const current = decode(transaction.read(key))
      if (current !== null && current.holder !== holder && current.expiresAt > now) return null
      if (current === null) transaction.touch(CREATION_KEY)
      const lost = current === null || current.holder !== holder || current.expiresAt <= now
      const lease: Lease = {
        holder,
        expiresAt: now + ttlMs,
        fence: (current?.fence ?? 0) + (lost ? 1 : 0)
      }
      // Nobody waits for a lease to change hands: who wants one asks again.
      transaction.putQuietly(key, Buffer.from(JSON.stringify(lease)))
      return lease
    })
  }

  release(name: string, holder: string): Promise<void> {
    const key = leaseKey(name)
    return this.#queue.run((transaction) => {
      const current = decode(transaction.read(key))
      if (current === null || current.holder !== holder) return
      transaction.putQuietly(key, Buffer.from(JSON.stringify({ ...current, expiresAt: 0 })))
    })
  }
}

function decode(value: Buffer | undefined): Lease | null {
  return value === undefined ? null : JSON.parse(value.toString('utf8'))
}
