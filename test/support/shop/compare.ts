import type pg from 'pg'
import { PRIMARY_KEY, TABLES, type Table } from './shop.ts'

export interface Comparison {
  rows: number
  missing: number
  extra: number
  different: number
  /** The first few differences, for a person to look at. */
  examples: string[]
}

interface ColumnType {
  readonly name: string
  readonly type: string
}

async function columnsOf(source: pg.Client, table: Table): Promise<ColumnType[]> {
  const { rows } = await source.query<ColumnType>(
    `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
    [table]
  )
  return rows
}

/** Every row as key text and text of all columns, read as the source's types on both sides. */
async function rowsOf(
  client: pg.Client,
  table: Table,
  columns: readonly ColumnType[],
  cast: boolean
) {
  const expressions = columns.map(({ name, type }) => {
    const portable = type === 'order_status' ? 'text' : type
    return cast ? `"${name}"::${portable}::text` : `"${name}"::text`
  })
  const key = PRIMARY_KEY[table].map((name) => `"${name}"`).join(", '/', ")
  const text = `select concat(${key}) as key, array[${expressions.join(', ')}]::text as row from ${table}`
  const { rows } = await client.query<{ key: string; row: string }>(text)
  return new Map(rows.map((row) => [row.key, row.row]))
}

/** Compares all tables of two PostgreSQL databases row by row, column by column, in the source's types. */
export function compareDatabases(source: pg.Client, target: pg.Client): Promise<Comparison> {
  return compareShops(
    async (table) => rowsOf(source, table, await columnsOf(source, table), false),
    async (table) => rowsOf(target, table, await columnsOf(source, table), true)
  )
}

/** The rows of a table as text, by their key. */
type RowsOf = (table: Table) => Promise<Map<string, string>>

/** Compares all tables of two shops row by row. */
export async function compareShops(source: RowsOf, target: RowsOf): Promise<Comparison> {
  const result: Comparison = { rows: 0, missing: 0, extra: 0, different: 0, examples: [] }
  const note = (text: string) => {
    if (result.examples.length < 5) result.examples.push(text)
  }
  for (const table of TABLES) {
    const wanted = await source(table)
    const found = await target(table)
    result.rows += wanted.size
    for (const [key, row] of wanted) {
      const other = found.get(key)
      if (other === undefined) {
        result.missing++
        note(`${table} ${key}: missing`)
      } else if (other !== row) {
        result.different++
        note(`${table} ${key}: ${row} is ${other}`)
      }
      found.delete(key)
    }
    result.extra += found.size
    for (const key of found.keys()) note(`${table} ${key}: not in the source`)
  }
  return result
}

/**
 * Commit to commit, in milliseconds, sorted: both databases are in one server, which keeps the
 * commit time of every row version (`track_commit_timestamp`), so that no clock is compared.
 */
export async function latencies(
  source: pg.Client,
  target: pg.Client,
  since: Date
): Promise<number[]> {
  const text = `select id::text as id, extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000 as at from orders where placed_at >= $1`
  const committed = await source.query<{ id: string; at: string }>(text, [since])
  const applied = await target.query<{ id: string; at: string }>(text, [since])
  const appliedAt = new Map(applied.rows.map((row) => [row.id, Number(row.at)]))
  return committed.rows
    .flatMap((row) => {
      const at = appliedAt.get(row.id)
      return at === undefined ? [] : [at - Number(row.at)]
    })
    .sort((left, right) => left - right)
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
