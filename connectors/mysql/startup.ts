import { ConnectError } from '../../runtime/api/errors.ts'
import type { Availability } from './binlog/position.ts'
import { describePlace, logChanged, MISSING } from './log-changed.ts'
import type { StoredOffset } from './offset.ts'
import type { SourceConfig } from './source-config.ts'

/** What a task has to do first. */
export type StartPlan =
  /** Read shapes and rows. */
  | { readonly kind: 'snapshot' }
  /** Go on with a snapshot that was cut. */
  | { readonly kind: 'resume'; readonly stored: StoredOffset }
  /** Read shapes, and stream from now. */
  | { readonly kind: 'shapes' }
  | { readonly kind: 'stream'; readonly stored: StoredOffset }
  /** Stream all that the log has. */
  | { readonly kind: 'beginning' }
  /** The snapshot is done, and nothing is to be streamed. */
  | { readonly kind: 'idle' }

export interface StartFacts {
  readonly mode: SourceConfig['snapshot.mode']
  readonly stored: StoredOffset | null
  /** Whether the log can be read from the stored position; asked only when a plan depends on it. */
  availability(): Promise<Availability>
}

/**
 * Decides by what is stored and what the server has.
 * @throws {ConnectError} when changes are lost and the configuration does not say what to do then
 */
export async function planStart(facts: StartFacts): Promise<StartPlan> {
  const { mode, stored } = facts
  if (stored === null) return planFirst(mode)
  if (mode === 'initial_only') {
    if (stored.snapshotDone) return { kind: 'idle' }
    return stored.snapshot === null ? { kind: 'snapshot' } : { kind: 'resume', stored }
  }
  if (mode === 'always' && stored.snapshotDone) return { kind: 'snapshot' }
  const availability = await facts.availability()
  if (availability !== 'available') {
    if (mode === 'when_needed') return { kind: 'snapshot' }
    throw lost(availability, stored)
  }
  const readsNoRows = mode === 'no_data' || mode === 'never' || mode === 'recovery'
  if (stored.snapshotDone || readsNoRows) return { kind: 'stream', stored }
  // An offset that Debezium left inside a snapshot does not say which rows were read.
  return stored.snapshot === null ? { kind: 'snapshot' } : { kind: 'resume', stored }
}

function planFirst(mode: StartFacts['mode']): StartPlan {
  if (mode === 'no_data') return { kind: 'shapes' }
  if (mode === 'never') return { kind: 'beginning' }
  if (mode !== 'recovery') return { kind: 'snapshot' }
  throw new ConnectError(
    'MYSQL_NO_OFFSET',
    'snapshot.mode = recovery goes on from a stored offset, and there is none',
    {
      hint: 'Set snapshot.mode to initial, or to no_data to start with the changes from now on; it may stay so afterwards'
    }
  )
}

function lost(availability: Availability, { position }: StoredOffset): ConnectError {
  if (availability !== 'purged') return logChanged(position)
  return new ConnectError(
    'MYSQL_BINLOG_PURGED',
    `The server has removed the part of its binary log that comes after the stored offset (${describePlace(position)})`,
    { hint: `${MISSING}; keep the log for longer with binlog_expire_logs_seconds` }
  )
}
