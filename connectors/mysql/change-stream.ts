import { ConnectError } from '../../runtime/api/errors.ts'
import type { SourceRecord } from '../../runtime/api/record.ts'
import type { OnDemand } from '../relational/on-demand.ts'
import type { TransactionMetadata } from '../relational/transaction-metadata.ts'
import type { BinlogClient } from './binlog/binlog-client.ts'
import type {
  BinlogEvent,
  EventHeader,
  GtidEvent,
  QueryEvent,
  RowsEvent,
  TableMap
} from './binlog/binlog-event.ts'
import type { ReadRows } from './captured-table.ts'
import { HeldRows } from './held-rows.ts'
import type { LaterView } from './later-view.ts'
import type { Continuity } from './log-continuity.ts'
import type { LogTracker } from './log-tracker.ts'
import type { Position } from './offset.ts'
import { PassedOn } from './passed-on.ts'
import { PendingRows } from './pending-rows.ts'
import { type Place, placeAt, type StatementPlace } from './place.ts'
import type { PreparedTransactions } from './prepared-transactions.ts'
import type { MysqlRecords } from './records.ts'
import { type RowSink, RowsReading } from './rows-reading.ts'
import { savepointOf, statementKind, xidOf } from './statement-kind.ts'
import type { StreamPorts } from './stream-ports.ts'
import type { TransactionFilter } from './transaction-filter.ts'

export interface StreamOptions {
  readonly client: BinlogClient
  readonly tracker: LogTracker
  readonly records: MysqlRecords
  readonly transactions: TransactionMetadata | null
  readonly laterView: LaterView
  /** Signals and the snapshots they ask for; null when there are none. */
  readonly onDemand: OnDemand | null
  readonly ports: StreamPorts
  readonly filter: TransactionFilter
  /** XA transactions that are prepared and not decided. */
  readonly prepared: PreparedTransactions
  /** Where the stream goes on: what was passed on of its first transaction is skipped. */
  readonly start: Position
  /** Whether `source.query` is filled. */
  readonly includeQuery: boolean
  /**
   * Whether the text of a statement counts as an event, as in Debezium's offsets: in the transaction that the
   * stream starts in, and in all later ones.
   */
  readonly countsQueries: { readonly first: boolean; readonly later: boolean }
}

/**
 * Whether the log is still the one that was begun with: `quiet` says that the server has nothing more to send,
 * though it may have a new log, and the others what the log itself has shown.
 */
export type Doubt = 'none' | 'quiet' | Exclude<Continuity, 'whole'>

/** Bytes of the log that one batch is made from at most, whatever the number of rows. */
const BATCH_BYTES = 4 << 20

/** Turns the log into change events. Works on what has arrived, without waiting. */
export class ChangeStream {
  readonly #options: StreamOptions
  readonly #tracker: LogTracker
  #doubt: Doubt = 'none'
  readonly #tables = new Map<TableMap, ReadRows | null>()
  readonly #passedOn: PassedOn
  /** Rows that the last batch had no room for. */
  #pending: PendingRows | undefined
  /** Rows of the transaction under way that may still be rolled back. */
  #held: HeldRows | null = null
  /** Of the XA transaction under way. */
  #xid = ''
  #wait: Promise<void> | undefined
  /** The text of the statement under way, where the log has it. */
  #statement: string | null = null
  /** Rows of the transaction are not wanted: it comes from a source that is left out. */
  #dropping = false
  #lastRow = 0
  readonly #sink: RowSink
  #place: Place | undefined
  #out: SourceRecord[] = []
  #maxRecords = 0
  #bytes = 0
  #hasMore = false

  constructor(options: StreamOptions) {
    this.#options = options
    this.#tracker = options.tracker
    const { records, onDemand } = options
    const onRow: RowSink['onRow'] = (table, before, after, out) =>
      onDemand?.rowChanged(table, before, after, out)
    this.#sink = { records, onRow: onDemand === null ? null : onRow }
    this.#passedOn = new PassedOn(options.start, options.countsQueries)
  }

