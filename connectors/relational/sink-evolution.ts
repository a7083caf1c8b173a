import { ConnectError } from '../../runtime/api/errors.ts'
import type { Step } from './sink-batch.ts'
import type { TableName } from './sink-naming.ts'
import type { PlanColumn, RowPlan, RowValues } from './sink-plan.ts'
import type { SinkSettings } from './sink-settings.ts'
import type { TableStep } from './sink-steps.ts'

/** What is known of a target's tables, and how they are made and widened. */
export interface EvolvingTables<T> {
  /** The table as messages show it. */
  sqlOf(name: TableName): string
  /** @returns the table, or null when there is none */
  find(name: TableName): Promise<T | null>
  has(table: T, column: string): boolean
  /** The statement that makes the table: key columns as its primary key, all others nullable. */
  creation(name: TableName, plan: RowPlan, rows: readonly RowValues[]): Promise<string>
  /** The statement that adds columns. Rows that are there get the default of the source. */
  addition(table: T, missing: readonly PlanColumn[], rows: readonly RowValues[]): Promise<string>
  /** Runs such a statement, and looks at the table again when it is asked for next. */
  change(name: TableName, statement: string): Promise<void>
}

/**
 * The table with all columns that the rows of a step need.
 *
 * @returns null when there is none and nothing to do
 * @throws {ConnectError} SINK_NO_TABLE, SINK_NO_COLUMN where it may not be made
 */
export async function tableFor<T>(
  tables: EvolvingTables<T>,
  settings: SinkSettings,
  { name, kind, plan, rows }: TableStep
): Promise<T | null> {
  const table = await tables.find(name)
  if (plan === null) return table
  if (table === null) {
    const needsNone = kind === 'delete' || kind === 'move'
    return needsNone ? null : await create(tables, settings, { name, plan, rows })
  }
  const wanted = kind === 'move' ? plan.keys : plan.columns
  const lacking = wanted.filter((column) => !tables.has(table, column.name))
  const missing = worthAdding(lacking, rows)
  if (missing.length === 0) return table
  const addition = await tables.addition(table, missing, rows)
  if (!settings.autoEvolve) {
    throw new ConnectError(
      'SINK_NO_COLUMN',
      `Table ${tables.sqlOf(name)} has no column ${missing.map((column) => column.name).join(', ')}`,
      { hint: `Set schema.evolution to basic (or auto.evolve to true), or: ${addition}` }
    )
  }
  await tables.change(name, addition)
  return await tables.find(name)
}

async function create<T>(
  tables: EvolvingTables<T>,
  settings: SinkSettings,
  { name, plan, rows }: { name: TableName; plan: RowPlan; rows: Step['rows'] }
): Promise<T | null> {
  const creation = await tables.creation(name, plan, rows)
  if (!settings.autoCreate) {
    throw new ConnectError('SINK_NO_TABLE', `The target has no table ${tables.sqlOf(name)}`, {
      hint: `Set schema.evolution to basic (or auto.create to true), or: ${creation}`
    })
  }
  await tables.change(name, creation)
  return await tables.find(name)
}

/** The columns of the plan that have a value in some row: null alone makes no column. */
function worthAdding(columns: readonly PlanColumn[], rows: readonly RowValues[]): PlanColumn[] {
  return columns.filter(({ schema, index }) => schema !== null || firstValue(rows, index) !== null)
}

/** The first value that is not null, or null. */
export function firstValue(rows: readonly RowValues[], index: number): unknown {
  return rows.find((row) => row[index] !== null && row[index] !== undefined)?.[index] ?? null
}
