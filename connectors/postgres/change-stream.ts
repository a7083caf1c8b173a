import { ConnectError } from '../../runtime/api/errors.ts'
import type { SourceRecord } from '../../runtime/api/record.ts'
import type { Struct } from '../../runtime/api/schema.ts'
import type { CapturedTable } from './captured-table.ts'
import { type CopySocket, frameEnd } from './copy-socket.ts'
import { formatLsn, type Lsn } from './lsn.ts'
import type { Position, StoredOffset } from './offset.ts'
import {
  type BeginMessage,
  type CommitMessage,
  type DeleteMessage,
  type InsertMessage,
  type Message,
  PgoutputDecoder,
  type RelationMessage,
  type TruncateMessage,
  type Tuple,
  type UpdateMessage
} from './pgoutput.ts'
import type { RecordFactory } from './records.ts'
import { KEEPALIVE, keepaliveEnd, XLOG_DATA, XLOG_HEADER, xlogStart } from './replication-client.ts'
import type { ReadPoint } from './snapshot-plan.ts'
import { UnknownLabel } from './types/enum-codec.ts'
import { type Misfit, UnexpectedNull } from './types/misfit.ts'

/** Finds out about a table when the stream first names it, or names it anew. Null: not captured. */
export type DescribeTable = (relation: RelationMessage) => Promise<CapturedTable | null>

type ChangeMessage = InsertMessage | UpdateMessage | DeleteMessage | TruncateMessage

/** As Debezium names them in its offsets. */
const MESSAGE_TYPES = {
  insert: 'INSERT',
  update: 'UPDATE',
  delete: 'DELETE',
  truncate: 'TRUNCATE'
} as const

/** Compiles a table anew after a row showed what the catalog did not. */
export type RecompileTable = (table: CapturedTable, misfit: Misfit) => Promise<CapturedTable>

/** Bytes of the stream that one batch is made from at most, whatever the number of rows. */
const BATCH_BYTES = 4 << 20

/**
 * Turns the replication stream into change events. Works on what has arrived, without waiting; stops
 * only for the facts about a table, so that nothing overtakes a schema change.
 */
export class ChangeStream {
  readonly #socket: CopySocket
  readonly #factory: RecordFactory
  readonly #describe: DescribeTable
  readonly #recompile: RecompileTable
  readonly #decoder = new PgoutputDecoder()
  readonly #tables = new Map<number, CapturedTable | null>()
  readonly #position: Position
  #block: Buffer | undefined
  #at = 0
  #inTransaction = false
  #begin: BeginMessage | undefined
  #lastCommit: Lsn | null
  #origin: string | null = null
  #originLsn: Lsn | null = null
  /** Row messages of the transaction under way, skipped ones included. */
  #events = 0
  /** Row messages to skip: they were passed on before a restart. */
  #skipEvents: number
  #skipThrough: Lsn | null
  /** Changes that this point sees were part of the snapshot. */
  #base: ReadPoint | null
  #dropping = false

  constructor(options: {
    readonly socket: CopySocket
    readonly factory: RecordFactory
    readonly describe: DescribeTable
    readonly recompile: RecompileTable
    readonly stored: StoredOffset
  }) {
    const { stored } = options
    this.#socket = options.socket
    this.#factory = options.factory
    this.#describe = options.describe
    this.#recompile = options.recompile
    this.#position = { ...stored.position }
    this.#lastCommit = stored.position.messageType === null ? null : stored.position.commitLsn
    this.#skipEvents = stored.position.events
    this.#skipThrough = stored.skipThrough
    this.#base = stored.snapshot?.base ?? null
  }

  /** After the last record that was returned. */
  get position(): Readonly<Position> {
    return this.#position
  }

  /** Whether changes are still compared with the snapshot that came before. */
  get base(): ReadPoint | null {
    return this.#base
  }

