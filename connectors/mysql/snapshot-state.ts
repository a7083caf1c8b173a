import { ConnectError } from '../../runtime/api/errors.ts'
import {
  progressTables,
  SnapshotProgress,
  type StoredProgress,
  type TableProgress
} from '../relational/snapshot-progress.ts'

/** How far the initial snapshot is, by `database.table`. */
export class SnapshotState extends SnapshotProgress<string> {
  constructor(rows = 0, tables = new Map<string, TableProgress>()) {
    super(rows, tables)
  }

  /** The text for the stored offset. */
  override toString(): string {
    return `{"version":1,${this.members()}}`
  }
}

interface StoredState extends StoredProgress<string> {
  readonly version: number
}

/** @throws {ConnectError} MYSQL_OFFSET for text that a later version wrote, or nobody */
export function parseSnapshotState(text: string): SnapshotState {
  let stored: StoredState
  try {
    stored = JSON.parse(text) as StoredState
  } catch (error) {
    throw new ConnectError('MYSQL_OFFSET', 'The stored snapshot state is not readable', {
      cause: error,
      hint: 'Reset the offsets of the connector'
    })
  }
  if (stored.version !== 1) {
    throw new ConnectError(
      'MYSQL_OFFSET',
      `The stored snapshot state has version ${stored.version}: a newer Millrace wrote it`,
      { hint: 'Run that version or a newer one, or reset the offsets of the connector' }
    )
  }
  return new SnapshotState(stored.rows, progressTables(stored, String))
}
