import type { SourceRecord } from '../../runtime/api/record.ts'
import type { QueryEvent, TableMap } from './binlog/binlog-event.ts'
import type { ReadRows } from './captured-table.ts'
import type { StatementPlace } from './place.ts'

/** What the stream asks of the rest of the connector. Nothing overtakes what it has to wait for. */
export interface StreamPorts {
  /** How rows of a table are read as the log describes it; null: it is not captured. */
  resolve(map: TableMap): Promise<ReadRows | null>
  /** A statement that may change tables. Appends its records. */
  onStatement(event: QueryEvent, place: StatementPlace, out: SourceRecord[]): Promise<void>
  /**
   * A change of rows that was logged as a statement.
   * @throws {ConnectError} when that is not tolerated
   */
  onLoggedStatement(event: QueryEvent, place: StatementPlace): void
}
