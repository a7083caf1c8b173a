import { type EvolvingTables, firstValue } from '../relational/sink-evolution.ts'
import type { TableName } from '../relational/sink-naming.ts'
import type { PlanColumn, RowPlan, RowValues } from '../relational/sink-plan.ts'
import type { RunQuery, TextRow } from './connection.ts'
import { quoteName, tableSql } from './sink-names.ts'
import { columnType, defaultExpression, guessedType } from './sink-types.ts'

/** A column as PostgreSQL's catalog describes it; a domain as the type it is made of. */
export interface TargetColumn {
  readonly name: string
  /** As in pg_type, such as `int4` or `_text`. */
  readonly type: string
  /** The type as SQL that adds no length: `"pg_catalog"."varchar"`. */
  readonly typeSql: string
  /** -1 where there is none; lengths and precisions as people write them, not as the catalog does. */
  readonly typmod: number
  /** Fraction digits of a numeric column that limits them. */
  readonly scale: number | null
  readonly element: Pick<TargetColumn, 'type' | 'typmod' | 'scale' | 'element'> | null
  /** Computed by the table: cannot be written. */
  readonly generated: boolean
  /** `GENERATED ALWAYS AS IDENTITY`: written on insert only. */
  readonly identityAlways: boolean
}

export interface TargetTable {
  readonly name: TableName
  /** As messages show it and statements name it. */
  readonly sql: string
  readonly columns: ReadonlyMap<string, TargetColumn>
}

const COLUMNS = `
WITH RECURSIVE plain AS (
  SELECT a.attnum, a.attname, a.attgenerated, a.attidentity, a.atttypid AS typ, a.atttypmod AS typmod
  FROM pg_attribute a WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT p.attnum, p.attname, p.attgenerated, p.attidentity, t.typbasetype, t.typtypmod
  FROM plain p JOIN pg_type t ON t.oid = p.typ WHERE t.typtype = 'd'
)
SELECT p.attname, t.typname, n.nspname, p.typmod, e.typname, p.attgenerated <> '', p.attidentity = 'a'
FROM plain p JOIN pg_type t ON t.oid = p.typ JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
WHERE t.typtype <> 'd' ORDER BY p.attnum`

const EXTENSION_TYPES = `SELECT name FROM unnest(ARRAY['ltree', 'geometry', 'geography', 'vector', 'halfvec']) AS name
WHERE to_regtype(name) IS NOT NULL`

/** The target's tables, as far as they have been looked at. */
export class TargetTables implements EvolvingTables<TargetTable> {
  readonly #query: RunQuery
  readonly #tables = new Map<string, TargetTable>()
  #extensionTypes: ReadonlySet<string> | null = null

  constructor(query: RunQuery) {
    this.#query = query
  }

  /** Forgets everything: a transaction that made tables was rolled back, or somebody else changed one. */
  clear(): void {
    this.#tables.clear()
  }

  sqlOf(name: TableName): string {
    return tableSql(name)
  }

  has(table: TargetTable, column: string): boolean {
    return table.columns.has(column)
  }

  async find(name: TableName): Promise<TargetTable | null> {
    const sql = tableSql(name)
    const known = this.#tables.get(sql)
    if (known) return known
    const rows = await this.#query(COLUMNS, [sql])
    if (rows.length === 0) return null
    const table = { name, sql, columns: new Map(rows.map(toColumn).map((c) => [c.name, c])) }
    this.#tables.set(sql, table)
    return table
  }

  async creation(name: TableName, plan: RowPlan, rows: readonly RowValues[]): Promise<string> {
    const types = await this.#typesOf(plan.columns, rows)
    const columns = plan.columns.flatMap((column) => {
      const type = types.get(column)
      return type === undefined
        ? []
        : [`${quoteName(column.name)} ${type}${column.isKey ? ' NOT NULL' : ''}`]
    })
    const keys = plan.keys.map((column) => quoteName(column.name)).join(', ')
    if (keys !== '') columns.push(`PRIMARY KEY (${keys})`)
    return `CREATE TABLE IF NOT EXISTS ${tableSql(name)} (${columns.join(', ')})`
  }

  async change(name: TableName, statement: string): Promise<void> {
    await this.#query(statement)
    this.#tables.delete(tableSql(name))
  }

  async addition(
    table: TargetTable,
    missing: readonly PlanColumn[],
    rows: readonly RowValues[]
  ): Promise<string> {
    const types = await this.#typesOf(missing, rows)
    const added = missing.flatMap((column) => {
      const type = types.get(column)
      if (type === undefined) return []
      const value = column.schema && defaultExpression(column.schema)
      return [
        `ADD COLUMN IF NOT EXISTS ${quoteName(column.name)} ${type}${value ? ` DEFAULT ${value}` : ''}`
      ]
    })
    return `ALTER TABLE ${table.sql} ${added.join(', ')}`
  }

  async #typesOf(
    columns: readonly PlanColumn[],
    rows: readonly RowValues[]
  ): Promise<Map<PlanColumn, string>> {
    const types = new Map<PlanColumn, string>()
    this.#extensionTypes ??= new Set(
      (await this.#query(EXTENSION_TYPES)).map(([name]) => name ?? '')
    )
    const known = this.#extensionTypes
    for (const column of columns) {
      const type = column.schema
        ? columnType(column.schema, (name) => known.has(name))
        : guessedType(firstValue(rows, column.index))
      if (type !== null) types.set(column, type)
    }
    return types
  }
}

const FRACTION_TYPES = new Set(['time', 'timetz', 'timestamp', 'timestamptz', 'bit', 'varbit'])

function toColumn(row: TextRow): TargetColumn {
  const [name, type, namespace, typmod, element, generated, identityAlways] = row.map(
    (value) => value ?? ''
  )
  const own = typeFacts(type ?? '', Number(typmod))
  return {
    name: name ?? '',
    ...own,
    typeSql: `${quoteName(namespace ?? '')}.${quoteName(type ?? '')}`,
    element: element ? { ...typeFacts(element, Number(typmod)), element: null } : null,
    generated: generated === 't',
    identityAlways: identityAlways === 't'
  }
}

/** `atttypmod` as PostgreSQL packs it: numeric as ((precision << 16) | scale) + 4, texts as length + 4. */
function typeFacts(type: string, raw: number): Pick<TargetColumn, 'type' | 'typmod' | 'scale'> {
  if (raw < 0) return { type, typmod: -1, scale: null }
  if (type === 'numeric' || type === '_numeric') {
    const scale = ((raw - 4) & 0x7ff) ^ 0x400
    return { type, typmod: (raw - 4) >> 16, scale: scale - 0x400 }
  }
  return { type, typmod: FRACTION_TYPES.has(type) ? raw : raw - 4, scale: null }
}
