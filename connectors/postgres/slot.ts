import type { Client } from 'pg'
import { ConnectError } from '../../runtime/api/errors.ts'
import { failure } from '../relational/explanation.ts'
import type { RunQuery } from './connection.ts'
import { explain, missingReplication, quoteName, walLevel } from './errors.ts'
import { type Lsn, parseLsn } from './lsn.ts'

/** What pg_replication_slots says. */
export interface SlotState {
  readonly plugin: string
  readonly database: string
  readonly active: boolean
  readonly activePid: string | null
  readonly confirmedLsn: Lsn | null
  /** `reserved`, `extended`, `unreserved` or `lost` (PostgreSQL 13 and later). */
  readonly walStatus: string | null
}

/** A slot just made, and the snapshot that starts exactly where it starts. */
export interface NewSlot {
  readonly consistentLsn: Lsn
  /** For `SET TRANSACTION SNAPSHOT`, until the next command on the connection that made the slot. */
  readonly snapshotName: string | null
}

/** @returns null when there is no such slot */
export async function readSlot(query: RunQuery, name: string): Promise<SlotState | null> {
  const [row] = await query(
    `SELECT s.plugin, s.database, s.active, s.active_pid, s.confirmed_flush_lsn, to_jsonb(s) ->> 'wal_status'
     FROM pg_catalog.pg_replication_slots s WHERE s.slot_name = $1`,
    [name]
  )
  if (!row) return null
  return {
    plugin: row[0] ?? '',
    database: row[1] ?? '',
    active: row[2] === 't',
    activePid: row[3] ?? null,
    confirmedLsn: row[4] ? parseLsn(row[4]) : null,
    walStatus: row[5] ?? null
  }
}

/** @throws {ConnectError} when a slot of that name cannot serve this connector */
export function checkSlot(slot: SlotState, name: string, database: string): void {
  if (slot.plugin !== 'pgoutput') {
    throw new ConnectError(
      'POSTGRES_SLOT_PLUGIN',
      `Replication slot '${name}' belongs to ${slot.plugin ? `plugin '${slot.plugin}'` : 'physical replication'}, not to pgoutput`,
      { hint: 'Choose another slot.name' }
    )
  }
  if (slot.database !== database) {
    throw new ConnectError(
      'POSTGRES_SLOT_DATABASE',
      `Replication slot '${name}' belongs to database '${slot.database}', not to '${database}'`,
      { hint: 'Choose another slot.name: every database needs its own slot' }
    )
  }
  if (slot.walStatus === 'lost') {
    throw new ConnectError(
      'POSTGRES_SLOT_LOST',
      `Replication slot '${name}' is lost: the server has removed WAL that it needs (max_slot_wal_keep_size), so changes are gone`,
      { hint: afterLoss(name, `SELECT pg_drop_replication_slot('${name}'); `) }
    )
  }
}

/** The choices after changes were lost. */
export function afterLoss(name: string, first = ''): string {
  const start = first === '' ? 'Either' : `${first}then either`
  return `${start} read everything again: stop the connector and reset its offsets (millrace offsets reset), or set snapshot.mode to when_needed; or go on with a gap: offset.mismatch.strategy = trust_slot (slot '${name}')`
}

/** What the server does not allow and must, before anything else, each with the statement to run. */
export async function serverProblems(query: RunQuery, user: string): Promise<ConnectError[]> {
  const [row] = await query(
    `SELECT current_setting('wal_level'),
       (SELECT r.rolreplication OR r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user),
       EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = 'rds_replication'
         AND pg_catalog.pg_has_role(current_user, r.oid, 'member'))`
  )
  const [level, replication, rds] = row ?? []
  const problems: ConnectError[] = []
  if (level !== 'logical') problems.push(failure(walLevel(level ?? 'unknown')))
  if (replication !== 't' && rds !== 't') problems.push(failure(missingReplication(user)))
  return problems
}

/**
 * Creates the slot on a replication connection. The server waits for the transactions that are
 * running to end.
 */
export async function createSlot(
  client: Client,
  name: string,
  options: { failover: boolean; temporary?: boolean }
): Promise<NewSlot> {
  const kind = options.temporary ? ' TEMPORARY' : ''
  const how = options.failover ? "(SNAPSHOT 'export', FAILOVER true)" : 'EXPORT_SNAPSHOT'
  try {
    const result = await client.query<(string | null)[]>({
      text: `CREATE_REPLICATION_SLOT ${quoteName(name)}${kind} LOGICAL pgoutput ${how}`,
      rowMode: 'array'
    })
    const [, lsn, snapshotName] = result.rows[0] ?? []
    return { consistentLsn: parseLsn(lsn ?? ''), snapshotName: snapshotName ?? null }
  } catch (error) {
    throw explain(error, { slot: name })
  }
}

export async function dropSlot(query: RunQuery, name: string): Promise<void> {
  await query('SELECT pg_catalog.pg_drop_replication_slot($1)', [name])
}
