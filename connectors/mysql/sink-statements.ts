import { ConnectError, DataError } from '../../runtime/api/errors.ts'
import type { SinkRecord } from '../../runtime/api/record.ts'
import type { Step } from '../relational/sink-batch.ts'
import { RowError } from '../relational/sink-failures.ts'
import type { PlanColumn, RowPlan, RowValues } from '../relational/sink-plan.ts'
import { quoteName } from './errors.ts'
import type { ServerFacts } from './sink-connection.ts'
import { type Encoder, encoderFor } from './sink-encoder.ts'
import { textSql } from './sink-names.ts'
import type { TargetColumn, TargetTable } from './sink-table.ts'

export type StatementKind = Exclude<Step['kind'], 'truncate'>

/** How rows of one shape are written into one table. */
export interface Statement {
  readonly kind: StatementKind
  readonly table: TargetTable
  readonly fields: readonly StatementField[]
  /** Whether a row is refused, by a division by zero, that would change a row of another key. */
  readonly guarded: boolean
  /** For inserts and upserts: what stands before the rows, and after them. */
  readonly head: string
  readonly tail: string
}

export interface StatementField {
  readonly source: PlanColumn
  readonly target: TargetColumn
  readonly encoder: Encoder
  /** For a key of text: the collation that compares it exactly, where the column's own does not. */
  readonly exactly: string | null
}

/**
 * Compiles the statement for rows of a plan.
 *
 * @throws {ConnectError} SINK_NO_UNIQUE_INDEX for an upsert without an index that finds its rows
 */
export function compileStatement(
  kind: StatementKind,
  parts: {
    readonly table: TargetTable
    readonly plan: RowPlan
    readonly server: ServerFacts
    readonly decimalsAsBase64: boolean
  }
): Statement {
  const { table, plan, server, decimalsAsBase64 } = parts
  const fields = plan.columns.flatMap((source): StatementField[] => {
    const target = table.columns.get(source.name.toLowerCase())
    if (!target || (target.generated && !source.isKey)) return []
    const encoder = encoderFor(source.schema, target, { decimalsAsBase64 })
    const exactly = source.isKey && !isExact(target) ? server.exactCollation : null
    return [{ source, target, encoder, exactly }]
  })
  const names = fields.map(({ target }) => quoteName(target.name)).join(', ')
  const head = `INSERT INTO ${table.sql} (${names}) VALUES `
  if (kind !== 'upsert') return { kind, table, fields, guarded: false, head, tail: '' }
  const keys = fields.filter(({ source }) => source.isKey)
  refuseWithoutIndex(table, keys)
  const guarded = needsGuard(table, fields)
  return { kind, table, fields, guarded, head, tail: conflictSql(table, fields, guarded) }
}

/** Collations that take no two texts for the same; columns that are not text have none. */
function isExact({ collation }: TargetColumn): boolean {
  return collation === null || /^(binary|utf8mb4_0900_bin)$|_nopad_bin$/.test(collation)
}

function refuseWithoutIndex(table: TargetTable, keys: readonly StatementField[]): void {
  const wanted = new Set(keys.map(({ target }) => target.name.toLowerCase()))
  const found = table.uniques.some(
    ({ columns, prefixed }) =>
      !prefixed && columns.length === wanted.size && columns.every((name) => wanted.has(name))
  )
  if (found) return
  const names = keys.map(({ target }) => quoteName(target.name)).join(', ')
  throw new ConnectError(
    'SINK_NO_UNIQUE_INDEX',
    `Table ${table.sql} has no unique index over the key columns of its records`,
    {
      hint: `Upserts need one: ALTER TABLE ${table.sql} ADD UNIQUE INDEX (${names}); or set insert.mode to insert`
    }
  )
}

/**
 * Whether ON DUPLICATE KEY UPDATE could come upon a row of another key: by another unique index, or because
 * the column takes other texts for the same. An index with the whole key in it, or with a number that the
 * table makes itself, never has that row.
 */
