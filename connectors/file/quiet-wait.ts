import { type BigIntStats, type FSWatcher, watch } from 'node:fs'
import { realpath, stat, statfs } from 'node:fs/promises'
import { resolve } from 'node:path'
import { systemClock } from '../../runtime/api/clock.ts'

/** After so many looks that found nothing the file is taken for quiet. */
const SHORT_LOOKS = 20
/** Between glances at a quiet file whose changes may go unreported, as on network file systems. */
const QUIET_MS = 1000
/** And at one whose changes are reported, but for a folder above that is exchanged, or mapped memory. */
const REPORTED_MS = 5000

/** `f_type` of file systems that report every change of a file, from statfs(2). */
const LOCAL_FILE_SYSTEMS: ReadonlySet<number> = new Set([
  0xef53, // ext2 to ext4
  0x58465342, // XFS
  0x9123683e, // Btrfs
  0xf2f52010, // F2FS
  0x2fc12fc1, // ZFS
  0x01021994 // tmpfs
])

/**
 * Waits at the end of a file until it is worth to look again: at first for the poll interval, and once
 * the file is quiet until the system reports a change, with a glance at it now and then. A worker with
 * many quiet files takes next to no processor time that way.
 */
export class QuietWait {
  readonly #path: string
  readonly #pollMs: number
  #looks = 0
  #watcher: FSWatcher | undefined
  #stats: BigIntStats | null | undefined
  #changed = false
  #reported = false
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
    if (this.#looks++ < SHORT_LOOKS) return this.#sleep(this.#pollMs, signal)
    if (this.#stats === undefined) {
      // What happens from here on is reported; what happened before is seen by the look that follows.
      this.#watch()
      this.#stats = await this.#look()
      this.#reported = this.#watcher !== undefined && (await isReported(this.#path))
      return
    }
    const quietMs = Math.max(this.#pollMs, named && this.#reported ? REPORTED_MS : QUIET_MS)
    do {
      if (!this.#changed) await this.#untilGlance(quietMs, signal)
      if (this.#changed) return this.found()
    } while (named && !signal.aborted && (await this.#isSame()))
  }

  close(): void {
    this.#watcher?.close()
    this.#watcher = undefined
    this.#stats = undefined
    this.#changed = false
    this.#reported = false
  }

  #watch(): void {
    try {
      this.#watcher = watch(this.#path, { persistent: false }, () => this.#noteChange())
      this.#watcher.on('error', () => this.#noteChange())
    } catch {
      // There is no such file yet, or there are too many watches: glances are left.
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

  #sleep(ms: number, signal: AbortSignal): Promise<void> {
    return this.#waitFor((done) => systemClock.after(ms, done), signal)
  }

  /** Until the next glance, which all files of a thread have together. */
  #untilGlance(everyMs: number, signal: AbortSignal): Promise<void> {
    return this.#waitFor((done) => systemClock.atNext(everyMs, done), signal)
  }

  #waitFor(begin: (done: () => void) => () => void, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel()
        signal.removeEventListener('abort', done)
        this.#wake = () => {}
        resolve()
      }
      const cancel = begin(done)
      this.#wake = done
      signal.addEventListener('abort', done)
      if (signal.aborted) done()
    })
  }
}

/** A link that is changed changes nothing in the file that it led to, which is what is watched. */
async function isReported(path: string): Promise<boolean> {
  try {
    const { type } = await statfs(path)
    return LOCAL_FILE_SYSTEMS.has(type >>> 0) && (await realpath(path)) === resolve(path)
  } catch {
    return false
  }
}
