import { ConnectError, RetriableError } from '../../runtime/api/errors.ts'
import { currentPosition } from './binlog/position.ts'
import type { ConnectionSettings } from './client-options.ts'
import { connect, type MysqlConnection } from './connection.ts'
import { errorNumber } from './errors.ts'
import type { LogPoint } from './log-point.ts'
import type { BytesRow } from './row-stream.ts'
import { SnapshotLock } from './snapshot-lock.ts'
import type { SourceConfig } from './source-config.ts'
import type { TableName } from './table-filter.ts'
import type { Flavor } from './types/column-codec.ts'

export interface SessionOptions {
  readonly flavor: Flavor
  readonly lockingMode: SourceConfig['snapshot.locking.mode']
  readonly lockTimeoutMs: number
  /** The tables that will be read. */
  readonly tables: readonly TableName[]
  readonly signal: AbortSignal
}

/**
 * How the session reads: one view of the rows for all of it, values in the character set of their column,
 * times in UTC, and no limit to how long the reader may take with what the server sends.
 */
export const SNAPSHOT_SETTINGS = [
  'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ',
  "SET SESSION time_zone = '+00:00', net_write_timeout = 31536000, wait_timeout = 31536000",
  'SET SESSION character_set_results = NULL'
]

/** https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html */
const XAER_RMERR = 1401

/** A connection inside one transaction: all it reads of transactional tables is of one instant. */
export class SnapshotSession {
  readonly #connection: MysqlConnection
  readonly #lock: SnapshotLock | null
  readonly #keepsLock: boolean
  /** The place in the log that belongs to the instant. */
  readonly point: LogPoint
  /** Whether the instant is exactly at that place, and not a little behind it. */
  readonly isAtPoint: boolean
  /** The time on the server, in whole seconds since 1970. */
  readonly seconds: number

  private constructor(
    connection: MysqlConnection,
    lock: SnapshotLock | null,
    facts: { keepsLock: boolean; point: LogPoint; isAtPoint: boolean; seconds: number }
  ) {
    this.#connection = connection
    this.#lock = lock
    this.#keepsLock = facts.keepsLock
    this.point = facts.point
    this.isAtPoint = facts.isAtPoint
    this.seconds = facts.seconds
  }

  /** Tables are locked, if they are to be, until {@link shapesAreRead}. */
  static async open(
    settings: ConnectionSettings,
    options: SessionOptions
  ): Promise<SnapshotSession> {
    const { lockingMode, signal, tables, lockTimeoutMs } = options
    const connection = await connect({ ...settings, queryTimeoutMs: 0 }, { signal })
    let lock: SnapshotLock | null = null
    try {
      for (const statement of SNAPSHOT_SETTINGS) await connection.query(statement)
      if (lockingMode !== 'none') {
        lock = await SnapshotLock.take(settings, { tables, timeoutMs: lockTimeoutMs, signal })
      }
      const point =
        lock === null
          ? await beginUnlocked(connection, options.flavor)
          : await beginLocked(connection, options.flavor)
      await checkPrepared(connection)
      const [row] = await connection.query('SELECT UNIX_TIMESTAMP()')
      const seconds = Math.floor(Number(row?.[0] ?? Date.now() / 1000))
      const keepsLock = lockingMode === 'extended'
      const isAtPoint = lock !== null || options.flavor === 'mariadb'
      const facts = { keepsLock, point, isAtPoint, seconds }
      const session = new SnapshotSession(connection, lock, facts)
      // Whoever waits for rows then is told.
      signal.addEventListener('abort', () => session.close(), { once: true })
      return session
    } catch (error) {
      lock?.release()
      connection.destroy()
      throw error
    }
  }

  /** From now on tables may change, unless they are locked until the last row is read. */
  shapesAreRead(): void {
    if (!this.#keepsLock) this.#lock?.release()
  }

  /** Rows as they come, in groups of any size. */
  read(select: string, maxBytes: number): AsyncGenerator<BytesRow[], void, void> {
    return this.#connection.stream(select, maxBytes)
  }

  close(): void {
    this.#lock?.release()
    this.#connection.destroy()
  }
}

async function beginLocked(connection: MysqlConnection, flavor: Flavor): Promise<LogPoint> {
  await connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY')
  return pointOf(await currentPosition(connection, flavor))
}

/**
 * MariaDB tells the position that belongs to a view. Of MySQL the position is asked for first: what commits
 * between is in both, so it is read and streamed.
 */
async function beginUnlocked(connection: MysqlConnection, flavor: Flavor): Promise<LogPoint> {
  const before = pointOf(await currentPosition(connection, flavor))
  await connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY')
  if (flavor === 'mysql') return before
  const rows = await connection.query(`SHOW STATUS LIKE 'binlog_snapshot_%'`)
  const status = new Map(rows.map(([name, value]) => [name?.toLowerCase(), value]))
  const file = status.get('binlog_snapshot_file')
  const pos = Number(status.get('binlog_snapshot_position'))
  if (!file || !Number.isSafeInteger(pos)) return before
  const [row] = await connection.query('SELECT BINLOG_GTID_POS(?, ?)', [file, pos])
  const gtids = row?.[0]
  return gtids === undefined || gtids === null ? before : { file, pos, gtids: gtids || null }
}

/** Rows of a prepared XA transaction are before the place in the log, and not yet in the tables. */
async function checkPrepared(connection: MysqlConnection): Promise<void> {
  let prepared: number
  try {
    prepared = (await connection.query('XA RECOVER')).length
  } catch (error) {
    if (isRefused(error)) return
    throw error
  }
  if (prepared === 0) return
  throw new RetriableError(
    'MYSQL_XA_PREPARED',
    `${prepared} XA transactions are prepared and not decided: a snapshot would miss what they change`,
    {
      hint: 'It starts when they are over: XA RECOVER lists them, XA COMMIT and XA ROLLBACK end them'
    }
  )
}

/** MySQL lets only those see them who may end them (XA_RECOVER_ADMIN), and calls that a failure. */
function isRefused(error: unknown): boolean {
  if (!(error instanceof ConnectError)) return false
  return error.code === 'MYSQL_PRIVILEGE' || errorNumber(error.cause) === XAER_RMERR
}

function pointOf(at: {
  readonly file: string
  readonly position: number
  readonly gtids: string
}): LogPoint {
  return { file: at.file, pos: at.position, gtids: at.gtids || null }
}
