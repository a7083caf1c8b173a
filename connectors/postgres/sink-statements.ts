import { createHash } from 'node:crypto'
import { DataError } from '../../runtime/api/errors.ts'
import type { SinkRecord } from '../../runtime/api/record.ts'
import type { Step } from '../relational/sink-batch.ts'
import { RowError } from '../relational/sink-failures.ts'
import type { PlanColumn, RowPlan, RowValues } from '../relational/sink-plan.ts'
import { ArrayBuilder } from './sink-array.ts'
import { type Encoder, encoderFor } from './sink-encoder.ts'
import { quoteName } from './sink-names.ts'
import type { TargetColumn, TargetTable } from './sink-tables.ts'

/** A statement that takes any number of rows of one shape, one array for each column. */
export interface Statement {
  /** Name under which the connection keeps its plan; the same for the same text. */
  readonly name: string
  readonly text: string
  readonly table: TargetTable
  readonly fields: readonly StatementField[]
}

interface StatementField {
  readonly source: PlanColumn
  readonly target: TargetColumn
  readonly encoder: Encoder
  /** Used for one batch after the other: `pg` has copied it when `query` returns. */
  readonly array: ArrayBuilder
}

type Kind = Exclude<Step['kind'], 'truncate'>

/**
 * Writes the statement for rows of a plan. `UNNEST` has one plan for any number of rows and no limit
 * of parameters.
 */
export function compileStatement(
  kind: Kind,
  {
    table,
    plan,
    decimalsAsBase64
  }: { table: TargetTable; plan: RowPlan; decimalsAsBase64: boolean }
): Statement {
  const fields = plan.columns.flatMap((source): StatementField[] => {
    const target = table.columns.get(source.name)
    if (!target || (target.generated && !source.isKey)) return []
    const encoder = encoderFor(source.schema, target, { decimalsAsBase64 })
    return [{ source, target, encoder, array: new ArrayBuilder() }]
  })
  const text = statementText(kind, table.sql, fields)
  const hash = createHash('md5').update(text).digest('hex')
  return { name: `millrace_${hash}`, text, table, fields }
}

function statementText(kind: Kind, table: string, fields: readonly StatementField[]): string {
  const places = fields.map((_, at) => `c${at}`)
  const types = fields.map(({ encoder }, at) => `$${at + 1}::${quoteName(encoder.elementType)}[]`)
  const rows = `unnest(${types.join(', ')}) AS r(${places.join(', ')})`
  const values = fields.map(({ encoder, target }, at) =>
    encoder.cast ? `r.c${at}::${target.typeSql}` : `r.c${at}`
  )
  const name = (at: number) => quoteName(fields[at]?.target.name ?? '')
  const keys = [...fields.keys()].filter((at) => fields[at]?.source.isKey)
  const others = [...fields.keys()].filter(
    (at) => !fields[at]?.source.isKey && !fields[at]?.target.identityAlways
  )
  const same = keys.map((at) => `t.${name(at)} = ${values[at]}`).join(' AND ')
  if (kind === 'delete') return `DELETE FROM ${table} AS t USING ${rows} WHERE ${same}`
  if (kind === 'update' || kind === 'move') {
    // Only looks whether the rows are there.
    if (others.length === 0) return `SELECT 1 FROM ${table} AS t, ${rows} WHERE ${same}`
    const sets = others.map((at) => `${name(at)} = ${values[at]}`).join(', ')
    return `UPDATE ${table} AS t SET ${sets} FROM ${rows} WHERE ${same}`
  }
  const names = fields.map((_, at) => name(at)).join(', ')
  const overriding = fields.some(({ target }) => target.identityAlways)
    ? 'OVERRIDING SYSTEM VALUE '
    : ''
  const insert = `INSERT INTO ${table} (${names}) ${overriding}SELECT ${values.join(', ')} FROM ${rows}`
  if (kind === 'insert') return insert
  const conflict = `${insert} ON CONFLICT (${keys.map(name).join(', ')})`
  if (others.length === 0) return `${conflict} DO NOTHING`
  const sets = others.map((at) => `${name(at)} = EXCLUDED.${name(at)}`)
  return `${conflict} DO UPDATE SET ${sets.join(', ')}`
}

/**
 * One array for each field of the statement; they last until the next call for it.
 *
 * @throws {RowError} for the first value that does not fit
 */
export function encodeRows(
  statement: Statement,
  rows: readonly RowValues[],
  records: readonly SinkRecord[]
): Buffer[] {
  return statement.fields.map(({ source, target, encoder, array: builder }) => {
    const { index } = source
    const array = builder.reset()
    for (let at = 0; at < rows.length; at++) {
      const value = rows[at]?.[index]
      if (value === null || value === undefined) {
        array.null()
        continue
      }
      try {
        encoder.write(array, value)
      } catch (error) {
        const record = records[at]
        if (!(error instanceof DataError) || !record) throw error
        throw new RowError(record, { table: statement.table.sql, column: target.name }, error)
      }
    }
    return array.finish(encoder.elementOid)
  })
}
