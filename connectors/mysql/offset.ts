import { ConnectError } from '../../runtime/api/errors.ts'
import type { OffsetValue, SourceOffset } from '../../runtime/api/record.ts'
import { parseSnapshotState, type SnapshotState } from './snapshot-state.ts'

/**
 * Where the stream is. The names in the stored offset are Debezium's (`BinlogOffsetContext`), so that
 * either can go on after the other; what only Millrace knows starts with `millrace_`.
 */
export interface Position {
  /** Where to start again: the beginning of the transaction under way, or the end of the last one. */
  file: string
  pos: number
  /** What was executed before it: MySQL's set, MariaDB's list. Null without GTIDs. */
  gtids: string | null
  /** Events of the transaction under way that were passed on as a whole. 0 between transactions. */
  events: number
  /** Rows of the event after them that were passed on. */
  rows: number
  /** Server that wrote the last event, or null when there was none. */
  serverId: number | null
  /** Time of the last event, in seconds since 1970. */
  seconds: number | null
}

/** Everything that a stored offset says. */
export interface StoredOffset {
  readonly position: Position
  /** Whether the initial snapshot is complete, or there was none. */
  readonly snapshotDone: boolean
  /** Which rows were read in a snapshot that was cut; null when nobody knows. */
  readonly snapshot: SnapshotState | null
  /** The server that was read, when known: a file and a position mean nothing on another one. */
  readonly identity: string | null
  /** The offset as it was stored, for whoever keeps more in it. */
  readonly raw: SourceOffset
}

/** @throws {ConnectError} MYSQL_OFFSET for an offset that nobody could have written */
export function parseOffset(offset: SourceOffset): StoredOffset {
  const file = textOf(offset, 'file')
  const pos = numberOf(offset, 'pos')
  if (file === null || pos === null) {
    throw bad(`has no ${file === null ? 'file' : 'pos'}`)
  }
  const snapshot = textOf(offset, 'millrace_snapshot')
  const inSnapshot = textOf(offset, 'snapshot') !== null
  return {
    position: {
      file,
      pos,
      gtids: textOf(offset, 'gtids') || null,
      events: numberOf(offset, 'event') ?? 0,
      rows: numberOf(offset, 'row') ?? 0,
      serverId: numberOf(offset, 'server_id'),
      seconds: numberOf(offset, 'ts_sec')
    },
    snapshotDone: !inSnapshot || textOf(offset, 'snapshot_completed') === 'true',
    snapshot: snapshot === null ? null : parseSnapshotState(snapshot),
    identity: textOf(offset, 'millrace_server'),
    raw: offset
  }
}

function numberOf(offset: SourceOffset, key: string): number | null {
  const value = offset[key]
  if (value === undefined || value === null) return null
  const number = Number(value)
  if (Number.isSafeInteger(number) && number >= 0) return number
  throw bad(`has ${key} = ${String(value)}, which is no whole number`)
}

function textOf(offset: SourceOffset, key: string): string | null {
  const value = offset[key]
  return value === undefined || value === null ? null : String(value)
}

function bad(what: string): ConnectError {
  return new ConnectError('MYSQL_OFFSET', `The stored offset ${what}`, {
    hint: 'Reset the offsets of the connector'
  })
}

/** What is stored beside the position. */
export type OffsetExtras = Readonly<Record<string, OffsetValue>>

/** The offset of a task that streams, or has just finished its snapshot. */
export function streamOffset(position: Position, extras: OffsetExtras): SourceOffset {
  const offset = startOf(position)
  if (position.rows > 0) offset['row'] = position.rows
  if (position.serverId !== null) offset['server_id'] = position.serverId
  if (position.events > 0) offset['event'] = position.events
  return Object.assign(offset, extras)
}

/** The offset of a task that reads a snapshot: where the stream will start, and what was read. */
export function snapshotOffset(
  position: Position,
  state: SnapshotState,
  extras: OffsetExtras
): SourceOffset {
  const offset = startOf(position)
  offset['snapshot'] = 'INITIAL'
  offset['millrace_snapshot'] = state.toString()
  return Object.assign(offset, extras)
}

function startOf(position: Position): Record<string, OffsetValue> {
  const offset: Record<string, OffsetValue> = {}
  // Debezium takes a number or nothing, but not null.
  if (position.seconds !== null) offset['ts_sec'] = position.seconds
  offset['file'] = position.file
  offset['pos'] = position.pos
  if (position.gtids !== null) offset['gtids'] = position.gtids
  return offset
}

/** A position between transactions. */
export function positionAt(at: {
  readonly file: string
  readonly pos: number
  readonly gtids: string | null
}): Position {
  return { ...at, events: 0, rows: 0, serverId: null, seconds: null }
}
