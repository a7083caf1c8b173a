import type { ConnectionSettings } from './client-options.ts'
import { connect, type MysqlConnection, type QueryParameter, type TextRow } from './connection.ts'
import type { BytesRow } from './row-stream.ts'

/** Runs a statement now and then, on a connection that is made again when it was lost meanwhile. */
export class QuerySession {
  readonly #settings: ConnectionSettings
  readonly #signal: AbortSignal
  #connection: MysqlConnection | undefined

  constructor(settings: ConnectionSettings, signal: AbortSignal) {
    this.#settings = settings
    this.#signal = signal
    // What runs then fails: nobody is to wait for it.
    signal.addEventListener('abort', () => this.close(), { once: true })
  }

  /** @throws {ConnectError} as `connect` and `MysqlConnection.query` do */
  readonly query = async (
    sql: string,
    params: readonly QueryParameter[] = []
  ): Promise<TextRow[]> => {
    return await (await this.#open()).query(sql, params)
  }

  /** The same, with the bytes of values as they are sent. */
  async rows(sql: string): Promise<BytesRow[]> {
    const connection = await this.#open()
    const rows: BytesRow[] = []
    for await (const group of connection.stream(sql)) rows.push(...group)
    return rows
  }

  async #open(): Promise<MysqlConnection> {
    this.#signal.throwIfAborted()
    if (this.#connection === undefined || this.#connection.lost !== undefined) {
      this.#connection = await connect(this.#settings, { signal: this.#signal })
    }
    return this.#connection
  }

  close(): void {
    this.#connection?.destroy()
    this.#connection = undefined
  }
}
