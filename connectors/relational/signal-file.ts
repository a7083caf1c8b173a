import { readFile, truncate, writeFile } from 'node:fs/promises'
import { ConnectError } from '../../runtime/api/errors.ts'
import type { Logger } from '../../runtime/api/task.ts'
import type { Signal } from './signals.ts'

/**
 * The channel `file`: lines of JSON with id, type and data. Between polls of the source:
 *
 *     if (file.dueIn(now) === 0) for (const signal of await file.read(now)) handler.handle(signal)
 *     // return a batch, though it may have no records: its offset has what the signals asked for
 *     await file.done()      // in SourceTask.commit, when that offset is durable
 */
export class SignalFile {
  readonly #path: string
  readonly #intervalMs: number
  readonly #logger: Logger
  #last = Number.NEGATIVE_INFINITY
  /** What was read and is not removed yet. */
  #read: Buffer = Buffer.alloc(0)

  /** @param options path: `signal.file`; intervalMs: `signal.poll.interval.ms` */
  constructor(options: {
    readonly path: string
    readonly intervalMs: number
    readonly logger: Logger
  }) {
    this.#path = options.path
    this.#intervalMs = options.intervalMs
    this.#logger = options.logger
  }

  /** Whether lines were read that are still in the file. */
  get isPending(): boolean {
    return this.#read.length > 0
  }

  /** Milliseconds until the file should be looked at. */
  dueIn(now: number): number {
    return Math.max(0, this.#last + this.#intervalMs - now)
  }

  /**
   * The signals in the file, or none when there is no file or those read before are not done with. A line that is no
   * signal is told in the log.
   *
   * @throws {ConnectError} SIGNAL_FILE when the file is there and cannot be read
   */
  async read(now: number): Promise<Signal[]> {
    this.#last = now
    if (this.#read.length > 0) return []
    const bytes = await this.#content()
    // A last line without a line feed may be still being written, unless it is whole.
    const lastLine = bytes.lastIndexOf(0x0a) + 1
    const isWhole = isJson(bytes.subarray(lastLine).toString())
    this.#read = isWhole ? bytes : bytes.subarray(0, lastLine)
    const lines = this.#read.toString().split('\n')
    return lines.filter((line) => line.trim() !== '').flatMap((line) => this.#parse(line) ?? [])
  }

  /**
   * Removes the lines that were read; lines that have come since stay. A process that is killed before it gets
   * here reads them again.
   */
  async done(): Promise<void> {
    const { length } = this.#read
    if (length === 0) return
    const bytes = await this.#content()
    try {
      if (bytes.length > length) await writeFile(this.#path, bytes.subarray(length))
      else await truncate(this.#path, 0)
    } catch (error) {
      throw this.#failure('be emptied', error)
    }
    this.#read = Buffer.alloc(0)
  }

  async #content(): Promise<Buffer> {
    try {
      return await readFile(this.#path)
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
        return Buffer.alloc(0)
      }
      throw this.#failure('be read', error)
    }
  }

  #failure(what: string, cause: unknown): ConnectError {
    return new ConnectError('SIGNAL_FILE', `The signal file ${this.#path} cannot ${what}`, {
      cause,
      hint: 'Correct signal.file, or let the worker read and write the file'
    })
  }

  #parse(line: string): Signal | null {
    try {
      const given = JSON.parse(line) as Record<string, unknown>
      const { id, type, data } = given
      if (typeof id === 'string' && typeof type === 'string') {
        const isText = typeof data === 'string' || data === undefined || data === null
        return { id, type, data: isText ? (data ?? null) : JSON.stringify(data) }
      }
    } catch {
      // Told below, as a line without id or type is.
    }
    this.#logger.warn('A line of the signal file is no signal with id, type and data', { line })
    return null
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
