import type { SourceOffset, SourceRecord } from '../../runtime/api/record.ts'
import type { SourceTaskContext } from '../../runtime/api/task.ts'
import type { TableCatalog } from './captured-table.ts'
import type { ConnectionSettings, RunQuery } from './connection.ts'
import type { RecordFactory } from './records.ts'
import type { SourceConfig } from './source-config.ts'

/** One part of a task's life: reading the tables, or streaming their changes. */
export interface Phase {
  /**
   * Records, and the offset after them; waits for some.
   * @returns null when the phase is over
   */
  poll(): Promise<{ records: SourceRecord[]; offset: SourceOffset } | null>
  commit(offset: SourceOffset): void
  close(): void
}

/** What both phases work with. */
export interface TaskParts {
  readonly config: SourceConfig
  readonly context: SourceTaskContext
  readonly settings: ConnectionSettings
  readonly query: RunQuery
  readonly catalog: TableCatalog
  readonly factory: RecordFactory
  readonly systemId: string
  readonly maxBytes: number
}
