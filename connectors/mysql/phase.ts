import type { RawConfig } from '../../runtime/api/config.ts'
import type { SourceBatch, SourceOffset } from '../../runtime/api/record.ts'
import type { SourceTaskContext } from '../../runtime/api/task.ts'
import type { Notifications } from '../relational/notifications.ts'
import type { TransactionMetadata } from '../relational/transaction-metadata.ts'
import type { TableCompiler } from './captured-table.ts'
import type { ConnectionSettings } from './client-options.ts'
import type { LaterView } from './later-view.ts'
import type { QuerySession } from './query-session.ts'
import type { MysqlRecords } from './records.ts'
import type { SchemaTables } from './schema/schema-tables.ts'
import type { SchemaChangeRecords } from './schema-change-records.ts'
import type { ServerSchema } from './server-schema.ts'
import type { ShapeStore } from './shape-store.ts'
import type { SourceConfig } from './source-config.ts'
import type { TableFilter } from './table-filter.ts'
import type { Flavor } from './types/column-codec.ts'

/** One part of a task's life: reading the tables, or streaming their changes. */
export interface Phase {
  /**
   * Records, and the offset after them; waits for some.
   * @returns null when the phase is over
   */
  poll(): Promise<readonly SourceBatch[] | null>
  commit(offset: SourceOffset): Promise<void> | void
  close(): Promise<void> | void
}

/** What the phases work with. */
export interface TaskParts {
  readonly flavor: Flavor
  readonly config: SourceConfig
  readonly raw: RawConfig
  readonly context: SourceTaskContext
  readonly settings: ConnectionSettings
  /** For questions to the server. */
  readonly session: QuerySession
  readonly filter: TableFilter
  readonly tables: SchemaTables
  readonly store: ShapeStore
  readonly server: ServerSchema
  readonly compiler: TableCompiler
  readonly records: MysqlRecords
  /** Null: they are not published. */
  readonly changeRecords: SchemaChangeRecords | null
  readonly transactions: TransactionMetadata | null
  readonly laterView: LaterView
  readonly notifications: Notifications
  /** The server's identity, for offsets. */
  readonly identity: string
  readonly maxBytes: number
}
