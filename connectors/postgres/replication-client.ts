import type { Client } from 'pg'
import { systemClock } from '../../runtime/api/clock.ts'
import { ConnectError, RetriableError } from '../../runtime/api/errors.ts'
import { type ConnectionSettings, connect, contextOf, destroy } from './connection.ts'
import { CopySocket, type WireConnection, wireOf } from './copy-socket.ts'
import { type ErrorContext, explain, quoteName, quoteText } from './errors.ts'
import { formatLsn, type Lsn, parseLsn, readLsn } from './lsn.ts'
import { createSlot, type NewSlot } from './slot.ts'

export const XLOG_DATA = 0x77
export const KEEPALIVE = 0x6b
const STATUS_UPDATE = 0x72

/** Positions are confirmed together: under load there are hundreds a second. */
const CONFIRM_DELAY_MS = 20

/** Microseconds from 1970 to 2000, PostgreSQL's epoch. */
const EPOCH_MICROS = 946_684_800_000_000n

/** What IDENTIFY_SYSTEM says. */
export interface SystemIdentity {
  readonly systemId: string
  readonly timeline: string
  /** The end of the flushed log. */
  readonly lsn: Lsn
}

export interface StreamOptions {
  readonly slot: string
  readonly publication: string
  readonly startLsn: Lsn
  /** Bytes to read ahead before the socket is paused. */
  readonly maxBytes: number
  /** How often to tell the server the confirmed position, in milliseconds. */
  readonly statusIntervalMs: number
  /** Give up when the server is silent for so long, in milliseconds; 0 is never. */
  readonly silenceMs: number
}

/**
 * A replication connection: makes the slot, and then streams it. The confirmed position is sent at an
 * interval, whether or not anything is read, so that back-pressure does not end the session.
 */
export class ReplicationClient {
  readonly #client: Client
  readonly #wire: WireConnection
  readonly #context: ErrorContext
  #socket: CopySocket | undefined
  #cancelTick: (() => void) | undefined
  #error: ConnectError | undefined
  #statusTimer: NodeJS.Timeout | undefined
  #confirmed: Lsn = 0
  #wake: (() => void) | undefined

  private constructor(client: Client, context: ErrorContext) {
    this.#client = client
    this.#wire = wireOf(client)
    this.#context = context
    client.on('error', (error) => this.#fail(error))
  }

  static async open(settings: ConnectionSettings, signal: AbortSignal): Promise<ReplicationClient> {
    const client = await connect(settings, { replication: true, signal })
    return new ReplicationClient(client, contextOf(settings))
  }

  async identify(): Promise<SystemIdentity> {
    try {
      const result = await this.#client.query<(string | null)[]>({
        text: 'IDENTIFY_SYSTEM',
        rowMode: 'array'
      })
      const [systemId, timeline, lsn] = result.rows[0] ?? []
      return { systemId: systemId ?? '', timeline: timeline ?? '', lsn: parseLsn(lsn ?? '') }
    } catch (error) {
      throw explain(error, this.#context)
    }
  }

  createSlot(name: string, options: { failover: boolean }): Promise<NewSlot> {
    return createSlot(this.#client, name, options)
  }

  /**
   * Starts streaming. Resolves when the server has agreed.
   * @throws {RetriableError} POSTGRES_SLOT_IN_USE while another session holds the slot
   */
  async stream(options: StreamOptions): Promise<CopySocket> {
    this.#confirmed = options.startLsn
    const socket = new CopySocket(this.#client, {
      maxBytes: options.maxBytes,
      onArrival: this.#onArrival
    })
    const sql = `START_REPLICATION SLOT ${quoteName(options.slot)} LOGICAL ${formatLsn(options.startLsn)} (proto_version '1', publication_names ${quoteText(quoteName(options.publication)).trim()})`
    const started = new Promise<void>((resolve) => {
      this.#events().once('replicationStart', resolve)
    })
    const ended = this.#client.query(sql).then(
      () => {
        throw new RetriableError('POSTGRES_CONNECTION_LOST', 'The server ended the replication')
      },
      (error: unknown) => {
        throw explain(error, {
          ...this.#context,
          slot: options.slot,
          publication: options.publication
        })
      }
    )
    ended.catch((error: unknown) => this.#fail(error))
    await Promise.race([started, ended])
    this.#socket = socket
    this.#tickLater(options)
    return socket
  }

