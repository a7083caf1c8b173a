import { ConnectError, DataError } from '../../runtime/api/errors.ts'
import type { SinkRecord } from '../../runtime/api/record.ts'
import type { RowPlan } from './sink-plan.ts'

/** A failed write: what the target said, and on which table. */
export class WriteFailure extends Error {
  readonly table: string | null

  constructor(cause: unknown, table: string | null) {
    super('a write failed', { cause })
    this.table = table
  }
}

/** A value that does not fit its column, and the record it came with. */
export class RowError extends Error {
  readonly record: SinkRecord
  readonly table: string
  readonly column: string

  constructor(record: SinkRecord, place: { table: string; column: string }, cause: unknown) {
    super('a row does not fit', { cause })
    this.record = record
    this.table = place.table
    this.column = place.column
  }
}

/** What the target's error says besides its message; empty where it says nothing. */
export interface RefusedRow {
  readonly column: string
  readonly constraint: string
  readonly detail: string
}

/** A row without its unchanged values can only be laid over the row that has them. @param table as SQL */
export function rowMissing(table: string, plan: RowPlan): DataError {
  const names = plan.columns.map(({ name }) => name).join(', ')
  return new DataError(
    'SINK_ROW_MISSING',
    `the row is not in table ${table}, and the event leaves out values that did not change (it has ${names})`,
    {
      hint: 'Have the source write whole rows (REPLICA IDENTITY FULL, binlog_row_image=FULL), or take a new snapshot of it.'
    }
  )
}

/** Whether the record, and not the target, is at fault, by what happened before anything was sent. */
export function isOwnRowFault(error: unknown): boolean {
  return error instanceof RowError || error instanceof DataError
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/**
 * Why one record could not be written: table, column, constraint; the offset says which record.
 *
 * @param table where the error itself does not say
 */
export function explainRow(
  error: unknown,
  record: SinkRecord,
  { table: known, ...facts }: RefusedRow & { readonly table: string | null }
): DataError {
  const table = error instanceof RowError ? error.table : known
  const column = error instanceof RowError ? error.column : facts.column
  const cause = error instanceof RowError ? error.cause : error
  const place = [
    table && `table ${table}`,
    column && `column ${column}`,
    facts.constraint && `constraint ${facts.constraint}`
  ].filter(Boolean)
  const message = `${messageOf(cause)}${facts.detail ? ` (${facts.detail})` : ''}`
  const { topic, partition, offset } = record.original
  const code = error instanceof DataError ? error.code : 'SINK_ROW_REFUSED'
  const hint = cause instanceof ConnectError && cause.hint ? { hint: cause.hint } : {}
  return new DataError(
    code,
    `Cannot write offset ${offset} of ${topic}-${partition}${place.length > 0 ? ` to ${place.join(', ')}` : ''}: ${message}`,
    { cause, ...hint }
  )
}
