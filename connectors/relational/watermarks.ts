import { WINDOW_CLOSE, WINDOW_OPEN } from './signals.ts'

/**
 * Marks in the change stream where the reading of a chunk began and ended, so that changes between can be
 * told. After "DBLog: A Watermark Based Change-Data-Capture Framework", https://arxiv.org/abs/2010.12597.
 */
export interface Watermarks {
  /** Before the first statement of a chunk. */
  open(window: string): Promise<void>
  /** After its last row was read. */
  close(window: string): Promise<void>
  /** Whether `open` leaves nothing in the stream: then changes count from before it. */
  readonly isSilent: boolean
  /** What a row of the signal table that the stream has come to means for a window. */
  passed(window: string, row: SignalRow): 'open' | 'close' | null
  /** Whether the stream is past the end of the window that was closed last. For silent marks. */
  hasClosed(): boolean
}

/** A row of the signal table in the stream: inserted or deleted. */
export interface SignalRow {
  readonly op: 'c' | 'd'
  readonly id: string
}

/** Writes the signal table. Each call is a transaction of its own. */
export interface SignalWriter {
  insert(row: { readonly id: string; readonly type: string; readonly data: string }): Promise<void>
  delete(id: string): Promise<void>
}

/**
 * Rows of the signal table. Strategy (`incremental.snapshot.watermarking.strategy`): `insert_insert` writes a row
 * at the beginning and one at the end, `insert_delete` removes the first again at the end.
 */
export class SignalTableWatermarks implements Watermarks {
  readonly isSilent = false
  readonly #writer: SignalWriter
  readonly #strategy: 'insert_insert' | 'insert_delete'
  #openedAt = ''

  constructor(writer: SignalWriter, strategy: 'insert_insert' | 'insert_delete') {
    this.#writer = writer
    this.#strategy = strategy
  }

  async open(window: string): Promise<void> {
    this.#openedAt = new Date().toISOString()
    const data = `{"openWindowTimestamp": "${this.#openedAt}"}`
    await this.#writer.insert({ id: window + WINDOW_OPEN.suffix, type: WINDOW_OPEN.type, data })
  }

  async close(window: string): Promise<void> {
    if (this.#strategy === 'insert_delete') {
      await this.#writer.delete(window + WINDOW_OPEN.suffix)
      return
    }
    const times = `"openWindowTimestamp": "${this.#openedAt}", "closeWindowTimestamp": "${new Date().toISOString()}"`
    const id = window + WINDOW_CLOSE.suffix
    await this.#writer.insert({ id, type: WINDOW_CLOSE.type, data: `{${times}}` })
  }

  passed(window: string, { op, id }: SignalRow): 'open' | 'close' | null {
    if (id === window + WINDOW_OPEN.suffix) return op === 'c' ? 'open' : 'close'
    return op === 'c' && id === window + WINDOW_CLOSE.suffix ? 'close' : null
  }

  hasClosed(): boolean {
    return false
  }
}

/** Positions of the log, such as sets of GTIDs. */
export interface LogPositions<P> {
  /** Where the log ends now: everything that a statement sees afterwards, or saw before, is at or before it. */
  current(): Promise<P>
  /** Whether the stream has passed on all changes up to a position. */
  hasReached(position: P): boolean
}

/**
 * `read.only=true`: nothing is written. A window ends where the log ended when its chunk had been read; on an
 * idle database the stream is there already.
 */
export class LogWatermarks<P> implements Watermarks {
  readonly isSilent = true
  readonly #positions: LogPositions<P>
  #end: { readonly position: P } | null = null

  constructor(positions: LogPositions<P>) {
    this.#positions = positions
  }

  async open(): Promise<void> {
    this.#end = null
  }

  async close(): Promise<void> {
    this.#end = { position: await this.#positions.current() }
  }

  passed(): null {
    return null
  }

  hasClosed(): boolean {
    return this.#end !== null && this.#positions.hasReached(this.#end.position)
  }
}
