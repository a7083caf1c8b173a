import type { OffsetValue, SourceOffset, SourceRecord } from '../../runtime/api/record.ts'
import type { Struct } from '../../runtime/api/schema.ts'
import type { Logger } from '../../runtime/api/task.ts'
import type { RecordTable, RowWatcher } from './change-records.ts'
import type { ChunkSource } from './chunk-source.ts'
import { IncrementalSnapshot } from './incremental-snapshot.ts'
import type { NotificationConfig, Notifications } from './notifications.ts'
import { SignalFile } from './signal-file.ts'
import { type BlockingSnapshot, SignalHandler } from './signal-handler.ts'
import { signalOfRow } from './signals.ts'
import {
  type LogPositions,
  LogWatermarks,
  SignalTableWatermarks,
  type SignalWriter
} from './watermarks.ts'

const READINGS = 'millrace_signal_file'

/** The keys of signals, incremental snapshots and notifications. */
export interface OnDemandConfig extends NotificationConfig {
  readonly 'signal.data.collection': string | null
  readonly 'signal.enabled.channels': readonly string[]
  readonly 'signal.file': string
  readonly 'signal.poll.interval.ms': number
  readonly 'incremental.snapshot.chunk.size': number
  readonly 'incremental.snapshot.watermarking.strategy': 'insert_insert' | 'insert_delete'
  readonly 'read.only': boolean
}

export interface OnDemandOptions {
  readonly config: OnDemandConfig
  readonly source: ChunkSource
  readonly writer: SignalWriter
  /** For `read.only`. */
  readonly positions: LogPositions<unknown>
  readonly notifications: Notifications
  readonly logger: Logger
  /** Names of the captured tables, without the signal table. */
  readonly captured: () => readonly string[]
  /** What `{}` stands for in a `log` signal. */
  readonly offset: () => unknown
  /** Makes the record of a row of an incremental snapshot. */
  readonly read: (table: RecordTable, row: Struct) => SourceRecord
  /** Called when {@link OnDemand.poll} has something to do while the stream may be quiet. */
  readonly wake: () => void
}

/**
 * Signals and the snapshots that they ask for, as a source uses them:
 *
 *     onDemand.resume(storedOffset)                          // once, at the start
 *     records.watcher = onDemand                             // ChangeRecords: hands over every change of a row
 *     onDemand.tableAltered(table.id)                        // for each DDL statement about it
 *     await onDemand.poll(now, out)                          // once per poll, between two events
 *     if (onDemand.blocking !== null) ...                    // between two transactions: see SignalHandler
 *     if (onDemand.mustStore) ...                            // return a batch even if it has no records
 *     offset = { ...offset, ...onDemand.offsetFields() }
 *     await onDemand.committed(offset)                       // in SourceTask.commit
 *     await onDemand.stopped()                               // before connections are closed
 *
 * The signal table is captured, whatever the lists of tables say, but not read by snapshots: as in Debezium.
 */
export class OnDemand implements RowWatcher {
  readonly #signalTable: string | null
  readonly #snapshot: IncrementalSnapshot | null
  readonly #handler: SignalHandler
  readonly #file: SignalFile | null
  readonly #notifications: Notifications
  /** Whether the rows of the signal table are signals, and not only marks of chunks. */
  readonly #readsTable: boolean
  /** Counts what was read from the signal file, so that an offset shows whether it is in it. */
  #readings = 0
  #mustStore = false

  constructor(options: OnDemandOptions) {
    const { config, logger, notifications } = options
    const channels = config['signal.enabled.channels']
    this.#signalTable = config['signal.data.collection']
    this.#notifications = notifications
    this.#snapshot = incrementalSnapshot(options)
    this.#handler = new SignalHandler({ ...options, snapshot: this.#snapshot })
    this.#readsTable = channels.includes('source')
    this.#file = channels.includes('file')
      ? new SignalFile({
          path: config['signal.file'],
          intervalMs: config['signal.poll.interval.ms'],
          logger
        })
      : null
  }

  resume(offset: SourceOffset): void {
    this.#snapshot?.resume(offset)
    this.#handler.resume(offset)
  }

  /** A row was inserted (before is null), updated, or deleted (after is null). */
  rowChanged(
    table: string,
    before: Struct | null,
    after: Struct | null,
    out: SourceRecord[]
  ): void {
    if (table === this.#signalTable) this.#onSignalRow(before, after, out)
    else this.#snapshot?.changed(table, before, after)
  }

  tableAltered(table: string): void {
    this.#snapshot?.altered(table)
  }

  /** Milliseconds until {@link poll} is to be called although nothing happens; null: no need. */
  dueIn(now: number): number | null {
    return this.#file?.dueIn(now) ?? null
  }

  /**
   * Takes signals from the file, begins to read the next chunk, and appends what there is to pass on.
   * @returns something to wait for before `out` is complete, or undefined
   * @throws what kept a chunk from being read
   */
  poll(now: number, out: SourceRecord[]): Promise<void> | undefined {
    const file = this.#file
    if (file === null || file.dueIn(now) > 0) {
      this.#advance(out)
      return undefined
    }
    return this.#readFile(file, now).then(() => this.#advance(out))
  }

  /** The blocking snapshot to read next, or null. */
  get blocking(): BlockingSnapshot | null {
    return this.#handler.blocking
  }

  blockingDone(): void {
    this.#handler.blockingDone()
  }

  /** Whether something is to be stored that no offset has yet. */
  get mustStore(): boolean {
    return this.#mustStore
  }

  offsetFields(): Readonly<Record<string, OffsetValue>> {
    this.#mustStore = false
    return {
      ...this.#snapshot?.offsetFields(),
      ...this.#handler.offsetFields(),
      ...(this.#file?.isPending ? { [READINGS]: this.#readings } : {})
    }
  }

  /** An offset is durable. */
  async committed(offset: SourceOffset): Promise<void> {
    if (this.#file?.isPending && offset[READINGS] === this.#readings) await this.#file.done()
  }

  async stopped(): Promise<void> {
    await this.#snapshot?.stopped()
  }

  async #readFile(file: SignalFile, now: number): Promise<void> {
    const wasPending = file.isPending
    const signals = await file.read(now)
    for (const signal of signals) this.#handler.handle(signal)
    if (wasPending || !file.isPending) return
    this.#readings++
    this.#mustStore = true
  }

  #advance(out: SourceRecord[]): void {
    if (this.#snapshot !== null) this.#snapshot.advance(out)
    else for (const record of this.#notifications.take()) out.push(record)
  }

  #onSignalRow(before: Struct | null, after: Struct | null, out: SourceRecord[]): void {
    if (before !== null && after !== null) return
    const row = after ?? before
    const signal = row === null ? null : signalOfRow(row)
    if (signal === null) return
    this.#snapshot?.passed({ op: after === null ? 'd' : 'c', id: signal.id }, out)
    if (after !== null && this.#readsTable) this.#handler.handle(signal)
  }
}

/** Null when there is nothing to place chunks by. */
function incrementalSnapshot(options: OnDemandOptions): IncrementalSnapshot | null {
  const { config, writer, positions } = options
  const chunkSize = config['incremental.snapshot.chunk.size']
  if (config['read.only']) {
    return new IncrementalSnapshot({
      ...options,
      chunkSize,
      watermarks: new LogWatermarks(positions)
    })
  }
  if (config['signal.data.collection'] === null) return null
  const strategy = config['incremental.snapshot.watermarking.strategy']
  return new IncrementalSnapshot({
    ...options,
    chunkSize,
    watermarks: new SignalTableWatermarks(writer, strategy)
  })
}
