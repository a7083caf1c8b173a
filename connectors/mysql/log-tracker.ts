import type { EventHeader, GtidEvent } from './binlog/binlog-event.ts'
import { type Gtids, parseGtids } from './binlog/gtids.ts'
import { type Continuity, LogContinuity } from './log-continuity.ts'
import { isBefore, type LogPoint } from './log-point.ts'
import type { Position } from './offset.ts'
import type { Flavor } from './types/column-codec.ts'

/**
 * Knows where in the log the reader is: in which file, in which transaction, and where to start again. A
 * restart begins at the last transaction that was not passed on as a whole, and skips what was.
 */
export class LogTracker {
  /** The file that is being read. */
  file: string
  /** Between the first and the last event of a transaction. */
  inTransaction = false
  /** Of the transaction under way. */
  gtid: string | null = null
  commitMicros: number | null = null
  thread: number | null = null
  /** Events of the transaction under way that are over. Debezium counts them as well: BEGIN is the first. */
  events = 0
  #standalone = false
  #serverId: number | null
  #seconds: number | null
  #restartFile: string
  #restartPos: number
  readonly #executed: Gtids | null
  /** The text of what was executed, as long as it is right. */
  #executedText: string | null
  readonly #continuity: LogContinuity
  /** The GTID event before a BEGIN, which counts in MariaDB only. */
  readonly #gtidIsBegin: boolean
  #begun = false
  /** Whether the place where to start again is one of this reader: until then it may be one of another server. */
  #isPlaced = false

  constructor(position: Position, flavor: Flavor) {
    this.file = position.file
    this.#serverId = position.serverId
    this.#seconds = position.seconds
    this.#restartFile = position.file
    this.#restartPos = position.pos
    // MariaDB has GTIDs always, from an empty list on.
    const gtids = position.gtids ?? (flavor === 'mariadb' ? '' : null)
    this.#executed = gtids === null ? null : parseGtids(flavor, gtids)
    this.#executedText = position.gtids
    this.#continuity = new LogContinuity(flavor)
    this.#gtidIsBegin = flavor === 'mariadb'
  }

  /** @param rows of the event under way that were passed on */
  position(rows: number): Position {
    if (this.#executed !== null) this.#executedText ??= this.#executed.toString()
    return {
      file: this.#restartFile,
      pos: this.#restartPos,
      gtids: this.#executedText === '' ? null : this.#executedText,
      events: this.inTransaction ? this.events : 0,
      rows: this.inTransaction ? rows : 0,
      serverId: this.#serverId,
      seconds: this.#seconds
    }
  }

  /** Where the transaction under way began. */
  get startPoint(): LogPoint {
    const { file, pos, gtids } = this.position(0)
    return { file, pos, gtids }
  }

  /** The place behind an event of the transaction under way, as if that were complete. */
  pointAfter(header: EventHeader): LogPoint {
    const executed = this.#executed?.copy() ?? null
    if (this.gtid !== null) executed?.add(this.gtid)
    return { file: this.file, pos: header.nextPosition, gtids: executed?.toString() ?? null }
  }

  /** Every event that is in the log. */
  saw(header: EventHeader): void {
    this.#serverId = header.serverId
    this.#seconds = header.timestamp
  }

  /** The log goes on in a file, or begins there. */
  rotate(file: string, position: number): Continuity {
    const continuity = this.#continuity.enter(file)
    // Every file is read from its beginning, but for the first.
    if (!this.#continuity.isFirstFile) this.#isPlaced = true
    this.file = file
    if (continuity === 'whole' && !this.inTransaction) this.#advance(position)
    return continuity
  }

  /** @param gtids of all transactions before the file, as it says */
  follows(gtids: string): Continuity {
    return this.#continuity.check(gtids)
  }

  /** @returns whether a transaction begins with it: in MySQL it begins with the next event */
  gtidEvent(event: GtidEvent, header: EventHeader): boolean {
    this.#start(header.position)
    this.#continuity.begin(event.gtid)
    this.gtid = event.gtid
    this.commitMicros = event.commitMicros
    this.#standalone = event.standalone
    this.#begun = this.#gtidIsBegin
    if (this.#begun) this.events = 1
    return this.#begun
  }

  /** @returns whether a transaction begins with it, and had not before */
  begin(thread: number, header: EventHeader): boolean {
    if (this.#begun) {
      this.events++
      return false
    }
    const afterGtid = this.inTransaction && this.events === 0
    if (!afterGtid) this.#start(header.position)
    this.#begun = true
    this.thread = thread
    this.events = 1
    return true
  }

  /** Whether a statement that comes now is a transaction of its own: no COMMIT follows. */
  get isAlone(): boolean {
    return this.#standalone || !this.#begun
  }

  /** One more event of the transaction is over. */
  endEvent(): void {
    if (this.#begun) this.events++
  }

  /** An event that has nothing to do with transactions is over. */
  pass(header: EventHeader): void {
    if (this.#begun) this.events++
    else if (!this.inTransaction) this.#advance(header.nextPosition)
  }

  /** The transaction is over, or the statement outside one. */
  commit(header: EventHeader): void {
    if (this.gtid !== null && this.#executed !== null) {
      this.#executed.add(this.gtid)
      this.#executedText = null
    }
    this.#restartFile = this.file
    this.#restartPos = header.nextPosition
    this.#isPlaced = true
    this.#clear()
    this.inTransaction = false
  }

  /**
   * Between transactions. A reader that starts by GTIDs is told the beginning of a file first, of which it has passed
   * on the most part: that is not its place, and where it is in the file shows with the first transaction.
   */
  #advance(pos: number): void {
    if (!this.#isPlaced) return
    const restart = { file: this.#restartFile, pos: this.#restartPos }
    if (!isBefore(restart, { file: this.file, pos })) return
    this.#restartFile = this.file
    this.#restartPos = pos
  }

  #start(position: number): void {
    this.#restartFile = this.file
    this.#restartPos = position
    this.#isPlaced = true
    this.#clear()
    this.inTransaction = true
  }

  #clear(): void {
    this.#begun = false
    this.#standalone = false
    this.gtid = null
    this.commitMicros = null
    this.thread = null
    this.events = 0
  }
}
