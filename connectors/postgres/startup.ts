import { ConnectError, type ConnectErrorOptions } from '../../runtime/api/errors.ts'
import { formatLsn, type Lsn } from './lsn.ts'
import type { StoredOffset } from './offset.ts'
import { afterLoss, type SlotState } from './slot.ts'
import type { SourceConfig } from './source-config.ts'

/** What a task has to do first. */
export type StartPlan =
  /** Read all tables. `startLsn` is where the slot starts, or null: the slot has to be made. */
  | { readonly kind: 'snapshot'; readonly startLsn: Lsn | null }
  /** Go on with a snapshot that was cut. */
  | { readonly kind: 'resume'; readonly stored: StoredOffset }
  /** Stream from a stored position, or from where the slot starts. */
  | { readonly kind: 'stream'; readonly stored: StoredOffset | null; readonly startLsn: Lsn | null }
  /** The snapshot is done, and nothing is to be streamed. */
  | { readonly kind: 'idle' }

export interface StartFacts {
  readonly mode: SourceConfig['snapshot.mode']
  readonly mismatch: SourceConfig['offset.mismatch.strategy']
  readonly stored: StoredOffset | null
  readonly slot: SlotState | null
  readonly slotName: string
  readonly systemId: string
}

/**
 * Decides by what is stored and what the server has. Pure.
 * @throws {ConnectError} when changes are lost and the configuration does not say what to do then
 */
export function planStart(facts: StartFacts): StartPlan {
  const { mode, stored, slot } = facts
  const fresh: StartPlan = { kind: 'snapshot', startLsn: slot?.confirmedLsn ?? null }
  if (mode === 'initial_only') return planWithoutStream(stored)
  if (stored === null) {
    if (mode !== 'no_data') return fresh
    return { kind: 'stream', stored: null, startLsn: slot?.confirmedLsn ?? null }
  }
  if (mode === 'always' && stored.snapshotDone) return fresh
  const loss = findLoss(facts, stored)
  if (loss !== null) {
    if (mode !== 'when_needed') throw loss
    return { kind: 'snapshot', startLsn: isLost(slot) ? null : (slot?.confirmedLsn ?? null) }
  }
  if (stored.snapshotDone || mode === 'no_data') {
    const confirmed = slot?.confirmedLsn ?? null
    const gap = confirmed === null || confirmed > stored.position.commitLsn
    return gap
      ? { kind: 'stream', stored: null, startLsn: confirmed }
      : { kind: 'stream', stored, startLsn: null }
  }
  // An offset that Debezium left inside a snapshot does not say which rows were read.
  return stored.snapshot === null ? fresh : { kind: 'resume', stored }
}

function planWithoutStream(stored: StoredOffset | null): StartPlan {
  if (stored === null) return { kind: 'snapshot', startLsn: 0 }
  if (stored.snapshotDone) return { kind: 'idle' }
  if (stored.snapshot === null) return { kind: 'snapshot', startLsn: 0 }
  return { kind: 'resume', stored }
}

/** @returns why the stored position cannot be resumed from without a gap, or null */
function findLoss(facts: StartFacts, stored: StoredOffset): ConnectError | null {
  const { slot, slotName, mismatch, systemId } = facts
  const at = formatLsn(stored.position.commitLsn)
  if (stored.systemId !== null && stored.systemId !== systemId && mismatch === 'fail') {
    return lost(
      'POSTGRES_OTHER_SERVER',
      `The stored offset belongs to another PostgreSQL server (system identifier ${stored.systemId}, this one has ${systemId})`,
      'Correct database.hostname; or, when this server took over by another way than replication, reset the offsets for a new snapshot, or set offset.mismatch.strategy = trust_offset'
    )
  }
  if (slot === null) {
    if (mismatch === 'trust_slot') return null
    return lost(
      'POSTGRES_SLOT_MISSING',
      `Replication slot '${slotName}' is gone, and with it the changes after ${at}, where this connector was`,
      afterLoss(slotName)
    )
  }
  if (isLost(slot)) {
    return lost(
      'POSTGRES_SLOT_LOST',
      `Replication slot '${slotName}' is lost: the server has removed WAL that it needs (max_slot_wal_keep_size), and with it the changes after ${at}`,
      afterLoss(slotName, `SELECT pg_drop_replication_slot('${slotName}'); `)
    )
  }
  const confirmed = slot.confirmedLsn ?? 0
  if (confirmed <= stored.position.commitLsn) return null
  if (mismatch !== 'fail') return null
  return lost(
    'POSTGRES_SLOT_AHEAD',
    `Replication slot '${slotName}' starts at ${formatLsn(confirmed)}, after ${at}, where this connector was: it was made again, or something else read from it, and the changes between are gone`,
    afterLoss(slotName)
  )
}

/** Whether the server has invalidated the slot: only a new one helps. */
export function isLost(slot: SlotState | null): boolean {
  return slot?.walStatus === 'lost'
}

function lost(code: string, message: string, hint: string): ConnectError {
  const options: ConnectErrorOptions = { hint }
  return new ConnectError(code, message, options)
}