function needsGuard(table: TargetTable, fields: readonly StatementField[]): boolean {
  const keys = fields.filter(({ source }) => source.isKey)
  if (keys.some(({ exactly }) => exactly !== null)) return true
  const written = new Set(fields.map(({ target }) => target.name.toLowerCase()))
  return table.uniques.some(({ columns, prefixed }) => {
    const hasKey = keys.every(({ target }) => columns.includes(target.name.toLowerCase()))
    const isMade = columns.some(
      (name) => !written.has(name) && table.columns.get(name)?.autoIncrement
    )
    return !(hasKey && !prefixed) && !isMade
  })
}

/** What an upsert does with a row that is there. */
export function conflictSql(
  table: TargetTable,
  fields: readonly StatementField[],
  guarded: boolean
): string {
  const keys = fields.filter(({ source }) => source.isKey)
  const sets = fields
    .filter(({ source }) => !source.isKey)
    .map(({ target }) => `${quoteName(target.name)} = VALUES(${quoteName(target.name)})`)
  const first = `${table.sql}.${quoteName(keys[0]?.target.name ?? '')}`
  if (guarded) {
    const same = `(${keys.map(sameKey).join(' AND ')})`
    // Divides by zero where the keys differ. Not by a constant: the server would work that out beforehand.
    sets.unshift(`${first} = IF(${same} OR 1 / ${same}, ${first}, NULL)`)
  } else if (sets.length === 0) sets.push(`${first} = ${first}`)
  return ` ON DUPLICATE KEY UPDATE ${sets.join(', ')}`
}

function sameKey({ target, exactly }: StatementField): string {
  const name = quoteName(target.name)
  if (exactly === null) return `(${name} <=> VALUES(${name}))`
  return `(CAST(${name} AS BINARY) <=> CAST(VALUES(${name}) AS BINARY))`
}

/** Rows of a conflict of keys of several columns that one statement takes: the optimizer gives up on more. */
const MOST_CONDITIONS = 500
/** A statement is built as one text: larger ones gain nothing. */
const MOST_CHARACTERS = 4_000_000

/** Statements for rows, and how many rows each has. */
export interface Rendered {
  readonly sql: string
  readonly rows: number
}

/**
 * The statements that write rows.
 *
 * @param limits most rows in a statement, and most bytes
 * @throws {RowError} for the first value that does not fit
 */
export function render(
  statement: Statement,
  { rows, records }: Pick<Step, 'rows' | 'records'>,
  limits: { readonly batchSize: number; readonly mostBytes: number }
): Rendered[] {
  const { before, between, after, most } = shapeOf(statement)
  const mostRows = Math.min(limits.batchSize, most)
  const room = Math.min(
    MOST_CHARACTERS,
    Math.floor(limits.mostBytes / 3) - before.length - after.length
  )
  const rendered: Rendered[] = []
  let text = ''
  let count = 0
  const flush = () => {
    if (count > 0) rendered.push({ sql: before + text + after, rows: count })
    text = ''
    count = 0
  }
  for (const [at, values] of rows.entries()) {
    const row = rowSql(statement, values, records[at])
    // A character takes up to three bytes in UTF-8, and a pair of them four.
    if (row.length > room) refuseTooLong(row, limits.mostBytes, statement, records[at])
    if (count >= mostRows || (count > 0 && text.length + row.length > room)) flush()
    text += count === 0 ? row : between + row
    count++
  }
  flush()
  return rendered
}

function shapeOf({ kind, table, fields, head, tail }: Statement): {
  before: string
  between: string
  after: string
  most: number
} {
  if (kind === 'update' || kind === 'move')
    return { before: '', between: ';', after: '', most: MOST_CONDITIONS }
  if (kind !== 'delete')
    return { before: head, between: ',', after: tail, most: Number.POSITIVE_INFINITY }
  const [only, ...others] = fields
  if (only && others.length === 0 && only.exactly === null) {
    const before = `DELETE FROM ${table.sql} WHERE ${quoteName(only.target.name)} IN (`
    return { before, between: ',', after: ')', most: Number.POSITIVE_INFINITY }
  }
  return {
    before: `DELETE FROM ${table.sql} WHERE `,
    between: ' OR ',
    after: '',
    most: MOST_CONDITIONS
  }
}

