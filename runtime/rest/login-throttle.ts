/** How many wrong logins an address has at once, and how long until it has one more. */
const BURST = 10
const REFILL_MS = 1000
/** Addresses that are remembered; with more, the longest unseen are forgotten. */
const MAX_ADDRESSES = 10_000

interface Bucket {
  readonly tokens: number
  readonly at: number
}

/**
 * Slows down the guessing of passwords: each wrong login of an address takes one of a few tries, which
 * come back one a second. Logins that are right cost nothing.
 */
export class LoginThrottle {
  readonly #now: () => number
  readonly #buckets = new Map<string, Bucket>()

  /** @param now milliseconds, of a clock that never goes back */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Takes a try, before the login is checked. @returns milliseconds to wait when there is none */
  take(address: string): number {
    const id = networkOf(address)
    const tokens = this.#tokens(id)
    if (tokens < 1) return Math.ceil((1 - tokens) * REFILL_MS)
    this.#put(id, tokens - 1)
    return 0
  }

  /** The login was right: the try comes back. */
  giveBack(address: string): void {
    const id = networkOf(address)
    const tokens = this.#tokens(id) + 1
    if (tokens >= BURST) this.#buckets.delete(id)
    else this.#put(id, tokens)
  }

  #tokens(id: string): number {
    const bucket = this.#buckets.get(id)
    if (bucket === undefined) return BURST
    return Math.min(BURST, bucket.tokens + (this.#now() - bucket.at) / REFILL_MS)
  }

  #put(id: string, tokens: number): void {
    this.#buckets.delete(id)
    this.#buckets.set(id, { tokens, at: this.#now() })
    if (this.#buckets.size <= MAX_ADDRESSES) return
    for (const oldest of this.#buckets.keys()) {
      this.#buckets.delete(oldest)
      break
    }
  }
}

/** Whoever has one IPv6 address has its whole /64. */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped?.[1] !== undefined) return mapped[1]
  return address.includes(':') ? firstGroups(address) : address
}

function firstGroups(address: string): string {
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::')
  const groups = head.split(':').filter((group) => group !== '')
  if (tail !== undefined) {
    const last = tail.split(':').filter((group) => group !== '')
    while (groups.length + last.length < 8) groups.push('0')
    groups.push(...last)
  }
  return groups.slice(0, 4).join(':')
}
