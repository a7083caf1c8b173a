import type { Query } from '../../connectors/mysql/schema/catalog-table.ts'
import { serverType } from '../../connectors/mysql/schema/server-type.ts'
import type { ColumnModel, TableModel } from '../../connectors/mysql/schema/table-model.ts'
import type { MariadbServer } from './mariadb.ts'

/** A table in few words, equal for a model and for what the server says of the table. */
export interface TableFacts {
  readonly charset: string
  readonly comment: string
  readonly columns: readonly string[]
  readonly keys: readonly string[]
}

/** What the server says of all tables of a database, by name. */
export async function serverFacts(
  server: MariadbServer,
  database: string
): Promise<ReadonlyMap<string, TableFacts>> {
  const ask = (sql: string) => server.query<Record<string, unknown>>(sql, [database])
  const tables = await ask(
    `SELECT TABLE_NAME name, TABLE_COLLATION collation, TABLE_COMMENT comment
      FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE = 'BASE TABLE'`
  )
  const columns = await ask(
    `SELECT TABLE_NAME tab, COLUMN_NAME name, COLUMN_TYPE type, IS_NULLABLE nullable, EXTRA extra,
      COLUMN_DEFAULT IS NOT NULL hasDefault, CHARACTER_SET_NAME charset, COLUMN_COMMENT comment
      FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? ORDER BY ORDINAL_POSITION`
  )
  const keys = await ask(
    `SELECT TABLE_NAME tab, INDEX_NAME name, NON_UNIQUE other,
      GROUP_CONCAT(COLUMN_NAME ORDER BY SEQ_IN_INDEX) parts
      FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? GROUP BY 1, BINARY INDEX_NAME, 3`
  )
  const of = (rows: readonly Record<string, unknown>[], name: unknown) =>
    rows.filter((row) => row['tab'] === name)
  return new Map(
    tables.map(({ name, collation, comment }) => [
      String(name),
      {
        charset: String(collation).split('_')[0] ?? '',
        comment: String(comment),
        columns: of(columns, name).map(columnRow),
        keys: of(keys, name)
          .map((key) => `${key['name']}${key['other'] ? '' : '!'}: ${key['parts']}`)
          .sort()
      }
    ])
  )
}

function columnRow(row: Record<string, unknown>): string {
  const extra = String(row['extra'])
  const generated = extra.includes('GENERATED')
  return [
    row['name'],
    row['type'],
    row['charset'] ?? '-',
    row['nullable'] === 'YES' ? 'null' : 'not null',
    extra.includes('auto_increment') ? 'auto' : '',
    generated ? 'generated' : row['hasDefault'] || row['nullable'] === 'YES' ? 'default' : '',
    extra.includes('INVISIBLE') ? 'invisible' : '',
    JSON.stringify(row['comment'])
  ].join(' ')
}

/** The same of a model. */
export function modelFacts(table: TableModel): TableFacts {
  const keys = table.indexes.map(
    ({ name, unique, columns }) => `${name}${unique ? '!' : ''}: ${columns}`
  )
  if (table.primaryKey.length > 0) keys.push(`PRIMARY!: ${table.primaryKey}`)
  return {
    charset: serverName(table.charset ?? ''),
    comment: table.comment ?? '',
    columns: table.columns.map(columnFacts),
    keys: keys.sort()
  }
}

function columnFacts(column: ColumnModel): string {
  const isJson = column.typeName === 'JSON'
  return [
    column.name,
    columnType(column),
    isJson ? 'utf8mb4' : serverName(column.charset ?? '-'),
    column.optional ? 'null' : 'not null',
    column.autoIncremented ? 'auto' : '',
    // Where DROP DEFAULT took the default of a column that may be null, the server still shows NULL.
    column.generated ? 'generated' : column.hasDefault || column.optional ? 'default' : '',
    column.invisible ? 'invisible' : '',
    JSON.stringify(column.comment ?? '')
  ].join(' ')
}

/** MariaDB's own name for what statements call utf8. */
function serverName(charset: string): string {
  return charset === 'utf8' ? 'utf8mb3' : charset
}

/** information_schema.COLUMNS.COLUMN_TYPE */
function columnType(column: ColumnModel): string {
  const { name, length, scale, unsigned, zerofill } = serverType(column, 'mariadb')
  const values = column.values.map((value) => `'${value.replaceAll("'", "''")}'`)
  const sizes = values.length > 0 ? values : [length, scale].filter((size) => size !== null)
  const size = sizes.length > 0 ? `(${sizes})` : ''
  return `${name}${size}${unsigned ? ' unsigned' : ''}${zerofill ? ' zerofill' : ''}`
}

/**
 * A query whose values are text as the server sends it, or null.
 * @param session where to ask; otherwise each query has a session of its own
 */
export function textQuery(server: MariadbServer, session?: Session): Query {
  return async (sql) => {
    const connection = session ?? (await server.connect())
    try {
      const [rows] = await connection.query({ sql, rowsAsArray: true, typeCast: asText })
      return rows as (string | null)[][]
    } finally {
      if (!session) await connection.end()
    }
  }
}

type Session = Awaited<ReturnType<MariadbServer['connect']>>

function asText(field: { string(): string | null }): string | null {
  return field.string()
}
