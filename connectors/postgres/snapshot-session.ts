import type { Client } from 'pg'
import { type ConnectError, RetriableError } from '../../runtime/api/errors.ts'
import {
  type ConnectionSettings,
  connect,
  contextOf,
  destroy,
  queryOn,
  type RunQuery
} from './connection.ts'
import { CopySocket } from './copy-socket.ts'
import { type ErrorContext, explain, quoteText } from './errors.ts'
import { type Lsn, parseLsn } from './lsn.ts'
import { ReadPoint } from './snapshot-plan.ts'

/** The instant at which a session reads. */
export interface SessionPoint {
  readonly read: ReadPoint
  readonly lsn: Lsn
  readonly xid: number
  /** Microseconds since 1970. */
  readonly micros: number
}

/** Rows of a `COPY ... TO STDOUT` on their way. */
export interface CopyOut {
  /** @returns CopyData frames (see CopySocket), or undefined when none is waiting */
  take(): Buffer | undefined
  /** All frames have arrived; some may still wait to be taken. */
  readonly ended: boolean
  /** Why the copy stopped before its end. */
  readonly error: ConnectError | undefined
  /** Calls `wake` once at the next change. */
  onChange(wake: (() => void) | undefined): void
}

/** A connection inside one REPEATABLE READ transaction: all it reads is of one instant. */
export class SnapshotSession {
  readonly #client: Client
  readonly #context: ErrorContext
  readonly query: RunQuery
  readonly point: SessionPoint

  private constructor(client: Client, context: ErrorContext, point: SessionPoint) {
    this.#client = client
    this.#context = context
    this.query = queryOn(client, context)
    this.point = point
  }

  /** @param snapshotName exported by the connection that made the slot; null: the instant is now */
  static async open(
    settings: ConnectionSettings,
    snapshotName: string | null,
    signal: AbortSignal
  ): Promise<SnapshotSession> {
    const client = await connect(settings, { signal })
    const context = contextOf(settings)
    try {
      const query = queryOn(client, context)
      await query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
      if (snapshotName !== null) await query(`SET TRANSACTION SNAPSHOT ${quoteText(snapshotName)}`)
      await query('SET LOCAL statement_timeout = 0')
      return new SnapshotSession(client, context, await readPoint(query))
    } catch (error) {
      destroy(client)
      throw error
    }
  }

  /** @param table for messages */
  copy(select: string, options: { maxBytes: number; table: string }): CopyOut {
    const socket = new CopySocket(this.#client, { maxBytes: options.maxBytes })
    let ended = false
    let error: ConnectError | undefined
    let wake: (() => void) | undefined
    const end = (failed?: ConnectError) => {
      ended = true
      error = failed
      socket.detach()
      wake?.()
    }
    this.#client.query(`COPY (${select}) TO STDOUT`).then(
      () => end(),
      (cause: unknown) => end(explain(cause, { ...this.#context, table: options.table }))
    )
    return {
      take: () => socket.take(),
      get ended() {
        return ended
      },
      get error() {
        return error
      },
      onChange(given) {
        wake = given
        socket.onBlock(given)
      }
    }
  }

  close(): void {
    destroy(this.#client)
  }
}

async function readPoint(query: RunQuery): Promise<SessionPoint> {
  // The first statement fixes the instant; the log's position is asked for after it, so that it is
  // behind every commit that the instant sees.
  const [first] = await query(
    'SELECT txid_current_snapshot(), txid_snapshot_xmax(txid_current_snapshot()) & 4294967295'
  )
  const [second] = await query(
    `SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END,
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`
  )
  const [snapshot, xid] = first ?? []
  const [lsn, micros] = second ?? []
  if (!snapshot || !lsn) {
    throw new RetriableError('POSTGRES_ERROR', 'The server did not tell its position')
  }
  const at = parseLsn(lsn)
  return { read: new ReadPoint(snapshot, at), lsn: at, xid: Number(xid), micros: Number(micros) }
}
