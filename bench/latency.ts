import { setTimeout as delay } from 'node:timers/promises'
import type { BenchDatabase } from './databases/bench-database.ts'
import type { TopicProbe } from './system.ts'

export interface Latency {
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

interface Order {
  readonly id: number
  readonly customer_id: number
}

/**
 * Commits one update a time at a steady pace and measures from the answer to COMMIT until a
 * read_committed consumer has the event, in milliseconds.
 */
export async function measureLatency(
  server: BenchDatabase,
  probe: TopicProbe,
  options: {
    readonly database: string
    readonly topic: string
    readonly perSecond: number
    readonly seconds: number
    /** Number of the first change; no change has the number of another. */
    readonly first: number
  }
): Promise<Latency> {
  const arrived = new Map<number, number>()
  await using _consumer = await probe.follow(options.topic, (value) => {
    const now = performance.now()
    const { after, payload } = JSON.parse(Buffer.from(value).toString()) as {
      after?: Order
      payload?: { after?: Order }
    }
    const sequence = (after ?? payload?.after)?.customer_id ?? -1
    if (!arrived.has(sequence)) arrived.set(sequence, now)
  })
  const committed = await commitSteadily(server, options)
  for (const sequence of committed.keys()) {
    const limit = performance.now() + 30_000
    while (!arrived.has(sequence)) {
      if (performance.now() > limit) throw new Error(`change ${sequence} did not arrive`)
      await delay(20)
    }
  }
  const waits = [...committed].map(([sequence, at]) =>
    Math.max(0, (arrived.get(sequence) ?? 0) - at)
  )
  waits.sort((left, right) => left - right)
  const at = (part: number) => waits[Math.floor((waits.length - 1) * part)] ?? Number.NaN
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

/** The number of each change, written into customer_id, and when its commit was answered. */
async function commitSteadily(
  server: BenchDatabase,
  options: {
    readonly database: string
    readonly perSecond: number
    readonly seconds: number
    readonly first: number
  }
): Promise<Map<number, number>> {
  await using updater = await server.openUpdater(options.database)
  const committed = new Map<number, number>()
  const began = performance.now()
  const total = options.perSecond * options.seconds
  for (let index = 0; index < total; index++) {
    const due = began + (index * 1000) / options.perSecond
    const early = due - performance.now()
    if (early > 0) await delay(early)
    const sequence = options.first + index
    await updater.update(sequence, 1 + (index % 1000))
    committed.set(sequence, performance.now())
  }
  return committed
}
