import { ConnectError } from '../../runtime/api/errors.ts'
import { NameFilter } from '../relational/name-filter.ts'
import { TableWarnings } from '../relational/table-warnings.ts'
import { messageKey, nameAdjusters, topicName } from '../relational/topic-naming.ts'
import type { RunQuery } from './connection.ts'
import type { RelationColumn, RelationMessage } from './pgoutput.ts'
import type { SourceConfig } from './source-config.ts'
import type { TableFilter } from './table-list.ts'
import { type CatalogColumn, type CatalogTable, loadTables } from './types/catalog.ts'
import { UnknownLabel } from './types/enum-codec.ts'
import { type Misfit, withNullable } from './types/misfit.ts'
import { compileTable, type RowValues, type TableCodec } from './types/table-codec.ts'
import { TypeCatalog } from './types/type-catalog.ts'

/** One version of a table whose rows become records. */
export interface CapturedTable {
  readonly oid: number
  readonly schema: string
  readonly name: string
  /** `schema.name` */
  readonly id: string
  readonly topic: string
  readonly codec: TableCodec
  /** Columns to select, in the order in which the codec takes them. */
  readonly columns: readonly string[]
  /** The primary key, to read the table in order: empty when there is none. */
  readonly keyColumns: readonly {
    readonly name: string
    readonly typeName: string
    /** Position in a row. */
    readonly index: number
  }[]
  /** Whether two rows may have different record keys: compares text, which may differ for equal values. */
  keyDiffers(before: RowValues, after: RowValues): boolean
}

/** Knows the captured tables, and asks the database when it has to. */
export class TableCatalog {
  readonly #config: SourceConfig
  readonly #filter: TableFilter
  readonly #query: RunQuery
  readonly #warnings: TableWarnings
  readonly #columns: NameFilter
  /** The last version of every table, for facts that the catalog no longer has. */
  readonly #known = new Map<number, CatalogTable>()
  #types: TypeCatalog | undefined

