import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

/** Linux tells the CPU time of a process in hundredths of a second. */
const TICK_MS = 10

/**
 * CPU time of a process since its start, in milliseconds, rounded to ticks. It counts threads that have
 * ended, as those of a Java program do all the time, and so is what all benchmarks but that of idle
 * workers go by, where a tick is too much: see {@link threadUsage}.
 */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}

/** What one thread has used since its start. */
export interface ThreadUsage {
  readonly cpuMs: number
  /** How often it went to sleep, to be woken later. */
  readonly sleeps: number
}

/** What the threads of a process have used, by thread id, to the nanosecond (proc(5), `schedstat`). */
export function threadUsage(pid: number): ReadonlyMap<string, ThreadUsage> {
  const folder = `/proc/${pid}/task`
  const usages = new Map<string, ThreadUsage>()
  for (const thread of readdirSync(folder)) {
    const [ns] = readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ')
    const status = readFileSync(`${folder}/${thread}/status`, 'utf8')
    const sleeps = /^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1]
    usages.set(thread, { cpuMs: Number(ns) / 1e6, sleeps: Number(sleeps) })
  }
  return usages
}

/** What was used between two looks, by the threads that lived at both. */
export function usageBetween(
  before: ReadonlyMap<string, ThreadUsage>,
  after: ReadonlyMap<string, ThreadUsage>
): ThreadUsage {
  let cpuMs = 0
  let sleeps = 0
  for (const [thread, usage] of after) {
    const earlier = before.get(thread)
    if (earlier === undefined) continue
    cpuMs += usage.cpuMs - earlier.cpuMs
    sleeps += usage.sleeps - earlier.sleeps
  }
  return { cpuMs, sleeps }
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