function rowSql(statement: Statement, values: RowValues, record: SinkRecord | undefined): string {
  const { kind, fields, table } = statement
  const place = { statement, record }
  const literal = (field: StatementField) => literalOf(field, values, place)
  if (kind === 'insert' || kind === 'upsert') {
    let row = '('
    for (const [at, field] of fields.entries())
      row += at === 0 ? literal(field) : `,${literal(field)}`
    return `${row})`
  }
  const keys = fields.filter(({ source }) => source.isKey)
  const [only, ...others] = keys
  if (kind === 'delete' && only && others.length === 0 && only.exactly === null) {
    return keyLiteral(only, literal(only))
  }
  const found = keys.map((field) => conditionSql(field, literal(field))).join(' AND ')
  if (kind === 'delete') return `(${found})`
  const sets = fields
    .filter(({ source }) => !source.isKey)
    .map((field) => `${quoteName(field.target.name)} = ${literal(field)}`)
  if (sets.length === 0)
    sets.push(
      keys
        .map(({ target }) => quoteName(target.name))
        .map((name) => `${name} = ${name}`)
        .join(', ')
    )
  return `UPDATE ${table.sql} SET ${sets.join(', ')} WHERE ${found}`
}

function conditionSql(field: StatementField, literal: string): string {
  const name = quoteName(field.target.name)
  const wanted = keyLiteral(field, literal)
  if (field.exactly === null) return `${name} = ${wanted}`
  // The first finds the row by the index, the second tells it from others that look the same to it.
  return `${name} = ${wanted} AND CONVERT(${name} USING utf8mb4) COLLATE ${field.exactly} = ${wanted}`
}

function keyLiteral({ target }: StatementField, literal: string): string {
  // Bytes are no number to compare bits with, and a CHAR comes without the spaces at its end.
  if (target.type === 'bit') return BigInt(`0x0${literal.slice(2, -1)}`).toString()
  return target.type === 'char' ? literal.replace(/ +'$/, "'") : literal
}

/** The value as SQL. */
function literalOf(field: StatementField, values: RowValues, of: RowPlace): string {
  const text = fieldText(field, values, of)
  if (text === null) return 'NULL'
  const { form } = field.encoder
  if (form === 'number') return text
  return form === 'hex' ? `X'${text}'` : textSql(text)
}

interface RowPlace {
  readonly statement: Statement
  readonly record: SinkRecord | undefined
}

/** The value in the form of the field's encoder. @throws {RowError} when it does not fit */
export function fieldText(field: StatementField, values: RowValues, of: RowPlace): string | null {
  const { source, target, encoder } = field
  const value = values[source.index]
  try {
    if (value !== null && value !== undefined) return encoder.write(value)
    refuseMadeUp(target)
    return null
  } catch (error) {
    throw rowError(error, of.record, of.statement, target)
  }
}

/** Out of null the table would make a number or a time of its own. */
function refuseMadeUp({ nullable, autoIncrement, type, fullType }: TargetColumn): void {
  if (nullable || !(autoIncrement || type === 'timestamp')) return
  throw new DataError('INVALID_VALUE', `null does not fit type ${fullType} NOT NULL`)
}

function rowError(
  error: unknown,
  record: SinkRecord | undefined,
  statement: Statement,
  target: TargetColumn
): unknown {
  if (!(error instanceof DataError) || !record) return error
  return new RowError(record, { table: statement.table.sql, column: target.name }, error)
}

function refuseTooLong(
  row: string,
  mostBytes: number,
  { table, head, tail }: Statement,
  record: SinkRecord | undefined
): void {
  const bytes = Buffer.byteLength(row) + head.length + tail.length
  if (bytes < mostBytes) return
  const error = new DataError(
    'INVALID_VALUE',
    `the row takes ${bytes} bytes, and the server ${mostBytes} (max_allowed_packet)`
  )
  throw record ? new RowError(record, { table: table.sql, column: '' }, error) : error
}
