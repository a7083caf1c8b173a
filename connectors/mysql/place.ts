import type { LogPoint } from './log-point.ts'
import type { Position } from './offset.ts'
import type { Origin } from './records.ts'

/** Where something stands in the log: an {@link Origin} without a table. */
export interface Place extends Omit<Origin, 'database' | 'table'> {
  /** Number of the last row before it, which Debezium's schema changes have. */
  readonly lastRow: number
}

/** Where a statement stands. */
export interface StatementPlace extends Place {
  /** What its effect on tables is dated with. */
  readonly after: LogPoint
}

/** Where a stored position is. */
export function placeAt({ file, pos, serverId, seconds }: Position): Place {
  return {
    mark: 'false',
    micros: (seconds ?? 0) * 1_000_000,
    serverId: serverId ?? 0,
    gtid: null,
    file,
    pos,
    thread: null,
    query: null,
    lastRow: 0
  }
}
