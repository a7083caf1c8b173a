import type { Notifications } from '../relational/notifications.ts'
import type { SnapshotObserver } from './snapshot.ts'

/**
 * Tells notifications how an initial or a blocking snapshot goes.
 *
 * @param about read: the tables that are read; all: the captured ones, that of signals included
 */
export function snapshotNotes(
  { initial }: Notifications,
  about: { readonly read: readonly string[]; readonly all: readonly string[] }
): SnapshotObserver {
  return {
    begun: (table) => initial.inProgress(table, about.read),
    ended: (table, rows) => {
      const status = rows === 0 ? 'EMPTY' : 'SUCCEEDED'
      initial.tableScanned(table, { rows, status, tables: about.all })
    }
  }
}
