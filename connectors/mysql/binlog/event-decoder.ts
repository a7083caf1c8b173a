import { inflateSync } from 'node:zlib'
import type { BinlogEvent, EventHeader, QueryEvent, RowsEvent, TableMap } from './binlog-event.ts'
import { ByteReader, badEvent } from './byte-reader.ts'
import { EventCode, EventFlag, WITHOUT_MEANING } from './event-code.ts'
import {
  readMariadbGtid,
  readMariadbGtidList,
  readMysqlGtid,
  readPreviousGtids,
  readTaggedGtid
} from './gtid-events.ts'
import { readStatement } from './statement.ts'
import { TableMaps } from './table-maps.ts'
import { readPayload } from './transaction-payload.ts'

/** A compressed transaction: its events, one after the other, without checksums. */
export interface PayloadEvent {
  readonly kind: 'payload'
  readonly events: Buffer
}

/** Ids of rows events that have no rows and only end a statement. */
const NO_TABLE = new Set([0xffffff, 0xffffffff, 0xffffffffffff])

const END_OF_STATEMENT = 0x01

/** From a server as MariaDB names it; others are MySQL and what follows it. */
const MARIADB = /mariadb/i

interface RowsCode {
  readonly change: RowsEvent['change']
  /** Whether further data stand before the number of columns. */
  readonly extra: boolean
  readonly compressed?: boolean
  readonly partial?: boolean
}

const ROWS: ReadonlyMap<number, RowsCode> = new Map([
  [EventCode.WRITE_ROWS_V1, { change: 'insert', extra: false }],
  [EventCode.UPDATE_ROWS_V1, { change: 'update', extra: false }],
  [EventCode.DELETE_ROWS_V1, { change: 'delete', extra: false }],
  [EventCode.WRITE_ROWS, { change: 'insert', extra: true }],
  [EventCode.UPDATE_ROWS, { change: 'update', extra: true }],
  [EventCode.DELETE_ROWS, { change: 'delete', extra: true }],
  [EventCode.PARTIAL_UPDATE_ROWS, { change: 'update', extra: true, partial: true }],
  [EventCode.WRITE_ROWS_COMPRESSED, { change: 'insert', extra: false, compressed: true }],
  [EventCode.UPDATE_ROWS_COMPRESSED, { change: 'update', extra: false, compressed: true }],
  [EventCode.DELETE_ROWS_COMPRESSED, { change: 'delete', extra: false, compressed: true }]
])

const OTHER: BinlogEvent = { kind: 'other' }
const HEARTBEAT: BinlogEvent = { kind: 'heartbeat' }
const XID: BinlogEvent = { kind: 'xid' }

/**
 * Turns the bytes of events into objects, but for the values of rows. Knows what earlier events said: which
 * server wrote the file, and the tables of the statement.
 */
export class EventDecoder {
  readonly #tables = new TableMaps()
  #isMariadb = false

  /**
   * @param reader at the fields behind the header, ending before the checksum
   * @throws {ConnectError} MYSQL_BINLOG_EVENT when the bytes are not such an event, or an unknown one that may
   *   not be passed over
   */
  decode(header: EventHeader, reader: ByteReader): BinlogEvent | PayloadEvent {
    const rows = ROWS.get(header.code)
    if (rows !== undefined) return this.#readRows(rows, reader)
    switch (header.code) {
      case EventCode.QUERY:
        return readQuery(reader, 0, false)
      case EventCode.QUERY_COMPRESSED:
        return readQuery(reader, 0, true)
      case EventCode.EXECUTE_LOAD_QUERY:
        return readQuery(reader, LOAD_FIELDS, false)
      case EventCode.TABLE_MAP:
        return { kind: 'table_map', table: this.#readTable(reader) }
      case EventCode.XID:
        return XID
      case EventCode.ROTATE:
        return {
          kind: 'rotate',
          position: Number(reader.u64()),
          file: reader.rest().toString('utf8')
        }
      case EventCode.FORMAT_DESCRIPTION:
        return this.#readFormat(reader)
      case EventCode.HEARTBEAT:
      case EventCode.HEARTBEAT_V2:
        return HEARTBEAT
      case EventCode.ROWS_QUERY:
        reader.skip(1)
        return { kind: 'rows_query', sql: reader.rest().toString('utf8') }
      case EventCode.ANNOTATE_ROWS:
        return { kind: 'rows_query', sql: reader.rest().toString('utf8') }
      case EventCode.XA_PREPARE:
        return { kind: 'xa_prepare', onePhase: reader.u8() !== 0 }
      case EventCode.INCIDENT:
        reader.skip(2)
        return { kind: 'incident', message: reader.text(reader.u8()) }
      case EventCode.TRANSACTION_PAYLOAD:
        return { kind: 'payload', events: readPayload(reader) }
      default:
        return readGtidOrOther(header, reader)
    }
  }

  #readFormat(reader: ByteReader): BinlogEvent {
    const version = reader.u16()
    if (version !== 4) throw badEvent(`the file has format version ${version}, and 4 is known`)
    const serverVersion = reader.bytes(50).toString('latin1').replace(/\0.*$/s, '')
    this.#isMariadb = MARIADB.test(serverVersion)
    return { kind: 'format', serverVersion }
  }

