import type { TableName } from '../relational/sink-naming.ts'
import { quoteName } from './errors.ts'

/** The name as SQL. What other databases call a schema is a database here. */
export function tableSql({ schema, table }: TableName): string {
  return schema === null ? quoteName(table) : `${quoteName(schema)}.${quoteName(table)}`
}

/** A name with or without a database, as a configuration has it. */
export function pathSql(path: string): string {
  return path.split('.').map(quoteName).join('.')
}

/** A text as a literal, in a session whose `sql_mode` is the sink's. */
export function textSql(text: string): string {
  return /['\\]/.test(text) ? `'${text.replaceAll(/['\\]/g, '\\$&')}'` : `'${text}'`
}
