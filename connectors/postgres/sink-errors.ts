import { ConnectError, RetriableError } from '../../runtime/api/errors.ts'
import { codeOf } from '../relational/explanation.ts'
import { isOwnRowFault, messageOf, type RefusedRow } from '../relational/sink-failures.ts'
import { type ErrorContext, explain } from './errors.ts'
import { quoteName } from './sink-names.ts'

/**
 * SQLSTATEs that one row can cause: data exceptions, constraints, a type that cannot be converted, two
 * rows of one key, limits, triggers. PostgreSQL documentation, appendix "PostgreSQL Error Codes".
 */
const ROW_STATES = /^(22|23|27|44)|^(42804|42846|21000|54000|P0001|0A000)$/

/** What the catalog said has changed: tables or columns came, went or got another type. */
const STALE_STATES = new Set(['42P01', '42703', '42P07', '42701', '42704', '42710'])

/** Whether one of the rows is at fault, so that the others can be written. */
export function isRowFault(error: unknown): boolean {
  return isOwnRowFault(error) || ROW_STATES.test(codeOf(error))
}

/** Whether looking at the tables again may help. */
export function isStale(error: unknown): boolean {
  const state = codeOf(error)
  const raced = state === '23505' && /pg_(type|class|attribute)/.test(messageOf(error))
  const plan = state === '0A000' && messageOf(error).includes('cached plan')
  return STALE_STATES.has(state) || raced || plan
}

/** What an error of `pg` says about the row it refuses. */
export function refusedRow(error: unknown): RefusedRow {
  const member = (name: string) => {
    if (typeof error !== 'object' || error === null) return ''
    const value = (error as Readonly<Record<string, unknown>>)[name]
    return typeof value === 'string' ? value : ''
  }
  return {
    column: member('column'),
    constraint: member('constraint'),
    detail: member('detail').replace(/\.$/, '')
  }
}

/** Any other failure of a write, with what to do about it. */
export function explainWrite(error: unknown, context: ErrorContext): ConnectError {
  if (error instanceof ConnectError) return error
  const state = codeOf(error)
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
