import type { TableName } from '../relational/sink-naming.ts'

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** The name as SQL. */
export function tableSql({ schema, table }: TableName): string {
  return schema === null ? quoteName(table) : `${quoteName(schema)}.${quoteName(table)}`
}

/** A name with or without a schema, as a configuration has it. */
export function pathSql(path: string): string {
  return path.split('.').map(quoteName).join('.')
}
