import { ConnectError } from '../../runtime/api/errors.ts'
import type { LogPoint } from './log-point.ts'

/** What to do when changes are missing. */
export const MISSING =
  'Changes are missing. Reset the offsets of the connector for a new snapshot, or set snapshot.mode: when_needed, which takes one by itself'

/** A place of the log, for messages. */
export function describePlace({ file, pos, gtids }: LogPoint): string {
  return `${file}, position ${pos}${gtids === null ? '' : `, GTIDs ${gtids}`}`
}

/** The log is not the one that `place` belongs to. */
export function logChanged(place: LogPoint, cause?: unknown): ConnectError {
  return new ConnectError(
    'MYSQL_LOG_CHANGED',
    `The binary log of the server does not have the place up to which it was read (${describePlace(place)}): it was reset (RESET MASTER), or this is another server`,
    {
      hint: `Check database.hostname. ${MISSING}`,
      ...(cause === undefined ? {} : { cause })
    }
  )
}
