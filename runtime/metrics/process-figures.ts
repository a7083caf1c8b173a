import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { Family } from './exposition.ts'

/** How often the delay of the event loop is sampled, in milliseconds; a longer stop is always seen. */
const DELAY_SAMPLE_MS = 100
/** Readings closer together show the same period, so that two scrapers see more than a few samples. */
const SHORTEST_PERIOD_MS = 10_000

/** The event loop of the main thread. Times are in milliseconds. */
export interface LoopFigures {
  readonly turns: number
  readonly activeMs: number
  readonly idleMs: number
}

interface Delays {
  readonly median: number
  readonly p99: number
  readonly max: number
}

/** What this process uses, and how well its main thread keeps up. Costs nothing before the first reading. */
export class ProcessFigures {
  readonly #now: () => number
  #histogram: ReturnType<typeof monitorEventLoopDelay> | undefined
  #readAt = 0
  #delays: Delays = { median: 0, p99: 0, max: 0 }
  #before: LoopFigures = { turns: 0, activeMs: 0, idleMs: 0 }
  #beforeThat: LoopFigures = this.#before

  constructor(now: () => number) {
    this.#now = now
  }

  /** Since the start of the process. */
  loop(): LoopFigures {
    const { idle, active } = performance.eventLoopUtilization()
    return { turns: performance.nodeTiming.uvMetricsInfo.loopCount, activeMs: active, idleMs: idle }
  }

  /** Since the last reading but one: long enough to mean something. */
  recentLoop(): LoopFigures {
    const now = this.loop()
    const { turns, activeMs, idleMs } = this.#beforeThat
    return {
      turns: now.turns - turns,
      activeMs: now.activeMs - activeMs,
      idleMs: now.idleMs - idleMs
    }
  }

  families(): Family[] {
    this.#read()
    const { user, system } = process.cpuUsage()
    const { rss, heapUsed } = process.memoryUsage()
    const { activeMs } = this.loop()
    const { median, p99, max } = this.#delays
    return [
      single(
        'process_cpu_seconds_total',
        'counter',
        'Processor time of this process',
        (user + system) / 1e6
      ),
      single(
        'process_resident_memory_bytes',
        'gauge',
        'Memory of this process, shared pages included',
        rss
      ),
      single(
        'process_start_time_seconds',
        'gauge',
        'When this process started, since 1970',
        performance.timeOrigin / 1000
      ),
      single('millrace_heap_used_bytes', 'gauge', 'Heap of the main thread', heapUsed),
      single(
        'millrace_event_loop_active_seconds_total',
        'counter',
        'Time that the main thread worked',
        activeMs / 1000
      ),
      {
        name: 'millrace_event_loop_delay_seconds',
        type: 'gauge',
        help: 'How late the main thread was lately: the median, the 99th percentile and the longest',
        samples: [
          { labels: '{quantile="0.5"}', value: median },
          { labels: '{quantile="0.99"}', value: p99 },
          { labels: '{quantile="1"}', value: max }
        ]
      }
    ]
  }

  #read(): void {
    const now = this.#now()
    if (this.#histogram === undefined) {
      this.#histogram = monitorEventLoopDelay({ resolution: DELAY_SAMPLE_MS })
      this.#histogram.enable()
    } else if (now - this.#readAt < SHORTEST_PERIOD_MS) return
    this.#readAt = now
    const late = (ns: number) => Math.max(0, ns / 1e9 - DELAY_SAMPLE_MS / 1000)
    if (this.#histogram.count > 0) {
      this.#delays = {
        median: late(this.#histogram.percentile(50)),
        p99: late(this.#histogram.percentile(99)),
        max: late(this.#histogram.max)
      }
      this.#histogram.reset()
    }
    this.#beforeThat = this.#before
    this.#before = this.loop()
  }
}

function single(name: string, type: Family['type'], help: string, value: number): Family {
  return { name, type, help, samples: [{ labels: '', value }] }
}
