import { readFileSync, writeFileSync } from 'node:fs'

/** Linux counts CPU time in hundredths of a second. */
const TICK_MS = 10

/** CPU time of a process since its start, all threads, in milliseconds. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}

/** Resident memory of a process in MiB, now and at its highest. */
export function memoryMiB(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const field = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? Number.NaN) / 1024
  return { now: field('VmRSS'), peak: field('VmHWM') }
}

/** Lets the kernel forget the highest memory seen so far. */
export function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

/** Watches the process that a system runs now, and remembers over restarts. */
export class UsageWatch implements Disposable {
  #pid: () => number
  #timer: NodeJS.Timeout
  #peak = 0
  #spentBefore = 0
  #last = { pid: -1, cpu: 0 }

  constructor(pid: () => number) {
    this.#pid = pid
    this.#timer = setInterval(() => this.#sample(), 250)
    this.#sample()
  }

  /** Highest resident memory seen so far, in MiB. */
  get peakMiB(): number {
    this.#sample()
    return this.#peak
  }

  /** CPU time spent so far, in milliseconds. */
  get cpuMs(): number {
    this.#sample()
    return this.#spentBefore + this.#last.cpu
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #sample(): void {
    const pid = this.#pid()
    try {
      const cpu = cpuMs(pid)
      const { peak } = memoryMiB(pid)
      // A process that is about to go has given its memory back and tells nothing.
      if (peak > this.#peak) this.#peak = peak
      if (pid !== this.#last.pid) this.#spentBefore += this.#last.cpu
      this.#last = { pid, cpu }
    } catch {
      // The process is gone, or about to start.
    }
  }
}
