import type { DdlStatement } from './schema/ddl-statement.ts'
import type { WrittenName } from './schema/token-reader.ts'
import type { TableName } from './table-filter.ts'

/**
 * Every table that a statement names, whether it is changed or only looked at.
 *
 * @param session database: of names without one; lowerCase: whether the server keeps names in lower case
 */
export function tablesIn(
  statement: DdlStatement,
  session: { readonly database: string; readonly lowerCase: boolean }
): readonly TableName[] {
  const stored = (name: string) => (session.lowerCase ? name.toLowerCase() : name)
  return namesIn(statement).map(({ database, name }) => ({
    database: stored(database ?? session.database),
    name: stored(name)
  }))
}

function namesIn(statement: DdlStatement): readonly WrittenName[] {
  switch (statement.kind) {
    case 'create_table':
      return statement.like === null ? [statement.table] : [statement.table, statement.like]
    case 'alter_table': {
      const renames = statement.specs.filter((spec) => spec.kind === 'rename_table')
      return [statement.table, ...renames.map((spec) => spec.to)]
    }
    case 'rename_table':
      return statement.renames.flatMap(({ from, to }) => [from, to])
    case 'drop_table':
    case 'unparsed':
      return statement.tables
    case 'truncate_table':
    case 'create_index':
    case 'drop_index':
      return [statement.table]
    default:
      return []
  }
}
