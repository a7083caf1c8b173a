import { ConnectError } from '../../runtime/api/errors.ts'
import { withSinkKeys } from '../relational/explanation.ts'
import { connect, type MysqlConnection, type TextRow } from './connection.ts'
import { errorNumber, quoteName } from './errors.ts'
import type { SinkPlace } from './sink-place.ts'
import type { Flavor } from './types/column-codec.ts'

/** What decides how a server is written to. */
export interface ServerFacts {
  readonly flavor: Flavor
  /** A collation of utf8mb4 that takes no two texts for the same. */
  readonly exactCollation: string
  /** Most bytes of a statement (`max_allowed_packet`). */
  readonly mostBytes: number
  /** Whether LOAD DATA LOCAL is allowed (`local_infile`). */
  readonly loadsLocal: boolean
  /** The engines whose tables a rollback restores. */
  readonly transactionalEngines: ReadonlySet<string>
}

const SINK_KEYS: readonly (readonly [source: RegExp, sink: string])[] = [
  [/database\.hostname and database\.port/g, 'connection.url'],
  [/database\.hostname/g, 'connection.url'],
  [/database\.user\b/g, 'connection.username'],
  [/database\.(password|ssl\.[a-z.]+[a-z])/g, 'connection.$1']
]

/**
 * Opens the sink's connection.
 *
 * @throws {ConnectError} that names the sink's keys
 */
export async function connectSink(
  { connection: settings, database }: SinkPlace,
  signal: AbortSignal
): Promise<SinkConnection> {
  try {
    const connection = await connect(settings, { signal, writes: true })
    try {
      const opened = new SinkConnection(connection)
      await opened.run(`USE ${quoteName(database)}`)
      await opened.learn()
      return opened
    } catch (error) {
      connection.destroy()
      if (errorNumber(error) !== NO_DATABASE) throw error
      throw new ConnectError('SINK_NO_SCHEMA', `The target has no database ${database}`, {
        cause: error,
        hint: `CREATE DATABASE ${quoteName(database)} CHARACTER SET utf8mb4`
      })
    }
  } catch (error) {
    throw error instanceof ConnectError ? ofSink(error) : error
  }
}

const NO_DATABASE = 1049

/** An error of the connection that both have, with the keys that a sink has. */
export function ofSink(error: ConnectError): ConnectError {
  return error.code.startsWith('MYSQL_') ? withSinkKeys(error, SINK_KEYS) : error
}

/** What came of a statement. */
export interface Outcome {
  readonly rows: readonly TextRow[]
  /** The rows that it found, changed or not. */
  readonly affected: number
  readonly warnings: number
}

interface Header {
  readonly affectedRows?: number
  readonly warningStatus?: number
}

/** A connection of a sink, with the errors of `mysql2` as they are: their number decides what to do. */
export class SinkConnection {
  readonly #connection: MysqlConnection
  #facts: ServerFacts | null = null
  #fail: ((error: unknown) => void) | null = null

  constructor(connection: MysqlConnection) {
    this.#connection = connection
    connection.onLost((error) => this.#fail?.(error))
  }

  get facts(): ServerFacts {
    if (this.#facts) return this.#facts
    throw new TypeError('The server was not looked at')
  }

  /** Looks at the server, and has its transactions see what others have committed, where it can. */
  async learn(): Promise<void> {
    const { rows } = await this.run(
      "SHOW VARIABLES WHERE Variable_name IN ('version', 'max_allowed_packet', 'local_infile', 'log_bin', 'binlog_format')"
    )
    const variables = new Map(rows.map(([name, value]) => [name, value ?? '']))
    const engines = await this.run(
      "SELECT ENGINE FROM information_schema.ENGINES WHERE TRANSACTIONS = 'YES'"
    )
    this.#facts = {
      ...versionFacts(variables.get('version') ?? ''),
      mostBytes: Number(variables.get('max_allowed_packet')),
      loadsLocal: variables.get('local_infile') === 'ON',
      transactionalEngines: new Set(engines.rows.map(([engine]) => engine ?? ''))
    }
    // A binary log of statements takes no others.
    if (variables.get('log_bin') === 'ON' && variables.get('binlog_format') === 'STATEMENT') return
    await this.run('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED')
  }

  /**
   * Runs one statement.
   *
   * @param data what the server gets when it asks for the file of LOAD DATA LOCAL
   */
  async run(sql: string, data?: () => NodeJS.ReadableStream): Promise<Outcome> {
    const [outcome] = await this.runAll(sql, data)
    return outcome ?? { rows: [], affected: 0, warnings: 0 }
  }

  /** Runs statements that are one text; what follows a failed one is not run. */
  async runAll(sql: string, data?: () => NodeJS.ReadableStream): Promise<Outcome[]> {
    if (this.#connection.lost) throw this.#connection.lost
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#fail = reject
    try {
      const options = { sql, ...(data ? { infileStreamFactory: data } : {}) }
      this.#connection.client.query(options as { sql: string }, (error, result) => {
        if (error) reject(error)
        else resolve(result)
      })
      return outcomes(await promise)
    } finally {
      this.#fail = null
    }
  }

  get lost(): boolean {
    return this.#connection.lost !== undefined
  }

  onLost(then: () => void): void {
    this.#connection.onLost(then)
  }

  destroy(): void {
    this.#connection.destroy()
  }

  /** Says goodbye, and does not wait for long for the answer. */
  async end(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, GOODBYE_MS)
    this.#connection.client.end(() => resolve())
    await promise
    clearTimeout(timer)
    this.#connection.destroy()
  }
}

const GOODBYE_MS = 1000

function versionFacts(version: string): Pick<ServerFacts, 'flavor' | 'exactCollation'> {
  const flavor: Flavor = /mariadb/i.test(version) ? 'mariadb' : 'mysql'
  return {
    flavor,
    exactCollation: flavor === 'mariadb' ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin'
  }
}

/** One header for a statement without rows, rows for one with, a list of these for several. */
function outcomes(result: unknown): Outcome[] {
  if (!Array.isArray(result)) return [outcomeOf(result)]
  const isSeveral = result.some((part) => !Array.isArray(part))
  return isSeveral ? result.map(outcomeOf) : [outcomeOf(result)]
}

function outcomeOf(result: unknown): Outcome {
  if (Array.isArray(result)) {
    const rows = (result as (Buffer | null)[][]).map((row) =>
      row.map((value) => value?.toString('utf8') ?? null)
    )
    return { rows, affected: 0, warnings: 0 }
  }
  const { affectedRows = 0, warningStatus = 0 } = result as Header
  return { rows: [], affected: affectedRows, warnings: warningStatus }
}