  /** After the last record that was returned. */
  get position(): Position {
    if (this.#options.prepared.isCatchingUp) return this.#options.start
    const position = this.#tracker.position(this.#pending?.rows ?? 0)
    return this.#isSkipping ? { ...position, ...this.#passedOn.counts } : position
  }

  /** Of the last event with a change; before the first, where the stream begins. */
  get place(): Place {
    return this.#place ?? placeAt(this.#options.start)
  }

  /** Whether the last event was passed on as a whole. */
  get isBetweenEvents(): boolean {
    return this.#pending === undefined
  }

  /** Whether no transaction is under way. */
  get isBetweenTransactions(): boolean {
    return this.#pending === undefined && !this.#tracker.inTransaction
  }

  /** Whether the events of {@link position} have those of statements among them. */
  get countsQueries(): boolean {
    return this.#passedOn.countsQueries
  }

  /** Whether {@link drain} stopped before all that has arrived was looked at. */
  get hasMore(): boolean {
    return this.#hasMore
  }

  /** What to ask the server about its log before going on; {@link drain} stops at once for all but `quiet`. */
  takeDoubt(): Doubt {
    const doubt = this.#doubt
    this.#doubt = 'none'
    return doubt
  }

  /** Forgets how rows of a table are read: its shape has changed. */
  forget(database: string, name: string): void {
    for (const map of [...this.#tables.keys()]) {
      if (map.database === database && map.name === name) this.#tables.delete(map)
    }
  }

  /**
   * Appends the records of what has arrived.
   * @returns something to wait for before going on, or undefined: the batch is full, or no more is here
   */
  drain(out: SourceRecord[], maxRecords: number): Promise<void> | undefined {
    this.#out = out
    this.#maxRecords = maxRecords
    this.#bytes = 0
    this.#wait = undefined
    this.#hasMore = true
    if (this.#pending !== undefined && !this.#passOn(this.#pending)) return undefined
    if (out.length >= maxRecords) return undefined
    this.#hasMore = false
    this.#options.client.drain(this.#onEvent)
    return this.#wait
  }

  readonly #onEvent = (event: BinlogEvent, header: EventHeader): boolean => {
    this.#bytes += header.size
    const goesOn =
      this.#handle(event, header) &&
      this.#out.length < this.#maxRecords &&
      this.#bytes < BATCH_BYTES
    this.#hasMore = !goesOn
    return goesOn
  }

  /** @returns whether the next event may follow at once */
  #handle(event: BinlogEvent, header: EventHeader): boolean {
    switch (event.kind) {
      case 'rows':
        this.#tracker.saw(header)
        return this.#onRows(event, header)
      case 'table_map':
        this.#tracker.endEvent()
        return this.#onTableMap(event.table)
      case 'gtid':
        this.#tracker.saw(header)
        this.#onGtid(event, header)
        return true
      case 'xid':
        return this.#commit(header)
      case 'query':
        this.#tracker.saw(header)
        return this.#onQuery(event, header)
      case 'rotate':
        return this.#goesOn(this.#tracker.rotate(event.file, event.position))
      case 'gtid_list':
        return this.#goesOn(this.#tracker.follows(event.gtids))
      case 'heartbeat':
        this.#doubt = 'quiet'
        return true
      case 'rows_query':
        this.#statement = event.sql
        if (this.#passedOn.countsQueries) this.#tracker.endEvent()
        return true
      case 'xa_prepare':
        return event.onePhase ? this.#commit(header) : this.#prepare(header)
      case 'incident':
        throw incident(event.message, this.#tracker.file, header.position)
      case 'other':
        this.#tracker.pass(header)
        return true
      default:
        return true
    }
  }

  #goesOn(continuity: Continuity): boolean {
    if (continuity === 'whole') return true
    this.#doubt = continuity
    return false
  }

  #onTableMap(map: TableMap): boolean {
    if (this.#tables.has(map)) return true
    this.#wait = this.#options.ports.resolve(map).then((rows) => {
      this.#tables.set(map, rows)
    })
    return false
  }

  #onRows(event: RowsEvent, header: EventHeader): boolean {
    const rows = this.#tables.get(event.table)
    if (rows === undefined) throw undescribed(event.table)
    const end = () => this.#endRows(event.endOfStatement)
    const isHeld = this.#held !== null && !this.#held.isFull
    if (rows === null || this.#dropping || (this.#isSkipping && !isHeld)) {
      end()
      return true
    }
    const { database, name } = event.table
    const origin = { ...this.#placeOf(header), database, table: name }
    const reading = new RowsReading(event, rows, origin, {
      statement: this.#statement,
      laterView: this.#options.laterView
    })
    const readings = this.#held?.add(reading) ? this.#held.overflow() : [reading]
    return this.#passOn(new PendingRows(readings, this.#rowsToSkip, end))
  }

