import type { RowDataPacket } from 'mysql2/promise'
import type { MariadbServer } from '../mariadb.ts'
import { quoted, type RandomColumn, type RandomTable } from './random-table.ts'

export interface TablePair {
  readonly table: RandomTable
  /** The columns to compare: those that are left. */
  readonly columns: readonly RandomColumn[]
  readonly source: string
  readonly copy: string
  /** Whether the copy's table was declared as the source's, and not made by the sink. */
  readonly isDeclared: boolean
}

/**
 * Compares the rows of a table and its copy, bit by bit. A copy in types that the sink chose is put
 * into a table like the source's first: what does not fit there is an error.
 *
 * @returns what differs, as text; empty when nothing does
 */
export async function compareTables(server: MariadbServer, pair: TablePair): Promise<string[]> {
  const { table, source, copy } = pair
  const wanted = await rowsOf(server, source, pair)
  const found = await rowsOf(server, pair.isDeclared ? copy : await recast(server, pair), pair)
  const faults: string[] = []
  for (const [key, row] of wanted) {
    const other = found.get(key)
    found.delete(key)
    if (other === undefined) faults.push(`${table.name} ${key} is missing`)
    else
      faults.push(...rowFaults(pair, row, other).map((fault) => `${table.name} ${key}: ${fault}`))
  }
  return [...faults, ...[...found.keys()].map((key) => `${table.name} ${key} is too many`)]
}

type Bits = readonly (string | null)[]

function rowFaults({ columns }: TablePair, wanted: Bits, found: Bits): string[] {
  return columns.flatMap(({ name, type }, i) => {
    const [left, right] = [wanted[i] ?? 'null', found[i] ?? 'null']
    return left === right ? [] : [`${name} (${type.sql.slice(0, 60)}) ${left} is ${right}`]
  })
}

async function rowsOf(
  server: MariadbServer,
  database: string,
  { table, columns }: TablePair
): Promise<Map<string, Bits>> {
  const bits = (column: RandomColumn) => column.type.bits(quoted(column.name))
  const key = `concat_ws('/', ${table.key.map(bits).join(', ')})`
  const sql = `select ${[key, ...columns.map(bits)].join(', ')} from ${quoted(table.name)}`
  const connection = await server.connect(database)
  try {
    const [rows] = await connection.query<(RowDataPacket & Bits)[]>({ sql, rowsAsArray: true })
    return new Map(rows.map(([at, ...row]) => [at ?? '', row]))
  } finally {
    await connection.end()
  }
}

/** @returns the database with a table of the source's types that has the copy's rows */
async function recast(server: MariadbServer, pair: TablePair): Promise<string> {
  const { source, copy, columns } = pair
  const table = quoted(pair.table.name)
  const database = `${copy}_recast`
  const there = await server.query<{ name: string }>(
    `select column_name as name from information_schema.columns
     where table_schema = ? and table_name = ?`,
    [copy, pair.table.name]
  )
  // A column of which no record came is unknown to the sink: it must be null in all rows.
  const known = columns.filter((column) => there.some(({ name }) => name === column.name))
  const names = known.map(({ name }) => quoted(name)).join(', ')
  await server.query(
    `create database if not exists ${database};
     drop table if exists ${database}.${table};
     create table ${database}.${table} like ${source}.${table};
     insert into ${database}.${table} (${names}) select ${names} from ${copy}.${table}`
  )
  return database
}
