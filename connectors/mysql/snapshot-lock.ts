import { ConnectError, RetriableError } from '../../runtime/api/errors.ts'
import type { ConnectionSettings } from './client-options.ts'
import { connect, type MysqlConnection } from './connection.ts'
import { quoteName } from './errors.ts'
import type { TableName } from './table-filter.ts'

export interface LockOptions {
  /** Tables to lock where the user may not lock all. */
  readonly tables: readonly TableName[]
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/**
 * Keeps everybody from writing while a snapshot finds out where it stands. A connection of its own: when it
 * ends, for whatever reason, the server lets go of the lock.
 */
export class SnapshotLock {
  readonly #connection: MysqlConnection
  /** Whether it covers all tables, or the captured ones only. */
  readonly isGlobal: boolean

  private constructor(connection: MysqlConnection, isGlobal: boolean) {
    this.#connection = connection
    this.isGlobal = isGlobal
  }

  /** @throws {ConnectError} MYSQL_PRIVILEGE, MYSQL_SNAPSHOT_LOCK */
  static async take(settings: ConnectionSettings, options: LockOptions): Promise<SnapshotLock> {
    // The server's limit ends the wait, not the client's: a statement that is given up would go on.
    const connection = await connect({ ...settings, queryTimeoutMs: 0 }, { signal: options.signal })
    const abort = () => connection.destroy()
    options.signal.addEventListener('abort', abort, { once: true })
    try {
      const seconds = Math.max(1, Math.ceil(options.timeoutMs / 1000))
      await connection.query(`SET SESSION lock_wait_timeout = ${seconds}`)
      return new SnapshotLock(connection, await lock(connection, options.tables))
    } catch (error) {
      connection.destroy()
      options.signal.throwIfAborted()
      throw explained(error, options.timeoutMs)
    } finally {
      options.signal.removeEventListener('abort', abort)
    }
  }

  release(): void {
    this.#connection.destroy()
  }
}

/** @returns whether all tables are locked */
async function lock(connection: MysqlConnection, tables: readonly TableName[]): Promise<boolean> {
  try {
    await connection.query('FLUSH TABLES WITH READ LOCK')
    return true
  } catch (error) {
    if (!isRefused(error) || tables.length === 0) throw error
  }
  const names = tables.map(({ database, name }) => `${quoteName(database)}.${quoteName(name)} READ`)
  await connection.query(`LOCK TABLES ${names.join(', ')}`)
  return false
}

/** Managed servers refuse the lock as such, with the error of a wrong password. */
function isRefused(error: unknown): boolean {
  if (!(error instanceof ConnectError)) return false
  return error.code === 'MYSQL_PRIVILEGE' || error.code === 'MYSQL_AUTHENTICATION'
}

function explained(error: unknown, timeoutMs: number): unknown {
  if (isRefused(error)) {
    const user = error instanceof ConnectError ? error.message : ''
    return new ConnectError(
      'MYSQL_PRIVILEGE',
      `Tables cannot be locked for the snapshot: ${user}`,
      {
        cause: error,
        hint: 'GRANT RELOAD, LOCK TABLES ON *.* to the user; or set snapshot.locking.mode: none and alter no table during the snapshot'
      }
    )
  }
  if (!(error instanceof ConnectError) || !/lock wait timeout/i.test(error.message)) return error
  return new RetriableError(
    'MYSQL_SNAPSHOT_LOCK',
    `Tables could not be locked for the snapshot within ${timeoutMs} ms`,
    {
      cause: error,
      hint: 'A long statement or transaction holds them: SHOW PROCESSLIST. Wait for its end, raise snapshot.lock.timeout.ms, or set snapshot.locking.mode: none'
    }
  )
}