  /** Why the stream ended, once every byte that came before has been taken. */
  get error(): ConnectError | undefined {
    return this.#error
  }

  /** The position up to which the server has been told to forget. */
  get confirmed(): Lsn {
    return this.#confirmed
  }

  /** Calls `wake` once when something arrives or the connection is lost. */
  onChange(wake: (() => void) | undefined): void {
    this.#wake = wake
    this.#socket?.onBlock(wake)
  }

  /** Tells the server that everything before `lsn` is durable here: it may forget it. */
  confirm(lsn: Lsn): void {
    if (lsn <= this.#confirmed) return
    this.#confirmed = lsn
    this.#statusTimer ??= setTimeout(() => this.#sendStatus(false), CONFIRM_DELAY_MS)
  }

  close(): void {
    if (this.#statusTimer !== undefined) this.#sendStatus(false)
    this.#cancelTick?.()
    this.#error ??= new ConnectError('POSTGRES_CLOSED', 'The replication connection is closed')
    destroy(this.#client)
  }

  /** Answers a keepalive that asks for an answer at once, even while rows wait to be read. */
  readonly #onArrival = (buffer: Buffer, payload: number): void => {
    if (buffer[payload] === KEEPALIVE && buffer[payload + 17] === 1) this.#sendStatus(false)
  }

  #tickLater(options: StreamOptions): void {
    this.#cancelTick = systemClock.atNext(options.statusIntervalMs, () => {
      this.#tickLater(options)
      this.#tick(options)
    })
  }

  /** A silent server may be a dead connection: asking for an answer tells the two apart. */
  #tick(options: StreamOptions): void {
    const socket = this.#socket
    if (socket === undefined || this.#error !== undefined) return
    const silence = Date.now() - socket.lastArrival
    if (options.silenceMs > 0 && !socket.paused && silence > options.silenceMs) {
      this.#fail(
        new RetriableError(
          'POSTGRES_CONNECTION_LOST',
          `PostgreSQL has not answered for ${Math.round(silence / 1000)} s`
        )
      )
      destroy(this.#client)
      return
    }
    this.#sendStatus(!socket.paused)
  }

  /** Message "Standby status update" of the streaming replication protocol. */
  #sendStatus(replyRequested: boolean): void {
    clearTimeout(this.#statusTimer)
    this.#statusTimer = undefined
    if (this.#error !== undefined || this.#socket === undefined) return
    const message = Buffer.allocUnsafe(34)
    const lsn = BigInt(this.#confirmed)
    message[0] = STATUS_UPDATE
    message.writeBigUInt64BE(lsn, 1)
    message.writeBigUInt64BE(lsn, 9)
    message.writeBigUInt64BE(lsn, 17)
    message.writeBigInt64BE(BigInt(Date.now()) * 1000n - EPOCH_MICROS, 25)
    message[33] = replyRequested ? 1 : 0
    this.#wire.sendCopyFromChunk(message)
  }

  #fail(error: unknown): void {
    this.#error ??= explain(error, this.#context)
    this.#cancelTick?.()
    clearTimeout(this.#statusTimer)
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  #events(): NodeJS.EventEmitter {
    return this.#wire as unknown as NodeJS.EventEmitter
  }
}

/** The end of the log as a keepalive tells it. */
export function keepaliveEnd(buffer: Buffer, payload: number): Lsn {
  return readLsn(buffer, payload + 1)
}

/** Position of an XLogData message, and where its logical message starts. */
export function xlogStart(buffer: Buffer, payload: number): Lsn {
  return readLsn(buffer, payload + 1)
}

export const XLOG_HEADER = 25
