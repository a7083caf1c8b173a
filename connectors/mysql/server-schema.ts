import { currentPosition, type Queries } from './binlog/position.ts'
import type { LogPoint } from './log-point.ts'
import type { Query } from './schema/catalog-table.ts'
import type { SqlDialect } from './schema/ddl-tokens.ts'
import {
  type DatabaseFacts,
  type ListedTable,
  listTables,
  type ReadTable,
  readDatabases,
  readServerFacts,
  readTable,
  snapshotStatements
} from './schema/read-schema.ts'
import type { SchemaTables } from './schema/schema-tables.ts'
import type { ServerFacts, StatementSession } from './schema/server-facts.ts'
import type { SchemaChange, TableModel } from './schema/table-model.ts'
import type { TableFilter, TableName } from './table-filter.ts'
import type { Flavor } from './types/column-codec.ts'

/** All tables of the captured databases, and the statements that would make them. */
export interface FoundSchema {
  readonly tables: readonly TableModel[]
  readonly changes: readonly SchemaChange[]
}

/** Asks the server what its tables are like now, as far as the connector follows them. */
export class ServerSchema {
  readonly flavor: Flavor
  readonly facts: ServerFacts
  readonly #queries: Queries
  readonly #query: Query
  readonly #collation: string

  private constructor(queries: Queries, facts: ServerFacts & { readonly collation: string }) {
    this.flavor = facts.flavor
    this.facts = facts
    this.#queries = queries
    this.#query = (sql) => queries.query(sql)
    this.#collation = facts.collation
  }

  static async load(queries: Queries, flavor: Flavor): Promise<ServerSchema> {
    return new ServerSchema(queries, await readServerFacts((sql) => queries.query(sql), flavor))
  }

  /** How the parser reads the statements of a session. */
  dialect(session: StatementSession): SqlDialect {
    return {
      flavor: this.flavor,
      serverVersion: this.facts.version,
      ansiQuotes: session.ansiQuotes ?? false,
      noBackslashEscapes: session.noBackslashEscapes ?? false
    }
  }

  /** Tells which character set tables have by default. */
  async describeDatabases(tables: SchemaTables, filter: TableFilter): Promise<void> {
    for (const { name, charset } of await this.#databases(filter)) {
      tables.setDatabase(name, charset)
    }
  }

  /** Tables that are captured or followed, in the order in which a snapshot reads them. */
  async listTables(filter: TableFilter): Promise<ListedTable[]> {
    const tables = await listTables(this.#query)
    return tables
      .filter(
        ({ database, name }) => filter.captures(database, name) || filter.follows(database, name)
      )
      .sort((a, b) => filter.compare(a, b))
  }

  /** @returns null when there is no such table */
  async readTable(
    table: TableName
  ): Promise<{ readonly table: TableModel; readonly since: LogPoint } | null> {
    // First: a statement that comes between is then applied once more rather than never.
    const { file, position, gtids } = await currentPosition(this.#queries, this.flavor)
    const found = await readTable(this.#query, this.facts, table)
    const since = { file, pos: position, gtids: gtids || null }
    return found === null ? null : { table: found.table, since }
  }

  /** All tables whose changes are followed, as Debezium tells them at the beginning of a snapshot. */
  async readAll(filter: TableFilter): Promise<FoundSchema> {
    const listed = await this.listTables(filter)
    const found: { database: DatabaseFacts; tables: ReadTable[] }[] = []
    for (const database of await this.#databases(filter)) {
      const tables: ReadTable[] = []
      for (const table of listed) {
        if (table.database !== database.name || !filter.follows(table.database, table.name))
          continue
        const read = await readTable(this.#query, this.facts, table)
        if (read !== null) tables.push(read)
      }
      if (tables.length > 0) found.push({ database, tables })
    }
    const server = { charset: this.facts.charset, collation: this.#collation }
    return {
      tables: found.flatMap(({ tables }) => tables.map(({ table }) => table)),
      changes: snapshotStatements(server, found)
    }
  }

  async #databases(filter: TableFilter): Promise<DatabaseFacts[]> {
    const databases = await readDatabases(this.#query)
    return databases.filter(({ name }) => filter.capturesDatabase(name))
  }
}
