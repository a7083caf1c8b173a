import { ConnectError, RetriableError } from '../../../runtime/api/errors.ts'
import type { ConnectionSettings } from '../client-options.ts'
import { connect, type MysqlConnection } from '../connection.ts'
import { explain, quoteText } from '../errors.ts'
import type { PacketSocket } from '../packet-socket.ts'
import { ServerAnswer } from '../row-stream.ts'
import type { Flavor } from '../types/column-codec.ts'
import type { BinlogEvent, EventHeader } from './binlog-event.ts'
import { badEvent } from './byte-reader.ts'
import { EventReader } from './event-reader.ts'
import { GtidSet } from './gtid-set.ts'

/** Where to start: a position of a file, or behind transactions. */
export type BinlogStart =
  | { readonly file: string; readonly position: number }
  /** MySQL's set or MariaDB's list of all transactions that have been read; empty is from the beginning. */
  | { readonly gtids: string }

export interface BinlogOptions {
  readonly flavor: Flavor
  /** The server knows its readers by this; no two may have the same. */
  readonly serverId: number
  readonly start: BinlogStart
  /** Bytes to read ahead before the socket is paused. */
  readonly maxBytes: number
  /** How often the server is to say that it is alive while it has no events, in milliseconds. */
  readonly heartbeatMs: number
}

/**
 * Takes one event.
 * @param event its buffers are only good until this returns
 * @returns whether to go on with the next one
 */
export type EventHandler = (event: BinlogEvent, header: EventHeader) => boolean

const EVENT = 0x00
const EOF = 0xfe
const ERR = 0xff

const COM_BINLOG_DUMP = 0x12
const COM_BINLOG_DUMP_GTID = 0x1e
const COM_REGISTER_SLAVE = 0x15

/** MariaDB: send the text of statements too. MySQL sends them always. */
const SEND_ANNOTATE_ROWS = 0x02

/** Behind the four bytes that every file starts with. */
const FIRST_POSITION = 4
const LAST_POSITION = 0xffffffff

/** MySQL: start behind a set of GTIDs. */
const THROUGH_GTIDS = 0x04

/** A server that is silent for so many heartbeats is given up. */
const SILENT_HEARTBEATS = 6

/** MariaDB says nothing while it looks through a file for the place behind GTIDs. */
const SEARCH_MS = 600_000

/**
 * Follows the binary log of a server as a replica does.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_replication.html and
 * https://mariadb.com/kb/en/replication-protocol/
 */
export class BinlogClient {
  readonly #connection: MysqlConnection
  readonly #packets: PacketSocket
  readonly #reader = new EventReader()
  readonly #start: string
  readonly #timer: NodeJS.Timeout
  #isSearching: boolean
  #error: ConnectError | undefined
  #wake: (() => void) | undefined

