import { setTimeout as delay } from 'node:timers/promises'

export interface Growth {
  /** Records a second, from the first sight of growth to the last. */
  readonly rate: number
  /** CPU time of the worker per record, in microseconds. */
  readonly cpuMicros: number
  readonly seconds: number
}

const POLL_MS = 100
/** Markers push the end offset over the target: the end is where it stays for so long. */
const QUIET_MS = 2000
const STUCK_MS = 120_000

/**
 * Watches a counter from `from` until it is at least `to` and stays there.
 *
 * @throws Error when it stops growing before.
 */
export async function watchGrowth(
  read: () => Promise<number>,
  cpuMs: () => number,
  range: { readonly from: number; readonly to: number }
): Promise<Growth> {
  let first: Sample | undefined
  let last: Sample = { at: performance.now(), count: range.from, cpu: cpuMs() }
  for (;;) {
    const count = await read()
    const at = performance.now()
    if (count > last.count) {
      last = { at, count, cpu: cpuMs() }
      first ??= last
    }
    const quiet = at - last.at
    if (last.count >= range.to && quiet >= QUIET_MS) break
    if (quiet >= STUCK_MS) throw new Error(`stuck at ${last.count} of ${range.to} records`)
    await delay(POLL_MS)
  }
  first ??= last
  const seconds = (last.at - first.at) / 1000
  const records = last.count - first.count
  return {
    rate: records / seconds,
    cpuMicros: ((last.cpu - first.cpu) * 1000) / records,
    seconds
  }
}

interface Sample {
  readonly at: number
  readonly count: number
  readonly cpu: number
}
