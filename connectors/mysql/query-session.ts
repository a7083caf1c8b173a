import {
  type ConnectionSettings,
  connect,
  type MysqlConnection,
  type QueryParameter,
  type TextRow
} from './connection.ts'

/** Runs a statement now and then, on a connection that is made again when it was lost meanwhile. */
export class QuerySession {
  readonly #settings: ConnectionSettings
  readonly #signal: AbortSignal
  #connection: MysqlConnection | undefined

  constructor(settings: ConnectionSettings, signal: AbortSignal) {
    this.#settings = settings
    this.#signal = signal
  }

  /** @throws {ConnectError} as `connect` and `MysqlConnection.query` do */
  readonly query = async (
    sql: string,
    params: readonly QueryParameter[] = []
  ): Promise<TextRow[]> => {
    if (this.#connection === undefined || this.#connection.lost !== undefined) {
      this.#connection = await connect(this.#settings, { signal: this.#signal })
    }
    return await this.#connection.query(sql, params)
  }

  close(): void {
    this.#connection?.destroy()
    this.#connection = undefined
  }
}
