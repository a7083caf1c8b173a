import { ConnectError, DataError, RetriableError } from '../../runtime/api/errors.ts'
import { isOwnRowFault, messageOf } from '../relational/sink-failures.ts'
import { type ErrorContext, errorNumber, explain, quoteName, quoteText } from './errors.ts'
import { ofSink } from './sink-connection.ts'
import type { TargetTable } from './sink-table.ts'

/**
 * Errors that one row can cause: constraints, values that do not fit, triggers. Numbers: MySQL 8.0 Error
 * Message Reference (3140 to 3158 and 3617: JSON and geometries, 3819: CHECK) and MariaDB Error Code
 * Reference (4025: CONSTRAINT failed).
 */
const ROW_ERRORS = new Set([
  1048, 1062, 1118, 1136, 1153, 1216, 1217, 1264, 1265, 1292, 1364, 1365, 1366, 1367, 1369, 1406,
  1411, 1416, 1451, 1452, 1525, 1526, 1586, 1591, 1644, 1690, 1748, 3140, 3141, 3142, 3143, 3144,
  3145, 3146, 3147, 3148, 3149, 3150, 3151, 3152, 3153, 3154, 3155, 3156, 3157, 3158, 3548, 3616,
  3617, 3643, 3732, 3819, 4025, 4038
])

/** What information_schema said has changed: tables or columns came or went. */
const STALE_ERRORS = new Set([1050, 1054, 1060, 1146, 1412])

const DEADLOCK = 1213
const LOCK_WAIT = 1205
const DIVISION_BY_ZERO = 1365
/** Read only: by an option, in a transaction, InnoDB itself. */
const READ_ONLY = new Set([1290, 1792, 1836, 1874])
const FULL = new Set([1021, 1114])
const PRIVILEGES = new Set([1044, 1142, 1143, 1227, 1370])

/** Whether one of the rows is at fault, so that the others can be written. */
export function isRowFault(error: unknown): boolean {
  return isOwnRowFault(error) || ROW_ERRORS.has(errorNumber(error))
}

/** Whether somebody seems to have changed a table. */
export function isStale(error: unknown): boolean {
  return STALE_ERRORS.has(errorNumber(error))
}

/** Whether the same at once may succeed. */
export function isPassing(error: unknown): boolean {
  return isStale(error) || errorNumber(error) === DEADLOCK
}

/** For a transaction in which nothing can be made. */
export function tableChanged(sql: string, cause?: unknown): RetriableError {
  const message = `Somebody has changed table ${sql} while it was written to`
  return new RetriableError('SINK_TABLE_CHANGED', message, { cause })
}

/**
 * The error of a guarded statement: its division by zero is a row that has the same unique value as a row of
 * another key.
 */
export function guardedError(error: unknown, table: TargetTable): unknown {
  if (errorNumber(error) !== DIVISION_BY_ZERO) return error
  const indexes = table.uniques.map(({ name, columns }) => `${name} (${columns.join(', ')})`)
  return new DataError(
    'SINK_ROW_REFUSED',
    `a row of another key has the same value in a unique index: ${indexes.join('; ')}`,
    {
      cause: error,
      hint: 'The columns of the table must tell apart what the source tells apart: check its unique indexes, and the collation of its key.'
    }
  )
}

/** Where something was written to. */
export interface WriteContext extends ErrorContext {
  readonly database: string
  readonly table: string | null
}

/** Any other failure of a write, with what to do about it. */
export function explainWrite(error: unknown, context: WriteContext): ConnectError {
  if (error instanceof ConnectError) return ofSink(error)
  const number = errorNumber(error)
  const text = messageOf(error)
  const options = { cause: error }
  if (number === DEADLOCK || number === LOCK_WAIT) {
    return new RetriableError(
      'SINK_LOCKED',
      `Others hold rows that are to be written: ${text}`,
      options
    )
  }
  if (READ_ONLY.has(number) || FULL.has(number)) {
    const what = FULL.has(number) ? 'has no room left' : 'is read-only'
    return new RetriableError('SINK_TARGET_UNAVAILABLE', `The target ${what}: ${text}`, {
      ...options,
      hint: 'Writing goes on by itself once that has changed.'
    })
  }
  if (PRIVILEGES.has(number)) return privilege(text, error, context)
  if (number === 1049) {
    const name = /database '(.+)'/.exec(text)?.[1] ?? ''
    return new ConnectError('SINK_NO_SCHEMA', `The target has no database ${name}`, {
      ...options,
      hint: `CREATE DATABASE \`${name}\` CHARACTER SET utf8mb4`
    })
  }
  return ofSink(explain(error, context))
}

function privilege(
  text: string,
  cause: unknown,
  { table, database, user = '' }: WriteContext
): ConnectError {
  const makes = table === null || /^(CREATE|ALTER)/.test(text) || /access denied/i.test(text)
  const rights = `${makes ? 'CREATE, ALTER, ' : ''}SELECT, INSERT, UPDATE, DELETE`
  const place = makes ? `${quoteName(database)}.*` : table
  return new ConnectError('SINK_PRIVILEGE', `The server: ${text}`, {
    cause,
    hint: `GRANT ${rights} ON ${place} TO ${quoteText(user)}@'%'`
  })
}