  #readTable(reader: ByteReader): TableMap {
    const id = reader.uint(6)
    reader.skip(2)
    return this.#tables.describe(id, reader, this.#isMariadb ? 'with spatial' : 'without spatial')
  }

  #readRows(code: RowsCode, reader: ByteReader): BinlogEvent {
    const id = reader.uint(6)
    const endOfStatement = (reader.u16() & END_OF_STATEMENT) !== 0
    if (NO_TABLE.has(id)) return OTHER
    const table = this.#tables.get(id)
    if (table === undefined) throw badEvent(`rows of table ${id}, which nothing described`)
    if (endOfStatement) this.#tables.endStatement()
    if (code.extra) {
      const length = reader.u16()
      if (length < 2) throw badEvent(`its extra data have ${length} bytes`)
      reader.skip(length - 2)
    }
    const count = reader.lengthEncoded()
    if (count !== table.columns.length) {
      throw badEvent(`rows of ${count} columns, but its table has ${table.columns.length}`)
    }
    const first = reader.bytes((count + 7) >> 3)
    const second = code.change === 'update' ? reader.bytes((count + 7) >> 3) : first
    const rows = code.compressed ? uncompress(reader) : reader
    return {
      kind: 'rows',
      change: code.change,
      table,
      before: code.change === 'insert' ? null : first,
      after: code.change === 'delete' ? null : second,
      partial: code.partial ?? false,
      buffer: rows.buffer,
      start: rows.position,
      end: rows.end,
      endOfStatement
    }
  }
}

function readGtidOrOther(header: EventHeader, reader: ByteReader): BinlogEvent {
  switch (header.code) {
    case EventCode.GTID:
    case EventCode.ANONYMOUS_GTID:
      return readMysqlGtid(reader, header.code)
    case EventCode.GTID_TAGGED:
      return readTaggedGtid(reader)
    case EventCode.MARIADB_GTID:
      return readMariadbGtid(reader, header.serverId)
    case EventCode.PREVIOUS_GTIDS:
      return readPreviousGtids(reader)
    case EventCode.MARIADB_GTID_LIST:
      return readMariadbGtidList(reader)
  }
  const mayPass = (header.flags & EventFlag.IGNORABLE) !== 0
  if (mayPass || WITHOUT_MEANING.has(header.code)) return OTHER
  throw badEvent(`its code ${header.code} is not known`)
}

/** EXECUTE_LOAD_QUERY: file id, start and end of the file's name, handling of duplicates. */
const LOAD_FIELDS = 13

/**
 * @param more bytes of further fields before the status variables
 * https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Query__event.html
 */
function readQuery(reader: ByteReader, more: number, compressed: boolean): QueryEvent {
  const threadId = reader.u32()
  reader.skip(4)
  const databaseLength = reader.u8()
  const errorCode = reader.u16()
  const statusLength = reader.u16()
  reader.skip(more)
  const status = new ByteReader(reader.buffer, reader.skip(statusLength), reader.position)
  const database = reader.text(databaseLength)
  reader.skip(1)
  const { sql, sqlMode } = readStatement(status, compressed ? uncompress(reader) : reader)
  return { kind: 'query', threadId, database, sql, sqlMode, errorCode }
}

/** The most that `max_allowed_packet` can be. */
const LARGEST = 2 ** 30

/**
 * What MariaDB compresses with `log_bin_compress`: a byte with the algorithm (0 is zlib) and the number of bytes
 * of the length, that length, high byte first, and the data.
 * https://mariadb.com/kb/en/compressing-events-to-reduce-size-of-the-binary-log/
 */
function uncompress(reader: ByteReader): ByteReader {
  const head = reader.u8()
  const algorithm = (head >> 4) & 0x07
  if ((head & 0x80) === 0 || algorithm !== 0) throw badEvent(`compression ${head} is not known`)
  const lengthBytes = head & 0x07
  let length = 0
  for (let index = 0; index < lengthBytes; index++) length = length * 256 + reader.u8()
  if (length > LARGEST) throw badEvent(`its compressed part says that it has ${length} bytes`)
  try {
    const data = inflateSync(reader.rest(), { maxOutputLength: Math.max(1, length) })
    if (data.length === length) return new ByteReader(data, 0, length)
  } catch (error) {
    throw badEvent('its compressed part is damaged', error)
  }
  throw badEvent(`its compressed part does not have the ${length} bytes that it should`)
}
