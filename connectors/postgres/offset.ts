import { ConnectError } from '../../runtime/api/errors.ts'
import type { OffsetValue, SourceOffset } from '../../runtime/api/record.ts'
import type { Lsn } from './lsn.ts'
import { parseSnapshotState, type SnapshotState } from './snapshot-plan.ts'

/**
 * Where the stream is. The names in the stored offset are Debezium's (`PostgresOffsetContext`), so
 * that either can go on after the other; what only Millrace knows starts with `millrace_`.
 */
export interface Position {
  /** End of the last transaction that was passed on as a whole: where to start again. */
  commitLsn: Lsn
  /** Position of the last event. */
  lsn: Lsn
  /** Transaction of the last event, or null when there was none. */
  xid: number | null
  /** Commit time of the last event, in microseconds since 1970. */
  micros: number | null
  /** Kind of the last message, as Debezium names it: INSERT, COMMIT... */
  messageType: string | null
  /** Row messages of the transaction under way that were passed on. 0 between transactions. */
  events: number
}

/** Everything that a stored offset says. */
export interface StoredOffset {
  readonly position: Position
  /** Of a transaction that Debezium left in the middle: events up to here were passed on. */
  readonly skipThrough: Lsn | null
  readonly snapshotDone: boolean
  /** Which rows were read in which snapshot, while that still matters. */
  readonly snapshot: SnapshotState | null
  /** System identifier of the server, when known. */
  readonly systemId: string | null
}

function lsnOf(offset: SourceOffset, key: string): Lsn | null {
  const value = offset[key]
  if (value === undefined || value === null) return null
  const lsn = Number(value)
  if (Number.isSafeInteger(lsn) && lsn >= 0) return lsn
  throw new ConnectError(
    'POSTGRES_OFFSET',
    `The stored offset has ${key} = ${String(value)}, which is no position`,
    { hint: 'Reset the offsets of the connector' }
  )
}

function textOf(offset: SourceOffset, key: string): string | null {
  const value = offset[key]
  return value === undefined || value === null ? null : String(value)
}

/** @throws {ConnectError} POSTGRES_OFFSET for an offset that nobody could have written */
export function parseOffset(offset: SourceOffset): StoredOffset {
  const lsn = lsnOf(offset, 'lsn') ?? lsnOf(offset, 'lsn_proc') ?? lsnOf(offset, 'lsn_commit')
  if (lsn === null) {
    throw new ConnectError('POSTGRES_OFFSET', 'The stored offset has no lsn', {
      hint: 'Reset the offsets of the connector'
    })
  }
  const messageType = textOf(offset, 'messageType')
  const events = lsnOf(offset, 'millrace_tx_events')
  const commitLsn = lsnOf(offset, 'lsn_commit') ?? lsn
  const cut = messageType !== null && messageType !== 'COMMIT'
  const snapshot = textOf(offset, 'millrace_snapshot')
  const inSnapshot = textOf(offset, 'snapshot') !== null
  return {
    position: {
      commitLsn,
      lsn,
      xid: lsnOf(offset, 'txId'),
      micros: lsnOf(offset, 'ts_usec'),
      messageType,
      events: events ?? 0
    },
    skipThrough: cut && events === null ? (lsnOf(offset, 'lsn_proc') ?? lsn) : null,
    snapshotDone: !inSnapshot || textOf(offset, 'snapshot_completed') === 'true',
    snapshot: snapshot === null ? null : parseSnapshotState(snapshot),
    systemId: textOf(offset, 'millrace_system')
  }
}

export interface OffsetExtras {
  readonly systemId: string
  /** As text, or null when it no longer matters. */
  readonly snapshot: string | null
}

/** The offset of a task that streams. */
export function streamOffset(position: Position, extras: OffsetExtras): SourceOffset {
  const offset: Record<string, OffsetValue> = {}
  if (position.messageType !== null) {
    offset['lsn_proc'] = position.lsn
    offset['messageType'] = position.messageType
  }
  offset['lsn_commit'] = position.commitLsn
  offset['lsn'] = position.lsn
  // Debezium takes a number or nothing, but not null.
  if (position.xid !== null) offset['txId'] = position.xid
  if (position.micros !== null) offset['ts_usec'] = position.micros
  if (position.events > 0) offset['millrace_tx_events'] = position.events
  return addExtras(offset, extras)
}

/** The offset of a task that reads a snapshot, or has just finished it. */
export function snapshotOffset(
  position: Position,
  completed: boolean,
  extras: OffsetExtras
): SourceOffset {
  return addExtras(
    {
      last_snapshot_record: completed,
      lsn: position.lsn,
      txId: position.xid,
      ts_usec: position.micros,
      snapshot: 'INITIAL',
      snapshot_completed: completed
    },
    extras
  )
}

function addExtras(offset: Record<string, OffsetValue>, extras: OffsetExtras): SourceOffset {
  offset['millrace_system'] = extras.systemId
  if (extras.snapshot !== null) offset['millrace_snapshot'] = extras.snapshot
  return offset
}
