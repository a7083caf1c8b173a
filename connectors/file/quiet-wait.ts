import { type BigIntStats, type FSWatcher, watch } from 'node:fs'
import { stat } from 'node:fs/promises'

/** After so many looks that found nothing the file is taken for quiet. */
const SHORT_LOOKS = 20
/** Between looks at a quiet file whose changes nobody reports, as on some network file systems. */
const QUIET_MS = 1000

/**
 * Waits at the end of a file until it is worth to look again: at first for the poll interval, and once
 * the file is quiet until the system reports a change, with a glance at it each second. A worker with
 * many quiet files takes next to no processor time that way.
 */
export class QuietWait {
  readonly #path: string
  readonly #pollMs: number
  #looks = 0
  #watcher: FSWatcher | undefined
  #stats: BigIntStats | null | undefined
  #changed = false
  #wake: () => void = () => {}

  constructor(path: string, pollMs: number) {
    this.#path = path
    this.#pollMs = pollMs
  }

  /** Something was found: the next looks are soon again. */
  found(): void {
    this.#looks = 0
    this.close()
  }

  /**
   * Resolves when it is time to look again, or at the signal.
   *
   * @param named whether what is read has the path that is watched, and nothing else is looked for
   */
  async wait(named: boolean, signal: AbortSignal): Promise<void> {
    if (this.#looks++ < SHORT_LOOKS) return this.#pause(this.#pollMs, signal)
    if (this.#stats === undefined) {
      // What happens from here on is reported; what happened before is seen by the look that follows.
      this.#watch()
      this.#stats = await this.#look()
      return
    }
    const quietMs = Math.max(this.#pollMs, QUIET_MS)
    do {
      // All files at the same moment: the thread wakes once for all of them.
      if (!this.#changed) await this.#pause(quietMs - (Date.now() % quietMs), signal)
      if (this.#changed) return this.found()
    } while (named && !signal.aborted && (await this.#isSame()))
  }

  close(): void {
    this.#watcher?.close()
    this.#watcher = undefined
    this.#stats = undefined
    this.#changed = false
  }

  #watch(): void {
    try {
      this.#watcher = watch(this.#path, { persistent: false }, () => this.#noteChange())
      this.#watcher.on('error', () => this.#noteChange())
    } catch {
      // There is no such file yet, or there are too many watches: a glance each second is left.
    }
  }

  #noteChange(): void {
    this.#changed = true
    this.#wake()
  }

  async #isSame(): Promise<boolean> {
    const before = this.#stats
    const now = await this.#look()
    this.#stats = now
    if (!before || !now) return !before && !now
    const fields = ['dev', 'ino', 'size', 'mtimeNs', 'ctimeNs'] as const
    return fields.every((field) => before[field] === now[field])
  }

  async #look(): Promise<BigIntStats | null> {
    return await stat(this.#path, { bigint: true }).catch(() => null)
  }

  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        this.#wake = () => {}
        resolve()
      }
      const timer = setTimeout(done, ms)
      this.#wake = done
      signal.addEventListener('abort', done)
      if (signal.aborted) done()
    })
  }
}