  /** How many rows of the event under way were passed on before a restart. */
  get #rowsToSkip(): number {
    return this.#passedOn.rowsOf(this.#tracker.events)
  }

  /** @returns whether all rows have been passed on */
  #passOn(pending: PendingRows): boolean {
    this.#pending = pending
    const complete = pending.read(this.#out, this.#maxRecords, this.#sink)
    if (complete) this.#pending = undefined
    if (pending.rows > 0) this.#lastRow = pending.lastRow
    return complete
  }

  #endRows(endOfStatement: boolean): void {
    if (endOfStatement) this.#statement = null
    this.#tracker.endEvent()
  }

  /** Whether the event under way was passed on before a restart. */
  get #isSkipping(): boolean {
    return this.#passedOn.has(this.#tracker.events)
  }

  #onGtid(event: GtidEvent, header: EventHeader): void {
    const begins = this.#tracker.gtidEvent(event, header)
    const { filter, prepared } = this.#options
    prepared.begin(event.gtid, this.#tracker.startPoint)
    const isWanted = event.gtid === null || filter.includes(event.gtid)
    this.#dropping = !isWanted || (prepared.isCatchingUp && !event.preparesXa)
    this.#held = event.preparesXa ? new HeldRows(false) : null
    if (begins && !event.preparesXa) this.#begin(header)
  }

  #begin(header: EventHeader): void {
    const { transactions, prepared } = this.#options
    if (prepared.isCatchingUp) return
    const { gtid, file } = this.#tracker
    transactions?.begin(this.#out, {
      id: gtid ?? `file=${file},pos=${header.position}`,
      ms: header.timestamp * 1000
    })
  }

  #onQuery(event: QueryEvent, header: EventHeader): boolean {
    switch (statementKind(event.sql)) {
      case 'begin':
        if (this.#tracker.begin(event.threadId, header)) this.#begin(header)
        return true
      case 'xa_start':
        this.#tracker.begin(event.threadId, header)
        this.#held = new HeldRows(false)
        return true
      case 'xa_end':
        this.#xid = xidOf(event.sql)
        break
      case 'xa_commit':
        this.#xid = xidOf(event.sql)
        this.#held ??= this.#options.prepared.rowsOf(this.#xid)
        return this.#commit(header)
      case 'xa_rollback':
        this.#options.prepared.end(xidOf(event.sql))
        this.#endTransaction(header)
        return true
      case 'savepoint':
        this.#held ??= new HeldRows(true)
        this.#held.savepoint(savepointOf(event.sql))
        break
      case 'rollback_to':
        this.#held?.rollbackTo(savepointOf(event.sql))
        break
      case 'commit':
      case 'rollback':
        return this.#commit(header)
      case 'dml':
        if (!this.#isSkipping && !this.#dropping) {
          this.#options.ports.onLoggedStatement(event, this.#statementPlace(header))
        }
        break
      case 'other':
        return this.#onStatement(event, header)
    }
    this.#tracker.endEvent()
    return true
  }

  #onStatement(event: QueryEvent, header: EventHeader): boolean {
    const alone = this.#tracker.isAlone
    const end = () => {
      if (alone) this.#endTransaction(header)
      else this.#tracker.endEvent()
    }
    if (this.#isSkipping || this.#dropping) {
      end()
      return true
    }
    const { ports } = this.#options
    this.#wait = ports.onStatement(event, this.#statementPlace(header), this.#out).then(end)
    return false
  }

  /** Rows of a prepared XA transaction wait until it is decided. */
  #prepare(header: EventHeader): boolean {
    if (this.#held !== null) {
      this.#options.prepared.add(this.#xid, this.#held, this.#tracker.startPoint)
    }
    this.#endTransaction(header)
    return true
  }

  /** @returns whether all rows that were held have been passed on */
  #commit(header: EventHeader): boolean {
    const readings = this.#options.prepared.isCatchingUp ? [] : (this.#held?.take() ?? [])
    const end = () => {
      this.#options.transactions?.end(this.#out, header.timestamp * 1000)
      this.#tracker.saw(header)
      this.#options.prepared.end(this.#xid)
      this.#endTransaction(header)
    }
    return this.#passOn(new PendingRows(readings, this.#rowsToSkip, end))
  }

  #endTransaction(header: EventHeader): void {
    this.#tracker.commit(header)
    this.#statement = null
    this.#held = null
    this.#xid = ''
    this.#dropping = false
    if (this.#options.prepared.isCatchingUp) return
    this.#passedOn.end()
  }

  #statementPlace(header: EventHeader): StatementPlace {
    return { ...this.#placeOf(header), after: this.#tracker.pointAfter(header) }
  }

  #placeOf(header: EventHeader): Place {
    const { gtid, commitMicros, thread, file } = this.#tracker
    const place: Place = {
      mark: 'false',
      micros: commitMicros ?? header.timestamp * 1_000_000,
      serverId: header.serverId,
      gtid,
      file,
      pos: header.position,
      thread,
      query: this.#options.includeQuery ? this.#statement : null,
      lastRow: this.#lastRow
    }
    this.#place = place
    return place
  }
}

function undescribed({ database, name }: TableMap): ConnectError {
  return new ConnectError(
    'MYSQL_PROTOCOL',
    `The server sent rows of ${database}.${name} without saying what their columns are`
  )
}

function incident(message: string, file: string, position: number): ConnectError {
  return new ConnectError(
    'MYSQL_INCIDENT',
    `The server reports in its binary log (${file}, position ${position}) that changes are missing: ${message}`,
    {
      hint: "See the server's error log for the time of the incident; then reset the offsets of the connector for a new snapshot"
    }
  )
}
