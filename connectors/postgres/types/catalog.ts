import { ConnectError } from '../../../runtime/api/errors.ts'
import type { TypeCatalog } from './type-catalog.ts'

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
  /** The columns of the record key: the primary key, or of a unique index when there is none. */
  readonly keyColumns: readonly string[]
  readonly replicaIdentity: ReplicaIdentity
  /** Columns of the index that is the replica identity; empty unless that is `i`. */
  readonly identityIndexColumns: readonly string[]
}

/** Reads tables by oid. Those that are gone are missing in the map. */
export async function loadTables(
  _query: Query,
  _oids: readonly number[],
  _types?: TypeCatalog
): Promise<Map<number, CatalogTable>> {
  throw new ConnectError('NOT_IMPLEMENTED', 'loadTables is not there yet')
}
