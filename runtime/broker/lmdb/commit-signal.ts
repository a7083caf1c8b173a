import { closeSync, type FSWatcher, openSync, watch, writeSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../api/clock.ts'

/** A commit whose writer was killed before it could tell is found after this. Each check wakes the process. */
const CHECK_EVERY_MS = 1000
/** And after this, once the watch is known to tell of commits: where it does not, all rests on checks. */
const TRUSTING_CHECK_MS = 5000
/** Who waits for longer than this is woken by a check in time. */
const UNTIMED_MS = 10_000
/** Without a working watch: from the first of these to the last, doubling while nothing comes. */
const POLL_MS = { shortest: 1, longest: 10 } as const

const ONE_BYTE = Buffer.from('.')

/**
 * Tells threads and processes that something was committed: every commit writes one byte to a file
 * that all of them watch. Watching LMDB's own file instead would bring an event per written page,
 * the last of them before the commit can be seen.
 */
export class CommitSignal {
  readonly #path: string
  readonly #file: number
  readonly #waiting = new Set<() => void>()
  #watcher: FSWatcher | undefined
  #watching = false
  /** The watch has told of a commit, and has not missed one since. */
  #trusted = false
  /** Whoever looks now does so because of a check, not because it was told. */
  #checking = false
  #pollMs: number = POLL_MS.shortest
  #closed = false
  #cancelCheck: (() => void) | undefined

  constructor(folder: string) {
    this.#path = join(folder, 'commits')
    this.#file = openSync(this.#path, 'a+')
  }

  /** Call after a commit. */
  notify(): void {
    if (this.#closed) return
    try {
      writeSync(this.#file, ONE_BYTE, 0, 1, 0)
    } catch {
      // The commit itself stands; on a full disk the others find it at their next check.
    }
    this.#wake()
  }

  /** Call before looking for the first time, so that nothing committed after the look is missed. */
  start(): void {
    if (this.#watcher !== undefined || this.#closed) return
    try {
      this.#watcher = watch(this.#path, { persistent: false }, () => this.#told())
      this.#watcher.on('error', () => {
        this.#unwatch()
        this.#wake()
      })
      this.#watching = true
    } catch {
      // Such as too many watches on this machine: polling still works.
      this.#watching = false
    }
  }

  /** Resolves after a commit, at the signal, after the given time, or when it is time to check. */
  wait(maxMs: number, signal?: AbortSignal): Promise<void> {
    if (maxMs <= 0 || this.#closed || signal?.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        this.#waiting.delete(done)
        if (this.#waiting.size === 0) this.#endCheck()
        resolve()
      }
      const timer = maxMs < UNTIMED_MS ? setTimeout(done, maxMs) : undefined
      signal?.addEventListener('abort', done)
      this.#waiting.add(done)
      // One check for all who wait, and together with what else is done now and then.
      this.#cancelCheck ??= this.#check()
    })
  }

  /** Call when a look found something: polling is quick again, and a watch that missed it is known. */
  found(): void {
    this.#pollMs = POLL_MS.shortest
    if (this.#checking) this.#trusted = false
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#unwatch()
    closeSync(this.#file)
    this.#wake()
  }

  get #checkMs(): number {
    return this.#trusted ? TRUSTING_CHECK_MS : CHECK_EVERY_MS
  }

  #check(): () => void {
    const check = () => {
      this.#wake()
      this.#checking = true
      // Those who waited have looked by then.
      setImmediate(() => {
        this.#checking = false
      })
    }
    if (this.#watching) return systemClock.atNext(this.#checkMs, check)
    const interval = this.#pollMs
    this.#pollMs = Math.min(interval * 2, POLL_MS.longest)
    return systemClock.after(interval, check)
  }

  #endCheck(): void {
    this.#cancelCheck?.()
    this.#cancelCheck = undefined
  }

  #told(): void {
    this.#trusted = true
    this.#wake()
  }

  #wake(): void {
    this.#endCheck()
    for (const done of [...this.#waiting]) done()
  }

  #unwatch(): void {
    this.#watching = false
    this.#trusted = false
    this.#watcher?.close()
  }
}
