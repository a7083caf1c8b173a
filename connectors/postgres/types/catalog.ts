/** Reads what PostgreSQL's catalog says about tables. */

/** Runs one statement; every value as PostgreSQL's text, or null. */
export type Query = (
  sql: string,
  params?: readonly (string | null)[]
) => Promise<readonly (readonly (string | null)[])[]>

export interface CatalogColumn {
  readonly name: string
  readonly typeOid: number
  /** -1 when the type has no modifier. */
  readonly typmod: number
  /** As `format_type` prints it, such as `numeric(7,2)`. */
  readonly typeName: string
  readonly notNull: boolean
  /** As `pg_get_expr` prints it, such as `'x'::text`; null when there is none. */
  readonly defaultExpression: string | null
  readonly identity: boolean
  /** A stored generated column. Logical replication leaves it out before PostgreSQL 18. */
  readonly generated: boolean
}

/** `d` default, `n` nothing, `f` full, `i` an index. */
export type ReplicaIdentity = 'd' | 'n' | 'f' | 'i'

export interface CatalogTable {
  readonly oid: number
  readonly schema: string
  readonly name: string
  /** `r` an ordinary table, `p` a partitioned one. */
  readonly kind: string
  readonly columns: readonly CatalogColumn[]
  readonly primaryKey: readonly string[]
  /** A deferrable primary key is no replica identity: the stream does not show it. */
  readonly primaryKeyDeferrable: boolean
  /** The columns of the record key: the primary key, or of a unique index when there is none. */
  readonly keyColumns: readonly string[]
  readonly replicaIdentity: ReplicaIdentity
  /** Columns of the index that is the replica identity; empty unless that is `i`. */
  readonly identityIndexColumns: readonly string[]
}

const TABLES = `SELECT c.oid, n.nspname, c.relname, c.relkind, c.relreplident
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = ANY ($1::oid[])`

// Rows of before a NOT NULL that is NOT VALID (PostgreSQL 18) may have nulls.
const COLUMNS = `SELECT a.attrelid, a.attname, a.atttypid, a.atttypmod,
  pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_constraint v WHERE v.conrelid = a.attrelid AND v.contype = 'n'
    AND NOT v.convalidated AND v.conkey[1] = a.attnum),
  pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attidentity <> '', a.attgenerated <> ''
FROM pg_catalog.pg_attribute a
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum`

// One row per index column. Unique indexes come in the order of JDBC's getIndexInfo, of which
// Debezium takes the first as the key of a table without primary key, INCLUDE columns as well.
// Where a part of the index is an expression, there is no column name.
const INDEXES = `SELECT i.indrelid, i.indexrelid, i.indisprimary, i.indisreplident,
  k.position <= i.indnkeyatts, a.attname, NOT i.indimmediate
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE i.indrelid = ANY ($1::oid[]) AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
ORDER BY i.indrelid, i.indisclustered DESC, c.relname COLLATE "C", k.position`

interface Index {
  readonly primary: boolean
  readonly deferrable: boolean
  readonly identity: boolean
  readonly keyColumns: string[]
  /** Key and INCLUDE columns. */
  readonly allColumns: string[]
  hasExpression: boolean
}

/** Reads tables by oid, as the transaction of `query` sees them. Those that are gone are missing. */
export async function loadTables(
  query: Query,
  oids: readonly number[]
): Promise<Map<number, CatalogTable>> {
  const params = [`{${oids.join(',')}}`]
  const tables = await query(TABLES, params)
  const columns = groupColumns(await query(COLUMNS, params))
  const indexes = groupIndexes(await query(INDEXES, params))
  const found = new Map<number, CatalogTable>()
  for (const [oid, schema, name, kind, replicaIdentity] of tables) {
    const id = Number(oid)
    const ofTable = indexes.get(id) ?? []
    const primary = ofTable.find((index) => index.primary)
    const primaryKey = primary?.keyColumns ?? []
    const unique = ofTable.find((index) => !index.hasExpression)?.allColumns ?? []
    found.set(id, {
      oid: id,
      schema: schema ?? '',
      name: name ?? '',
      kind: kind ?? 'r',
      columns: columns.get(id) ?? [],
      primaryKey,
      primaryKeyDeferrable: primary?.deferrable ?? false,
      keyColumns: primaryKey.length > 0 ? primaryKey : unique,
      replicaIdentity: identityOf(replicaIdentity),
      identityIndexColumns:
        replicaIdentity === 'i' ? (ofTable.find((index) => index.identity)?.keyColumns ?? []) : []
    })
  }
  return found
}

function identityOf(letter: string | null | undefined): ReplicaIdentity {
  return letter === 'n' || letter === 'f' || letter === 'i' ? letter : 'd'
}

function groupColumns(
  rows: readonly (readonly (string | null)[])[]
): ReadonlyMap<number, CatalogColumn[]> {
  const byTable = new Map<number, CatalogColumn[]>()
  for (const row of rows) {
    const [table, name, typeOid, typmod, typeName, notNull, expression, identity, generated] = row
    const column = {
      name: name ?? '',
      typeOid: Number(typeOid),
      typmod: Number(typmod),
      typeName: typeName ?? '',
      notNull: notNull === 't',
      defaultExpression: generated === 't' ? null : (expression ?? null),
      identity: identity === 't',
      generated: generated === 't'
    }
    const list = byTable.get(Number(table))
    if (list) list.push(column)
    else byTable.set(Number(table), [column])
  }
  return byTable
}

function groupIndexes(
  rows: readonly (readonly (string | null)[])[]
): ReadonlyMap<number, readonly Index[]> {
  const byTable = new Map<number, Map<string, Index>>()
  for (const [table, oid, primary, identity, isKey, column, deferrable] of rows) {
    const ofTable = byTable.get(Number(table)) ?? new Map<string, Index>()
    byTable.set(Number(table), ofTable)
    const index = ofTable.get(oid ?? '') ?? {
      primary: primary === 't',
      deferrable: deferrable === 't',
      identity: identity === 't',
      keyColumns: [],
      allColumns: [],
      hasExpression: false
    }
    ofTable.set(oid ?? '', index)
    if (column === null || column === undefined) {
      index.hasExpression = true
      continue
    }
    index.allColumns.push(column)
    if (isKey === 't') index.keyColumns.push(column)
  }
  return new Map([...byTable].map(([table, indexes]) => [table, [...indexes.values()]]))
}
