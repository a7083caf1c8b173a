import { ConnectError, DataError, RetriableError } from '../../runtime/api/errors.ts'
import type { SinkRecord } from '../../runtime/api/record.ts'
import { type ErrorContext, explain, sqlState } from './errors.ts'
import { quoteName } from './sink-naming.ts'
import { RowError } from './sink-statements.ts'

/**
 * SQLSTATEs that one row can cause: data exceptions, constraints, a type that cannot be converted, two
 * rows of one key, limits, triggers. PostgreSQL documentation, appendix "PostgreSQL Error Codes".
 */
const ROW_STATES = /^(22|23|27|44)|^(42804|42846|21000|54000|P0001|0A000)$/

/** What the catalog said has changed: tables or columns came, went or got another type. */
const STALE_STATES = new Set(['42P01', '42703', '42P07', '42701', '42704', '42710'])

/** Whether one of the rows is at fault, so that the others can be written. */
export function isRowFault(error: unknown): boolean {
  if (error instanceof RowError || error instanceof DataError) return true
  return ROW_STATES.test(sqlState(error))
}

/** Whether looking at the tables again may help. */
export function isStale(error: unknown): boolean {
  const state = sqlState(error)
  const raced = state === '23505' && /pg_(type|class|attribute)/.test(messageOf(error))
  const plan = state === '0A000' && messageOf(error).includes('cached plan')
  return STALE_STATES.has(state) || raced || plan
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function detailOf(error: unknown, member: 'detail' | 'column' | 'constraint'): string {
  if (typeof error !== 'object' || error === null) return ''
  const value = (error as Readonly<Record<string, unknown>>)[member]
  return typeof value === 'string' ? value : ''
}

/** Why one record could not be written: table, column, constraint; the key says which record. */
export function explainRow(error: unknown, record: SinkRecord, known: string | null): DataError {
  const table = error instanceof RowError ? error.table : known
  const column = error instanceof RowError ? error.column : detailOf(error, 'column')
  const cause = error instanceof RowError ? error.cause : error
  const constraint = detailOf(error, 'constraint')
  const place = [
    table && `table ${table}`,
    column && `column ${column}`,
    constraint && `constraint ${constraint}`
  ].filter(Boolean)
  const detail = detailOf(cause, 'detail')
  const message = `${messageOf(cause)}${detail ? ` (${detail.replace(/\.$/, '')})` : ''}`
  const { topic, partition, offset } = record.original
  const code = error instanceof DataError ? error.code : 'SINK_ROW_REFUSED'
  const hint = cause instanceof ConnectError && cause.hint ? { hint: cause.hint } : {}
  return new DataError(
    code,
    `Cannot write offset ${offset} of ${topic}-${partition}${place.length > 0 ? ` to ${place.join(', ')}` : ''}: ${message}`,
    { cause, ...hint }
  )
}

/** Any other failure of a write, with what to do about it. */
export function explainWrite(error: unknown, context: ErrorContext): ConnectError {
  if (error instanceof ConnectError) return error
  const state = sqlState(error)
  const text = messageOf(error)
  const user = quoteName(context.user ?? '')
  if (/not queryable|connection (terminated|ended|closed)/i.test(text)) {
    return new RetriableError(
      'POSTGRES_CONNECTION_LOST',
      `The connection to the target was lost: ${text}`,
      {
        cause: error
      }
    )
  }
  if (state === '42501') return privilege(error, context)
  if (state === '42P10') {
    return new ConnectError(
      'SINK_NO_UNIQUE_INDEX',
      `Table ${context.table ?? ''} has no unique index over the key columns of its records`,
      {
        cause: error,
        hint: `Upserts need one: CREATE UNIQUE INDEX ON ${context.table ?? 'the table'} (key columns); or set insert.mode to insert`
      }
    )
  }
  if (state === '3F000') {
    const schema = /schema "(.+)"/.exec(text)?.[1] ?? ''
    return new ConnectError('SINK_NO_SCHEMA', `The target has no schema ${schema}`, {
      cause: error,
      hint: `CREATE SCHEMA ${quoteName(schema)} AUTHORIZATION ${user}`
    })
  }
  if (state === '25006' || state === '53100') {
    return new RetriableError(
      'SINK_TARGET_UNAVAILABLE',
      state === '53100'
        ? `The disk of the target is full: ${text}`
        : `The target is read-only: ${text}`,
      { cause: error, hint: 'Writing goes on by itself once that has changed.' }
    )
  }
  return explain(error, context)
}

function privilege(error: unknown, context: ErrorContext): ConnectError {
  const text = messageOf(error)
  const user = quoteName(context.user ?? '')
  const [, kind, name] = /permission denied for (\w+) (.+)/.exec(text) ?? []
  const owner = /must be owner of table (.+)/.exec(text)?.[1]
  const hint = owner
    ? `Adding columns takes the owner of the table: ALTER TABLE ${context.table ?? owner} OWNER TO ${user}; or add the columns yourself and set schema.evolution to none`
    : kind === 'schema'
      ? `GRANT USAGE, CREATE ON SCHEMA ${quoteName(name ?? '')} TO ${user}`
      : `GRANT SELECT, INSERT, UPDATE, DELETE ON ${context.table ?? quoteName(name ?? '')} TO ${user}`
  return new ConnectError('SINK_PRIVILEGE', `PostgreSQL: ${text}`, { cause: error, hint })
}
