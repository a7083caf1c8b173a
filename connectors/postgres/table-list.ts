import { NameFilter } from '../relational/name-filter.ts'
import type { RunQuery } from './connection.ts'
import type { SourceConfig } from './source-config.ts'

/** A table of the database, before anything is known about its columns. */
export interface TableName {
  readonly oid: number
  readonly schema: string
  readonly name: string
  /** `r` an ordinary table, `p` a partitioned one. */
  readonly kind: string
  readonly unlogged: boolean
  /** Rows as the planner estimates them; 0 when it knows nothing. */
  readonly estimatedRows: number
  /** Bytes of the table without indexes; those of all partitions for a partitioned table. */
  readonly bytes: number
}

const SQL = `SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence = 'u',
  CASE WHEN c.relkind = 'p' THEN coalesce(p.rows, 0) ELSE greatest(c.reltuples, 0) END,
  CASE WHEN c.relkind = 'p' THEN coalesce(p.bytes, 0) ELSE pg_catalog.pg_table_size(c.oid) END
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (
  WITH RECURSIVE part AS (
    SELECT i.inhrelid AS oid FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid
    UNION ALL
    SELECT i.inhrelid FROM part JOIN pg_catalog.pg_inherits i ON i.inhparent = part.oid)
  SELECT sum(greatest(x.reltuples, 0)) AS rows, sum(pg_catalog.pg_table_size(x.oid)) AS bytes
  FROM part JOIN pg_catalog.pg_class x ON x.oid = part.oid
) p ON c.relkind = 'p'
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND n.nspname !~ '^pg_(toast|temp_)'`

/** Decides by the include and exclude lists which tables are captured. */
export class TableFilter {
  readonly #schemas: NameFilter
  readonly #tables: NameFilter
  readonly #snapshot: NameFilter
  readonly #decided = new Map<string, boolean>()

  constructor(config: SourceConfig) {
    this.#schemas = new NameFilter(config['schema.include.list'], config['schema.exclude.list'])
    this.#tables = new NameFilter(config['table.include.list'], config['table.exclude.list'])
    this.#snapshot = new NameFilter(config['snapshot.include.collection.list'])
  }

  captures(schema: string, name: string): boolean {
    const id = `${schema}.${name}`
    let decided = this.#decided.get(id)
    if (decided === undefined) {
      decided = this.#schemas.includes(schema) && this.#tables.includes(id)
      this.#decided.set(id, decided)
    }
    return decided
  }

  /** Whether the initial snapshot reads a captured table. */
  snapshots(table: { readonly schema: string; readonly name: string }): boolean {
    return this.#snapshot.includes(`${table.schema}.${table.name}`)
  }

  /** Debezium's order: by the first pattern of the include list that matches, then by name. */
  compare(a: TableName, b: TableName): number {
    const left = `${a.schema}.${a.name}`
    const right = `${b.schema}.${b.name}`
    const byPattern = this.#tables.rank(left) - this.#tables.rank(right)
    if (byPattern !== 0) return byPattern
    return left < right ? -1 : left > right ? 1 : 0
  }
}

/** The captured tables that exist now, in the order in which a snapshot reads them. */
export async function listTables(query: RunQuery, filter: TableFilter): Promise<TableName[]> {
  const rows = await query(SQL)
  return rows
    .map((row) => ({
      oid: Number(row[0]),
      schema: row[1] ?? '',
      name: row[2] ?? '',
      kind: row[3] ?? 'r',
      unlogged: row[4] === 't',
      estimatedRows: Number(row[5]),
      bytes: Number(row[6])
    }))
    .filter((table) => filter.captures(table.schema, table.name))
    .sort((a, b) => filter.compare(a, b))
}
