import { accessSync, constants, mkdirSync, statfsSync } from 'node:fs'
import { type Database, open, type RootDatabase } from 'lmdb'
import { ConnectError } from '../../api/errors.ts'
import { closedError, storeError } from './log-error.ts'
import { CREATION_KEY, FORMAT_KEY, type KeyRange, REGISTRY_KEY } from './log-keys.ts'

/** Raised when what is stored is no longer understood by older versions. */
const FORMAT_VERSION = 1
const MAX_READERS = 512
/** Address space, not disk; LMDB maps more when a log outgrows it. */
const MAP_BYTES = 64 * 1024 ** 3
/**
 * lmdb-js hands a batch to its writing thread early when it is long. The thread then waits, holding
 * LMDB's write lock, for the rest to come from JavaScript: never, when the thread it runs in ends.
 */
const NEVER_START_EARLY = 1e12

/** `f_type` of file systems on which LMDB's memory map or locks do not hold, from statfs(2). */
const NETWORK_FILE_SYSTEMS = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x01021997, '9P'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS']
])

export interface MetaEntry {
  readonly key: Buffer
  readonly value: Buffer
  /** Grows by one with every write of the key. */
  readonly version: number
}

/** The LMDB environment of a folder. Reads see the state of the last `refresh`. */
export class LogStore {
  readonly path: string
  readonly #root: RootDatabase<Buffer, Buffer>
  readonly #log: Database<Buffer, Buffer>
  readonly #meta: Database<Buffer, Buffer>
  #closed = false

  /**
   * Opens the folder, making it when it is missing.
   *
   * @throws {ConnectError} DATA_DIR_NOT_WRITABLE, DATA_DIR_ON_NETWORK, LOG_FORMAT_TOO_NEW
   */
  static async open(path: string, mapBytes = MAP_BYTES): Promise<LogStore> {
    checkFolder(path)
    const store = new LogStore(path, mapBytes)
    await store.#checkFormat()
    return store
  }

  private constructor(path: string, mapBytes: number) {
    this.path = path
    const options = {
      path,
      keyEncoding: 'binary' as const,
      encoding: 'binary' as const,
      mapSize: mapBytes,
      maxReaders: MAX_READERS,
      // A folder with a dot in its name is not a file.
      noSubdir: false,
      // A commit is reported when it is on disk, and seen by readers no earlier.
      overlappingSync: false,
      batchStartThreshold: NEVER_START_EARLY
    }
    try {
      this.#root = open<Buffer, Buffer>(options)
      // A process that was killed leaves its slot, which would keep old pages from being used again.
      this.#root.readerCheck()
      const binary = { keyEncoding: 'binary', encoding: 'binary' } as const
      this.#log = this.#root.openDB<Buffer, Buffer>('log', binary)
      this.#meta = this.#root.openDB<Buffer, Buffer>('meta', { ...binary, useVersions: true })
    } catch (error) {
      throw storeError(error, path)
    }
  }

