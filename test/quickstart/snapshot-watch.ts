import type { LogLine, WorkerProcess } from '../support/worker-process.ts'
import { type Screen, thousands } from './screen.ts'

interface Sample {
  readonly at: number
  readonly done: number
}

/** Follows the snapshot in the worker's log: the bar, the rate, and when it is how far. */
export class SnapshotWatch {
  readonly #screen: Screen
  readonly #waiting = new Set<{ share: number; resolve: () => void }>()
  #last: Sample | undefined
  #activeMs = 0
  #rows = 0
  #total = 0
  #complete = false

  constructor(worker: WorkerProcess, screen: Screen) {
    this.#screen = screen
    worker.onLine((line) => this.#take(line))
  }

  get total(): number {
    return this.#total
  }

  /** Over the time in which a worker was reading; the restart in between does not count. */
  get rowsPerSecond(): number {
    return this.#activeMs > 0 ? (this.#rows * 1000) / this.#activeMs : 0
  }

  reaches(share: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.add({ share, resolve }))
  }

  completes(): Promise<void> {
    return this.reaches(2)
  }

  /** The worker starts anew: its next figure starts a new measurement. */
  restarted(): void {
    this.#last = undefined
  }

  #take(line: LogLine): void {
    if (line.msg !== 'progress' || line['connector'] !== 'shop' || this.#complete) return
    if (line['phase'] === 'streaming') this.#complete = true
    else
      this.#sample(
        Number(line['done'] ?? 0),
        Number(line['total'] ?? 0),
        String(line['detail'] ?? '')
      )
    const share = this.#complete ? 2 : (this.#last?.done ?? 0) / Math.max(1, this.#total)
    for (const waiter of this.#waiting) {
      if (share < waiter.share) continue
      this.#waiting.delete(waiter)
      waiter.resolve()
    }
  }

  #sample(done: number, total: number, table: string): void {
    const sample = { at: performance.now(), done }
    if (this.#last) {
      this.#activeMs += sample.at - this.#last.at
      this.#rows += Math.max(0, done - this.#last.done)
    }
    this.#last = sample
    this.#total = Math.max(this.#total, total, done)
    const rate = this.rowsPerSecond > 0 ? `${thousands(this.rowsPerSecond)} rows/s  ` : ''
    this.#screen.progress(done, this.#total, `${rate}${table}`)
  }
}