  constructor(options: {
    readonly config: SourceConfig
    readonly filter: TableFilter
    readonly query: RunQuery
    readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void
  }) {
    this.#config = options.config
    this.#filter = options.filter
    this.#query = options.query
    this.#warnings = new TableWarnings(options.warn)
    this.#columns = new NameFilter(
      options.config['column.include.list'],
      options.config['column.exclude.list']
    )
  }

  /** The tables as they are in the transaction of `query`. Those that are gone are left out. */
  async load(oids: readonly number[], query: RunQuery): Promise<Map<number, CapturedTable>> {
    const found = new Map<number, CapturedTable>()
    if (oids.length === 0) return found
    await this.#typeCatalog(query)
    for (const [oid, table] of await loadTables(query, oids)) {
      this.#known.set(oid, table)
      found.set(oid, await this.#compile(table))
    }
    return found
  }

  /**
   * A table as the stream describes it: columns, types and key are those of the rows that follow, the
   * rest (NOT NULL, defaults, order of the key) is what the catalog says now, or said before.
   * @returns null when the table is not captured
   */
  async describe(relation: RelationMessage): Promise<CapturedTable | null> {
    if (!this.#filter.captures(relation.schema, relation.name)) return null
    const now = (await loadTables(this.#query, [relation.id])).get(relation.id)
    const before = this.#known.get(relation.id)
    const columns: CatalogColumn[] = []
    for (const column of relation.columns) {
      columns.push(await this.#column(column, relation, [now, before]))
    }
    const primaryKey = primaryKeyOf(relation, [now, before])
    const table: CatalogTable = {
      oid: relation.id,
      schema: relation.schema,
      name: relation.name,
      kind: now?.kind ?? before?.kind ?? 'r',
      columns,
      primaryKey,
      primaryKeyDeferrable: (now ?? before)?.primaryKeyDeferrable ?? false,
      keyColumns: primaryKey.length > 0 ? primaryKey : fallbackKey(relation, now ?? before),
      replicaIdentity: relation.replicaIdentity,
      identityIndexColumns:
        relation.replicaIdentity === 'i'
          ? relation.columns.filter((column) => column.key).map((column) => column.name)
          : []
    }
    this.#known.set(relation.id, table)
    return await this.#compile(table)
  }

  /** The same version of a table, as a row shows it that does not fit what the catalog said. */
  async recompile(table: CapturedTable, misfit: Misfit): Promise<CapturedTable> {
    if (misfit instanceof UnknownLabel) return await this.#withLabel(table, misfit)
    if (table.oid !== misfit.tableOid) return table
    return await this.#compile(withNullable(table.codec.table, misfit.column))
  }

  /** The table with the labels that enum types have now, and the missing one. */
  async #withLabel(table: CapturedTable, unknown: UnknownLabel): Promise<CapturedTable> {
    const types = await this.#typeCatalog(this.#query)
    if (!types.hasLabel(unknown.type.oid, unknown.label)) {
      const now = await TypeCatalog.load(this.#query)
      // A label that was renamed since is in rows of before.
      this.#types = now.withLabel(unknown.type.oid, unknown.label)
    }
    return await this.#compile(table.codec.table)
  }

  async #column(
    column: RelationColumn,
    relation: RelationMessage,
    versions: readonly (CatalogTable | undefined)[]
  ): Promise<CatalogColumn> {
    const named = versions.map((table) => table?.columns.find(({ name }) => name === column.name))
    const same = named.find((known) => known?.typeOid === column.typeOid)
    const key = column.key && relation.replicaIdentity === 'd'
    if (same && same.typmod === column.typmod) return key ? { ...same, notNull: true } : same
    const [row] = await this.#query('SELECT format_type($1::oid, $2::integer)', [
      String(column.typeOid),
      String(column.typmod)
    ])
    return {
      name: column.name,
      typeOid: column.typeOid,
      typmod: column.typmod,
      typeName: row?.[0] ?? '',
      notNull: key || (named.find(Boolean)?.notNull ?? false),
      defaultExpression: same?.defaultExpression ?? null,
      identity: same?.identity ?? false,
      generated: same?.generated ?? false
    }
  }

  async #typeCatalog(query: RunQuery): Promise<TypeCatalog> {
    this.#types ??= await TypeCatalog.load(query)
    return this.#types
  }

  async #compile(table: CatalogTable): Promise<CapturedTable> {
    const types = await this.#typeCatalog(this.#query)
    try {
      return this.#compiled(table, types)
    } catch (error) {
      // A type that is younger than the catalog that was read.
      if (!(error instanceof ConnectError) || error.code !== 'UNKNOWN_TYPE') throw error
      this.#types = await TypeCatalog.load(this.#query)
      return this.#compiled(table, this.#types)
    }
  }

  #compiled(table: CatalogTable, types: TypeCatalog): CapturedTable {
    const id = `${table.schema}.${table.name}`
    const topic = topicName(this.#config, table.schema, table.name)
    const codec = compileTable(table, {
      types,
      values: valueOptions(this.#config),
      topic,
      keyColumns: messageKey(this.#config['message.key.columns'], id),
      includes: (column) => this.#columns.isEmpty || this.#columns.includes(`${id}.${column}`),
      ...nameAdjusters(this.#config),
      ...this.#warnings.unconvertible(this.#config['event.converting.failure.handling.mode'])
    })
    this.#warnOf(id, codec)
    const columns = table.columns.map((column) => column.name)
    return {
      oid: table.oid,
      schema: table.schema,
      name: table.name,
      id,
      topic,
      codec,
      columns,
      keyColumns: table.primaryKey.map((name) => {
        const index = columns.indexOf(name)
        return { name, index, typeName: table.columns[index]?.typeName ?? 'text' }
      }),
      keyDiffers: (before, after) =>
        codec.keySources.some((index) => before[index] !== after[index])
    }
  }

  #warnOf(id: string, codec: TableCodec): void {
    const { unknownInDeletes, unsupported } = codec
    if (unknownInDeletes.length > 0) {
      this.#warnings.once(
        `key of ${id}`,
        `Deletes in ${id} do not know ${unknownInDeletes.join(', ')} of the record key, which is not in the replica identity. Run: ALTER TABLE ${id} REPLICA IDENTITY FULL`,
        { table: id }
      )
    }
    const remedy = '. Set include.unknown.datatypes to true to write them as bytes.'
    this.#warnings.leftOut(id, unsupported, remedy)
  }
}

function primaryKeyOf(
  relation: RelationMessage,
  versions: readonly (CatalogTable | undefined)[]
): readonly string[] {
  const names = new Set(relation.columns.map((column) => column.name))
  const flagged = relation.columns.filter((column) => column.key).map((column) => column.name)
  const known = versions.map((table) => table?.primaryKey ?? [])
  if (relation.replicaIdentity === 'd' && flagged.length > 0) {
    // The stream tells which columns, the catalog in which order.
    const ordered = known.find(
      (key) => key.length === flagged.length && key.every((name) => flagged.includes(name))
    )
    return ordered ?? flagged
  }
  // A deferrable primary key is no replica identity, and the other identities do not show it. Any
  // other key that the default identity does not show was added after the rows that follow.
  const table = versions.find(Boolean)
  if (relation.replicaIdentity === 'd' && !table?.primaryKeyDeferrable) return []
  const key = table?.primaryKey ?? []
  return key.every((name) => names.has(name)) ? key : []
}

/** The unique index that stands in for a primary key. */
function fallbackKey(
  relation: RelationMessage,
  table: CatalogTable | undefined
): readonly string[] {
  if (table === undefined || table.primaryKey.length > 0) return []
  const names = new Set(relation.columns.map((column) => column.name))
  return table.keyColumns.every((name) => names.has(name)) ? table.keyColumns : []
}

function valueOptions(config: SourceConfig) {
  return {
    decimal: config['decimal.handling.mode'],
    time: config['time.precision.mode'],
    interval: config['interval.handling.mode'],
    binary: config['binary.handling.mode'],
    hstore: config['hstore.handling.mode'],
    moneyFractionDigits: config['money.fraction.digits'],
    includeUnknown: config['include.unknown.datatypes'],
    placeholder: config['unavailable.value.placeholder']
  }
}