  /**
   * Makes the reads that follow see all commits so far, of all threads and processes.
   *
   * @throws {ConnectError} BROKER_CLOSED
   */
  refresh(): void {
    if (this.#closed) throw closedError()
    this.#meta.resetReadTxn()
  }

  meta(key: Buffer): Omit<MetaEntry, 'key'> | undefined {
    const entry = this.#meta.getEntry(key)
    return entry && { value: entry.value, version: entry.version ?? 0 }
  }

  metaRange(range: KeyRange): MetaEntry[] {
    return [...this.#meta.getRange({ ...range, versions: true })].map((entry) => ({
      key: entry.key,
      value: entry.value,
      version: entry.version ?? 0
    }))
  }

  /** The last entry of a range. */
  lastMeta({ start, end }: KeyRange): MetaEntry | undefined {
    for (const entry of this.#meta.getRange({ start: end, end: start, reverse: true, limit: 1 })) {
      return { key: entry.key, value: entry.value, version: entry.version ?? 0 }
    }
    return undefined
  }

  /** Batches in order. Each is copied as it is reached, so that the memory is the caller's. */
  batches(range: KeyRange): Iterable<{ key: Buffer; value: Buffer }> {
    return this.#log.getRange(range)
  }

  /** Keys of batches in order, without reading the batches. */
  batchKeys(range: KeyRange): Iterable<Buffer> {
    return this.#log.getKeys(range)
  }

  /** The last batch whose key is at or before this one, and not before `start`. */
  batchAtOrBefore(start: Buffer, key: Buffer): { key: Buffer; value: Buffer } | undefined {
    const range = { start: key, end: start, inclusiveEnd: true, reverse: true, limit: 1 }
    for (const entry of this.#log.getRange(range)) return entry
    return undefined
  }

  hasBatch(key: Buffer): boolean {
    return this.#log.doesExist(key)
  }

  /**
   * Writes all or nothing, in one LMDB transaction of a native thread: JavaScript that is stopped
   * half-way, as when a worker thread is terminated, never holds the lock.
   *
   * @returns false when a condition does not hold (any more); then nothing is written
   */
  async commit(changes: LogChanges): Promise<boolean> {
    const outcomes: Promise<boolean>[] = []
    const nest = (depth: number): void => {
      const condition = changes.conditions[depth]
      if (condition === undefined) this.#write(changes)
      else {
        const { key, version } = condition
        outcomes.push(this.#meta.ifVersion(key, version, () => nest(depth + 1)))
      }
    }
    if (changes.conditions.length === 0) outcomes.push(this.#meta.batch(() => nest(0)))
    else nest(0)
    const settled = await Promise.allSettled(outcomes)
    for (const outcome of settled) {
      if (outcome.status === 'rejected') throw storeError(await causeOf(outcome.reason), this.path)
    }
    return settled.every((outcome) => outcome.status === 'fulfilled' && outcome.value)
  }

  get closed(): boolean {
    return this.#closed
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#root.close()
  }

  #write(changes: LogChanges): void {
    for (const { key, value } of changes.log) {
      if (value === null) this.#log.remove(key)
      else this.#log.put(key, value)
    }
    for (const { key, value, version } of changes.meta) {
      if (value === null) this.#meta.remove(key)
      else this.#meta.put(key, value, version)
    }
  }

  async #checkFormat(): Promise<void> {
    const stored = this.meta(FORMAT_KEY)
    if (stored === undefined) return this.#create()
    const version = stored.value.readUInt32BE(0)
    if (version <= FORMAT_VERSION) return
    await this.close()
    throw new ConnectError(
      'LOG_FORMAT_TOO_NEW',
      `${this.path} was written by a newer Millrace (format ${version}, this one knows ${FORMAT_VERSION})`,
      { hint: 'run that version or a newer one, or use another data.dir' }
    )
  }

  /** Two processes may do this at once: the first to write wins, the other's writes are skipped. */
  async #create(): Promise<void> {
    const format = Buffer.alloc(4)
    format.writeUInt32BE(FORMAT_VERSION)
    const outcome = this.#meta.ifNoExists(FORMAT_KEY, () => {
      this.#meta.put(FORMAT_KEY, format, 1)
      this.#meta.put(REGISTRY_KEY, Buffer.from('0'), 1)
      this.#meta.put(CREATION_KEY, Buffer.from('0'), 1)
    })
    try {
      await outcome
    } catch (error) {
      throw storeError(await causeOf(error), this.path)
    }
    this.refresh()
  }
}

export interface LogChanges {
  /** Keys of `meta` that must still have these versions. */
  readonly conditions: readonly { readonly key: Buffer; readonly version: number }[]
  /** A null value removes the key. */
  readonly meta: readonly { key: Buffer; value: Buffer | null; version: number }[]
  readonly log: readonly { key: Buffer; value: Buffer | null }[]
}

/** lmdb-js reports what made a commit fail by a promise in the error, which rejects. */
async function causeOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !('commitError' in error)) return error
  try {
    await error.commitError
  } catch (cause) {
    return cause
  }
  return error
}

function checkFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new ConnectError('DATA_DIR_NOT_WRITABLE', `The folder ${path} cannot be written to`, {
      cause,
      hint: 'give this user the right to write there, or set data.dir to another folder'
    })
  }
  const kind = NETWORK_FILE_SYSTEMS.get(statfsSync(path).type >>> 0)
  if (kind === undefined) return
  throw new ConnectError(
    'DATA_DIR_ON_NETWORK',
    `The folder ${path} is on a ${kind} file system, where a memory-mapped log gets damaged`,
    { hint: 'set data.dir to a folder on a local disk; for several machines, use Kafka' }
  )
}
