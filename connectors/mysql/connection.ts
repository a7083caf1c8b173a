import { type Connection, createConnection } from 'mysql2'
import { ConnectError, RetriableError } from '../../runtime/api/errors.ts'
import { type ConnectionSettings, clientOptions, nameHost } from './client-options.ts'
import { type ErrorContext, explain, quoteText } from './errors.ts'
import { PacketSocket, type WireConnection } from './packet-socket.ts'
import { type BytesRow, ResultReader, ServerAnswer } from './row-stream.ts'

export interface ConnectOptions {
  readonly signal?: AbortSignal
  /**
   * For a sink: an UPDATE counts the rows that it finds, several statements go at once, and the server may ask
   * for the data of LOAD DATA LOCAL.
   */
  readonly writes?: boolean
}

/**
 * Rows that are cut into values at once. Each value is an object: as many as have arrived would outlive the young
 * generation, and the heap would grow by all that can be read ahead.
 */
const GROUP_ROWS = 512

/** A row of a query: every value as text, or null. */
export type TextRow = (string | null)[]

/** A value that stands for a `?` of a statement. */
export type QueryParameter = string | number | bigint | Buffer | null

/** Facts about the settings that may be shown to a person. */
export function contextOf(settings: ConnectionSettings): ErrorContext {
  return { host: settings.host, port: settings.port, user: settings.user }
}

/**
 * Opens a connection. The session speaks utf8mb4 and keeps the server's other settings.
 * @throws {ConnectError} that names host and user and says what to do
 */
export async function connect(
  settings: ConnectionSettings,
  options: ConnectOptions = {}
): Promise<MysqlConnection> {
  if (settings.sslMode !== 'preferred') {
    return await open(settings, settings.sslMode !== 'disabled', options)
  }
  try {
    return await open(settings, true, options)
  } catch (error) {
    if (!(error instanceof ConnectError) || error.code !== 'MYSQL_TLS') throw error
    return await open(settings, false, options)
  }
}

async function open(
  settings: ConnectionSettings,
  tls: boolean,
  { signal, writes = false }: ConnectOptions
): Promise<MysqlConnection> {
  signal?.throwIfAborted()
  const client = createConnection(clientOptions(settings, tls, writes))
  if (settings.sslMode === 'verify_identity') nameHost(client, settings.host)
  const connection = new MysqlConnection(client, settings)
  const abort = () => connection.destroy()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    await connection.ready()
    for (const statement of settings.initialStatements) await connection.query(statement)
    return connection
  } catch (error) {
    connection.destroy()
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

/** One session. Runs one statement at a time. */
export class MysqlConnection {
  /** The connection of `mysql2`, for what is not here. */
  readonly client: Connection
  readonly context: ErrorContext
  readonly #queryTimeoutMs: number
  readonly #listeners = new Set<(error: ConnectError) => void>()
  #lost: ConnectError | undefined

  constructor(client: Connection, settings: ConnectionSettings) {
    this.client = client
    this.context = contextOf(settings)
    this.#queryTimeoutMs = settings.queryTimeoutMs
    client.on('error', (error) => this.#lose(explain(error, this.context)))
  }

  /** Resolves when the server has let the user in. */
  async ready(): Promise<void> {
    await this.#settle<void>((resolve, reject) => {
      this.client.connect((error) => (error ? reject(error) : resolve()))
    })
  }

  /** Why the connection can no longer be used. */
  get lost(): ConnectError | undefined {
    return this.#lost
  }

  /** Calls `listener` once when the connection is lost or destroyed. */
  onLost(listener: (error: ConnectError) => void): void {
    this.#listeners.add(listener)
  }

  /**
   * Runs one statement. Values arrive as UTF-8 text; there are none for a statement without a result.
   * @param params take the places of `?`, in order
   * @throws {ConnectError} with the server's words
   */
  async query(sql: string, params: readonly QueryParameter[] = []): Promise<TextRow[]> {
    const text = fillIn(sql, params)
    const timer = this.#startTimer()
    try {
      const rows = await this.#settle<BytesRow[]>((resolve, reject) => {
        this.client.query({ sql: text }, (error, result) => {
          if (error) reject(error)
          else resolve(Array.isArray(result) ? (result as unknown as BytesRow[]) : [])
        })
      })
      return rows.map((row) => row.map((value) => (value === null ? null : value.toString('utf8'))))
    } finally {
      clearTimeout(timer)
    }
  }

  /**
   * Runs one statement and hands its rows over as they arrive. The socket waits while the reader does. A reader
   * that does not read to the end loses the connection.
   * @param maxBytes bytes to read ahead
   * @returns rows in groups of any size; the bytes of each value are those of the text protocol
   */
  async *stream(sql: string, maxBytes = 1 << 20): AsyncGenerator<BytesRow[], void, void> {
    const packets = this.takeOver(maxBytes)
    let complete = false
    try {
      packets.send(Buffer.from(`\x03${sql}`, 'utf8'))
      const result = new ResultReader(packets)
      while (!complete) {
        const rows: BytesRow[] = []
        complete = result.read(rows, GROUP_ROWS)
        if (rows.length > 0) yield rows
        else if (!complete) await this.#settle<void>((resolve) => packets.onPacket(resolve))
      }
    } catch (error) {
      complete = error instanceof ServerAnswer
      throw complete ? explain(error, this.context) : error
    } finally {
      if (complete) packets.detach()
      else this.destroy()
    }
  }

  /** Takes the packets away from `mysql2` while nothing runs. */
  takeOver(maxBytes: number): PacketSocket {
    if (this.#lost) throw this.#lost
    return new PacketSocket(this.client as unknown as WireConnection, maxBytes)
  }

  /** Closes without waiting for what the connection is doing; that then fails. */
  destroy(): void {
    this.#lose(new ConnectError('MYSQL_CLOSED', 'The connection is closed'))
    this.client.destroy()
    ;(this.client as unknown as WireConnection).stream.destroy()
  }

  /** Waits for something, or for the end of the connection: `mysql2` does not tell what it was doing then. */
  async #settle<T>(
    start: (resolve: (value: T) => void, reject: (error: unknown) => void) => void
  ): Promise<T> {
    if (this.#lost) throw this.#lost
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#listeners.add(reject)
    try {
      start(resolve, reject)
      return await promise
    } catch (error) {
      throw this.#lost ?? explain(error, this.context)
    } finally {
      this.#listeners.delete(reject)
    }
  }

  #startTimer(): NodeJS.Timeout | undefined {
    const limit = this.#queryTimeoutMs
    if (limit <= 0) return undefined
    return setTimeout(() => {
      const message = `A query was not answered within ${limit} ms`
      this.#lose(new RetriableError('MYSQL_CONNECTION_LOST', message))
      this.destroy()
    }, limit)
  }

  #lose(error: ConnectError): void {
    if (this.#lost) return
    this.#lost = error
    for (const listener of [...this.#listeners]) listener(error)
    this.#listeners.clear()
  }
}

function fillIn(sql: string, params: readonly QueryParameter[]): string {
  let next = 0
  return params.length === 0 ? sql : sql.replaceAll('?', () => literal(params[next++]))
}

function literal(value: QueryParameter | undefined): string {
  if (value === undefined) throw new RangeError('The statement has more ? than values')
  if (value === null) return 'NULL'
  if (typeof value === 'string') return quoteText(value)
  return Buffer.isBuffer(value) ? `X'${value.toString('hex')}'` : String(value)
}