  private constructor(connection: MysqlConnection, options: BinlogOptions) {
    this.#connection = connection
    this.#packets = connection.takeOver(options.maxBytes)
    this.#start = describeStart(options.start)
    this.#isSearching = 'gtids' in options.start
    const silenceMs = SILENT_HEARTBEATS * options.heartbeatMs
    this.#timer = setInterval(() => this.#checkSilence(silenceMs), options.heartbeatMs)
    connection.onLost((error) => this.#fail(error))
  }

  /**
   * Connects and asks for the log. Resolves when the server has begun to send it.
   * @throws {ConnectError} MYSQL_BINLOG_PURGED, MYSQL_GTID_UNKNOWN, MYSQL_BINLOG_POSITION and others, when the
   *   server does not send it from there
   */
  static async open(
    settings: ConnectionSettings,
    options: BinlogOptions,
    signal: AbortSignal
  ): Promise<BinlogClient> {
    // Statements of the user are for queries: one that changes the session would be in the way here.
    const connection = await connect({ ...settings, initialStatements: [] }, { signal })
    const abort = () => connection.destroy()
    signal.addEventListener('abort', abort, { once: true })
    try {
      for (const statement of sessionOf(options)) await connection.query(statement)
      const client = new BinlogClient(connection, options)
      await client.#dump(options)
      return client
    } catch (error) {
      connection.destroy()
      signal.throwIfAborted()
      throw error
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  /** Why the log ended, once everything that came before has been taken. */
  get error(): ConnectError | undefined {
    return this.#error
  }

  /** The file that is being read: after a rotate event the one that it names. */
  get file(): string {
    return this.#reader.file
  }

  /** Behind the event in it that was handed over last. */
  get position(): number {
    return this.#reader.position
  }

  /** Hands over the events that have arrived, until the handler has enough or none is left. */
  drain(handler: EventHandler): void {
    for (;;) {
      const event = this.#next()
      if (event === undefined) return
      if (this.#isSearching && isFound(event)) this.#isSearching = false
      if (!handler(event, this.#reader.header)) return
    }
  }

  /** Calls `wake` once when something arrives or the log ends. */
  onChange(wake: (() => void) | undefined): void {
    this.#wake = wake
    this.#packets.onPacket(() => this.#notify())
    if (this.#error !== undefined) queueMicrotask(() => this.#notify())
  }

  close(): void {
    this.#fail(new ConnectError('MYSQL_CLOSED', 'The binary log is no longer read'))
    this.#connection.destroy()
  }

  #next(): BinlogEvent | undefined {
    if (this.#error !== undefined && !isLost(this.#error)) return undefined
    try {
      for (;;) {
        const event = this.#reader.next()
        if (event !== undefined || !this.#takePacket()) return event
      }
    } catch (error) {
      // What the server said last tells more than that it then closed the connection.
      this.#error = this.#explain(error)
      this.#fail(this.#error)
      this.#connection.destroy()
      return undefined
    }
  }

  /** Gives the next packet to the reader, if it has arrived. */
  #takePacket(): boolean {
    if (!this.#packets.next()) return false
    const { buffer, start, end } = this.#packets
    if (buffer[start] !== EVENT) throw endOfLog(buffer, start, end)
    this.#reader.feed(buffer, start + 1, end)
    return true
  }

  /** Sends the commands. The first packet of the log tells whether the server agrees. */
  async #dump(options: BinlogOptions): Promise<void> {
    try {
      this.#packets.send(registerCommand(options.serverId))
      while (!this.#packets.next()) await this.#change()
      const { buffer, start, end } = this.#packets
      if (buffer[start] === ERR) throw new ServerAnswer(buffer, start, end)
      this.#packets.send(dumpCommand(options))
      while (!this.#takePacket()) await this.#change()
    } catch (error) {
      this.#fail(this.#explain(error))
      throw this.#error ?? error
    }
  }

  async #change(): Promise<void> {
    if (this.#error !== undefined) throw this.#error
    await new Promise<void>((resolve) => this.onChange(resolve))
  }

  #explain(error: unknown): ConnectError {
    // Anything else comes from reading an event, and would come again.
    const isKnown = error instanceof ConnectError || error instanceof ServerAnswer
    if (!isKnown) return badEvent('it has a form that was not expected', error)
    return explain(error, { ...this.#connection.context, start: this.#start })
  }

  #checkSilence(limitMs: number): void {
    const silence = performance.now() - this.#packets.lastArrival
    const limit = this.#isSearching ? Math.max(SEARCH_MS, limitMs) : limitMs
    if (this.#packets.paused || silence <= limit) return
    const message = `The server has been silent for ${Math.round(silence / 1000)} s`
    this.#fail(new RetriableError('MYSQL_CONNECTION_LOST', message))
    this.#connection.destroy()
  }

  #fail(error: ConnectError): void {
    this.#error ??= error
    clearInterval(this.#timer)
    this.#notify()
  }

  #notify(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}

/** The first event that is not about the file itself. */
function isFound(event: BinlogEvent): boolean {
  return event.kind === 'gtid' || event.kind === 'heartbeat'
}

/** Events that came before may still wait. */
function isLost(error: ConnectError): boolean {
  return error.code === 'MYSQL_CONNECTION_LOST' || error.code === 'MYSQL_UNREACHABLE'
}

function endOfLog(buffer: Buffer, start: number, end: number): Error {
  if (buffer[start] === ERR) return new ServerAnswer(buffer, start, end)
  if (buffer[start] === EOF && end - start < 9) {
    return new RetriableError('MYSQL_CONNECTION_LOST', 'The server ended its binary log')
  }
  return new ConnectError('MYSQL_PROTOCOL', `The server sent packet ${buffer[start]} for an event`)
}

function describeStart(start: BinlogStart): string {
  return 'file' in start ? `${start.file}, position ${start.position}` : `GTIDs ${start.gtids}`
}

/** Variables of the session that the server looks at when it sends its log. */
function sessionOf({ flavor, heartbeatMs, start }: BinlogOptions): string[] {
  const heartbeat = Math.round(heartbeatMs) * 1_000_000
  const names = flavor === 'mariadb' ? ['master'] : ['master', 'source']
  const statements = names.map(
    (name) => `SET @${name}_binlog_checksum = 'CRC32', @${name}_heartbeat_period = ${heartbeat}`
  )
  if (flavor === 'mariadb') {
    // Capability 4: knows GTIDs and takes all events as they are in the file.
    statements.push('SET @mariadb_slave_capability = 4')
    if ('gtids' in start) {
      statements.push(
        `SET @slave_connect_state = ${quoteText(start.gtids)}, @slave_gtid_strict_mode = @@global.gtid_strict_mode, @slave_gtid_ignore_duplicates = 0`
      )
    }
  }
  return statements
}

/** https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_register_replica.html */
function registerCommand(serverId: number): Buffer {
  // Empty: host, user, password, port, rank, id of the source.
  const command = Buffer.alloc(18)
  command[0] = COM_REGISTER_SLAVE
  command.writeUInt32LE(serverId, 1)
  return command
}

/** https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_binlog_dump.html */
function dumpCommand({ flavor, serverId, start }: BinlogOptions): Buffer {
  if ('gtids' in start && flavor === 'mysql') return gtidDumpCommand(serverId, start.gtids)
  const { file, position } = 'file' in start ? start : { file: '', position: FIRST_POSITION }
  if (position > LAST_POSITION) {
    throw new ConnectError(
      'MYSQL_BINLOG_POSITION',
      `Position ${position} of ${file} cannot be asked for: the protocol has 32 bits for it`,
      {
        hint: 'Read by GTID instead, keep max_binlog_size below 4 GiB and transactions small; or reset the offsets for a new snapshot'
      }
    )
  }
  const name = Buffer.from(file, 'utf8')
  const command = Buffer.alloc(11 + name.length)
  command[0] = COM_BINLOG_DUMP
  command.writeUInt32LE(position, 1)
  command.writeUInt16LE(flavor === 'mariadb' ? SEND_ANNOTATE_ROWS : 0, 5)
  command.writeUInt32LE(serverId, 7)
  name.copy(command, 11)
  return command
}

/** https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_binlog_dump_gtid.html */
function gtidDumpCommand(serverId: number, gtids: string): Buffer {
  const set = GtidSet.parse(gtids).encode()
  const command = Buffer.alloc(23)
  command[0] = COM_BINLOG_DUMP_GTID
  command.writeUInt16LE(THROUGH_GTIDS, 1)
  command.writeUInt32LE(serverId, 3)
  // No file name: its length stays 0.
  command.writeBigUInt64LE(BigInt(FIRST_POSITION), 11)
  command.writeUInt32LE(set.length, 19)
  return Buffer.concat([command, set])
}
