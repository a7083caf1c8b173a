import { RetriableError } from '../../runtime/api/errors.ts'
import { errorNumber } from './errors.ts'

/**
 * A column or a table that is not there, and a definition that is newer than the view of the transaction:
 * ER_BAD_FIELD_ERROR, ER_NO_SUCH_TABLE and ER_TABLE_DEF_CHANGED of
 * https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html
 */
const ALTERED_ERRORS = new Set([1054, 1146, 1412])

/**
 * What a statement of the snapshot failed with. Shapes are read before rows, and a table may be altered
 * between: then it is read again, with the shape that it has by then.
 */
export function asAltered(error: unknown, table: string): unknown {
  const cause = error instanceof Error ? error.cause : undefined
  if (!ALTERED_ERRORS.has(errorNumber(cause))) return error
  return new RetriableError(
    'MYSQL_TABLE_ALTERED',
    `Table ${table} was altered before the snapshot had read it`,
    {
      cause: error,
      hint: 'The snapshot goes on by itself, with the table as it is now; snapshot.locking.mode: extended keeps tables from being altered until it is over'
    }
  )
}
