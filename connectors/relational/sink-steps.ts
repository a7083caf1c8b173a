import type { SinkRecord } from '../../runtime/api/record.ts'
import { type Step, TableBatch } from './sink-batch.ts'
import type { TableName } from './sink-naming.ts'
import type { RecordReader, SkipReason } from './sink-reader.ts'
import type { Skipped } from './sink-session.ts'
import type { InsertMode } from './sink-settings.ts'

/** A step, and the table that it is for. */
export interface TableStep extends Step {
  readonly name: TableName
}

/**
 * What records do, as few steps for each table, in order within each.
 *
 * @throws {DataError} when a record cannot be a row
 */
export function stepsOf(
  records: readonly SinkRecord[],
  { reader, insertMode }: { readonly reader: RecordReader; readonly insertMode: InsertMode }
): { readonly steps: readonly TableStep[]; readonly skipped: Skipped } {
  const batches = new Map<string, TableBatch>()
  const skipped = new Map<SkipReason, number>()
  for (const record of records) {
    const change = reader.read(record)
    if (change.kind === 'skip') {
      skipped.set(change.reason, (skipped.get(change.reason) ?? 0) + 1)
      continue
    }
    const key = `${change.table.schema ?? ''}\0${change.table.table}`
    let batch = batches.get(key)
    if (batch === undefined) {
      batch = new TableBatch(change.table, insertMode)
      batches.set(key, batch)
    }
    batch.add(change, record)
  }
  const steps = [...batches.values()].flatMap((batch) =>
    batch.take().map((step) => ({ ...step, name: batch.name }))
  )
  return { steps, skipped }
}