  /** Whether bytes wait that {@link drain} has not looked at. */
  get hasMore(): boolean {
    return this.#block !== undefined || this.#socket.waitingBytes > 0
  }

  /**
   * Appends the records of what has arrived.
   * @returns something to wait for before going on, or undefined: the batch is full, or no more is here
   */
  drain(out: SourceRecord[], maxRecords: number): Promise<void> | undefined {
    let bytes = 0
    while (out.length < maxRecords && bytes < BATCH_BYTES) {
      const block = this.#block ?? this.#take()
      if (block === undefined) return undefined
      const end = frameEnd(block, this.#at)
      const payload = this.#at + 5
      if (block[payload] === XLOG_DATA) {
        const wait = this.#onData(block, payload, end, out)
        if (wait !== undefined) return wait
      } else if (block[payload] === KEEPALIVE) {
        this.#onKeepalive(keepaliveEnd(block, payload))
      }
      bytes += end - this.#at
      this.#at = end
      if (end === block.length) this.#block = undefined
    }
    return undefined
  }

  #take(): Buffer | undefined {
    this.#block = this.#socket.take()
    this.#at = 0
    return this.#block
  }

  /** Between transactions the end of the log tells that nothing before it concerns the slot. */
  #onKeepalive(end: Lsn): void {
    const position = this.#position
    if (!this.#inTransaction && position.events === 0 && end > position.commitLsn) {
      position.commitLsn = end
    }
  }

  #onData(
    block: Buffer,
    payload: number,
    end: number,
    out: SourceRecord[]
  ): Promise<void> | undefined {
    const start = payload + XLOG_HEADER
    if (this.#isForeign(block, start)) {
      this.#events++
      return undefined
    }
    const message = this.#decoder.decode(block, start, end)
    if (message.kind === 'relation') {
      return this.#onRelation(message, end)
    }
    const records = out.length
    try {
      this.#onMessage(message, xlogStart(block, payload), out)
    } catch (error) {
      if (!(error instanceof UnknownLabel || error instanceof UnexpectedNull)) throw error
      this.#events--
      out.length = records
      return this.#refresh(error)
    }
    return undefined
  }

  /** The row is of another time than its table: the same message is read again afterwards. */
  async #refresh(misfit: Misfit): Promise<void> {
    for (const [oid, table] of this.#tables) {
      if (table === null) continue
      this.#tables.set(oid, await this.#recompile(table, misfit))
    }
  }

  /** Whether a row message is of a table that is not captured: then it need not be decoded. */
  #isForeign(block: Buffer, start: number): boolean {
    const type = block[start]
    if (type !== 0x49 && type !== 0x55 && type !== 0x44) return false
    return this.#dropping || this.#tables.get(block.readUInt32BE(start + 1)) === null
  }

  async #onRelation(relation: RelationMessage, end: number): Promise<void> {
    this.#tables.set(relation.id, await this.#describe(relation))
    this.#at = end
    if (end === this.#block?.length) this.#block = undefined
  }

  #onMessage(message: Message, lsn: Lsn, out: SourceRecord[]): void {
    switch (message.kind) {
      case 'begin':
        this.#onBegin(message)
        break
      case 'commit':
        this.#onCommit(message)
        break
      case 'origin':
        this.#origin = message.name
        this.#originLsn = message.lsn
        break
      case 'insert':
      case 'update':
      case 'delete':
      case 'truncate':
        this.#onChange(message, lsn, out)
    }
  }

  #onChange(message: ChangeMessage, lsn: Lsn, out: SourceRecord[]): void {
    this.#events++
    const isDone = this.#skipThrough !== null && lsn <= this.#skipThrough
    if (isDone || this.#events <= this.#skipEvents) return
    if (message.kind === 'insert') this.#onInsert(message, lsn, out)
    else if (message.kind === 'update') this.#onUpdate(message, lsn, out)
    else if (message.kind === 'delete') this.#onDelete(message, lsn, out)
    else this.#onTruncate(message, lsn, out)
    const position = this.#position
    position.messageType = MESSAGE_TYPES[message.kind]
    position.lsn = lsn
    position.xid = this.#begin?.xid ?? null
    position.micros = this.#begin?.commitMicros ?? null
    position.events = this.#events
  }

  #onBegin(begin: BeginMessage): void {
    this.#begin = begin
    this.#inTransaction = true
    this.#events = 0
    this.#origin = null
    this.#originLsn = null
    const cut = this.#skipEvents > 0 || this.#skipThrough !== null
    if (cut && begin.xid !== this.#position.xid) this.#checkCut(begin)
    if (this.#base !== null && begin.finalLsn > this.#base.endLsn) this.#base = null
    this.#dropping = this.#base?.sees(begin.xid) ?? false
  }

  /** The transaction that a restart cut must come first again: everything before it is confirmed. */
  #checkCut(begin: BeginMessage): void {
    if (this.#skipEvents === 0) {
      // An offset of Debezium does not tell whether its last transaction was complete.
      this.#skipThrough = null
      return
    }
    throw new ConnectError(
      'POSTGRES_OFFSET',
      `The stored offset is inside transaction ${this.#position.xid}, but after ${formatLsn(this.#position.commitLsn)} the server sends transaction ${begin.xid}`,
      {
        hint: 'The slot or the offset belongs to another server: reset the offsets for a new snapshot'
      }
    )
  }

  #onCommit(commit: CommitMessage): void {
    const position = this.#position
    this.#inTransaction = false
    this.#skipEvents = 0
    this.#skipThrough = null
    this.#dropping = false
    this.#lastCommit = commit.endLsn
    position.commitLsn = commit.endLsn
    position.events = 0
    if (position.messageType !== null) position.messageType = 'COMMIT'
  }

  #onInsert(message: InsertMessage, lsn: Lsn, out: SourceRecord[]): void {
    const table = this.#table(message.relation)
    const row = table.codec.readStreamRow(message.after)
    this.#factory.insert(out, table, row, this.#source(table, lsn))
  }

  #onUpdate(message: UpdateMessage, lsn: Lsn, out: SourceRecord[]): void {
    const table = this.#table(message.relation)
    const { before } = message
    const after = table.codec.readStreamRow(message.after, before)
    const rows = {
      before: before === null ? null : readBefore(table, before, message.keyOnly),
      after,
      keyChanged: before !== null && table.keyDiffers(before, message.after)
    }
    this.#factory.update(out, table, rows, this.#source(table, lsn))
  }

  #onDelete(message: DeleteMessage, lsn: Lsn, out: SourceRecord[]): void {
    const table = this.#table(message.relation)
    const before = readBefore(table, message.before, message.keyOnly)
    this.#factory.delete(out, table, before, this.#source(table, lsn))
  }

  #onTruncate(message: TruncateMessage, lsn: Lsn, out: SourceRecord[]): void {
    if (this.#dropping) return
    for (const oid of message.relations) {
      const table = this.#tables.get(oid)
      if (table) this.#factory.truncate(out, table, this.#source(table, lsn))
    }
  }

  #table(oid: number): CapturedTable {
    const table = this.#tables.get(oid)
    if (table) return table
    throw new ConnectError('POSTGRES_PROTOCOL', `The server sent a row of unknown table ${oid}`)
  }

  #source(table: CapturedTable, lsn: Lsn): Struct {
    return this.#factory.source(
      table,
      {
        xid: this.#begin?.xid ?? 0,
        micros: this.#begin?.commitMicros ?? 0,
        mark: 'false',
        lastCommit: this.#lastCommit,
        origin: this.#origin,
        originLsn: this.#originLsn
      },
      lsn
    )
  }
}

function readBefore(table: CapturedTable, before: Tuple, keyOnly: boolean): Struct {
  return keyOnly ? table.codec.readOldKey(before) : table.codec.readStreamRow(before)
}
