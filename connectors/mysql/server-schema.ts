import { currentPosition, type Queries } from './binlog/position.ts'
import { quoteName } from './errors.ts'
import type { LogPoint } from './log-point.ts'
import type { SqlDialect } from './schema/ddl-tokens.ts'
import { SchemaTables, type ServerFacts, type StatementSession } from './schema/schema-tables.ts'
import type { SchemaChange, TableModel } from './schema/table-model.ts'
import type { TableFilter, TableName } from './table-filter.ts'
import type { Flavor } from './types/column-codec.ts'

/** A table as the server lists it; sizes are estimates. */
export interface ListedTable extends TableName {
  readonly rows: number
  readonly bytes: number
}

/** All tables of the captured databases, and the statements that would make them. */
export interface FoundSchema {
  readonly tables: readonly TableModel[]
  readonly changes: readonly SchemaChange[]
}

const NO_SUCH_TABLE = /doesn't exist|Unknown (?:table|database)/i

/** Asks the server what its tables are like now. */
export class ServerSchema {
  readonly #queries: Queries
  readonly flavor: Flavor
  readonly facts: ServerFacts

  private constructor(queries: Queries, flavor: Flavor, facts: ServerFacts) {
    this.#queries = queries
    this.flavor = flavor
    this.facts = facts
  }

  static async load(queries: Queries, flavor: Flavor): Promise<ServerSchema> {
    const [row] = await queries.query(
      'SELECT @@version, @@lower_case_table_names, @@character_set_server, @@explicit_defaults_for_timestamp'
    )
    const [version, lowerCase, charset, explicit] = row ?? []
    const [, major, minor, patch] = /^(\d+)\.(\d+)\.(\d+)/.exec(version ?? '') ?? []
    return new ServerSchema(queries, flavor, {
      flavor,
      version: Number(major) * 10_000 + Number(minor) * 100 + Number(patch),
      lowerCaseTableNames: lowerCase === '1' ? 1 : lowerCase === '2' ? 2 : 0,
      charset: charset ?? 'utf8mb4',
      explicitTimestamps: explicit === '1'
    })
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

  /** Tables that are captured, or whose changes are followed, in the order in which a snapshot reads them. */
  async listTables(filter: TableFilter): Promise<ListedTable[]> {
    const rows = await this.#queries.query(
      `SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_ROWS, DATA_LENGTH FROM information_schema.TABLES
       WHERE TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')
         AND TABLE_SCHEMA NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')`
    )
    return rows
      .map(([database, name, count, bytes]) => ({
        database: database ?? '',
        name: name ?? '',
        rows: Number(count),
        bytes: Number(bytes)
      }))
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
    const tables = new SchemaTables(this.facts)
    const ddl = await this.#createStatement(table)
    if (ddl === null) return null
    tables.apply(ddl, { database: table.database })
    const model = tables.get(table.database, table.name)
    return model === undefined
      ? null
      : { table: model, since: { file, pos: position, gtids: gtids || null } }
  }

  /** All tables whose changes are followed, as Debezium tells them at the beginning of a snapshot. */
  async readAll(filter: TableFilter): Promise<FoundSchema> {
    const listed = await this.listTables(filter)
    const followed = listed.filter(({ database, name }) => filter.follows(database, name))
    const tables = new SchemaTables(this.facts)
    await this.describeDatabases(tables, filter)
    const changes: SchemaChange[] = [
      await this.#serverSettings(),
      ...followed.map((table) => dropOf(table))
    ]
    for (const { name, charset, collation } of await this.#databases(filter)) {
      const own = followed.filter(({ database }) => database === name)
      if (own.length === 0) continue
      changes.push(
        ofDatabase(name, `DROP DATABASE IF EXISTS ${quoteName(name)}`),
        ofDatabase(
          name,
          `CREATE DATABASE ${quoteName(name)} CHARSET ${charset} COLLATE ${collation}`
        ),
        ofDatabase(name, `USE ${quoteName(name)}`)
      )
      for (const table of own) {
        const ddl = await this.#createStatement(table)
        if (ddl !== null) changes.push(...tables.apply(ddl, { database: name }).changes)
      }
    }
    return { tables: tables.all(), changes }
  }

  async #serverSettings(): Promise<SchemaChange> {
    const [row] = await this.#queries.query('SELECT @@character_set_server, @@collation_server')
    const [charset, collation] = row ?? []
    const ddl = `SET character_set_server=${charset}, collation_server=${collation}`
    return ofDatabase('', ddl)
  }

  async #databases(
    filter: TableFilter
  ): Promise<{ name: string; charset: string; collation: string }[]> {
    const rows = await this.#queries.query(
      'SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA ORDER BY SCHEMA_NAME'
    )
    return rows
      .map(([name, charset, collation]) => ({
        name: name ?? '',
        charset: charset ?? '',
        collation: collation ?? ''
      }))
      .filter(({ name }) => filter.capturesDatabase(name))
  }

  async #createStatement({ database, name }: TableName): Promise<string | null> {
    const table = `${quoteName(database)}.${quoteName(name)}`
    try {
      const [row] = await this.#queries.query(`SHOW CREATE TABLE ${table}`)
      return row?.[1] ?? null
    } catch (error) {
      // Dropped since it was listed, or since the stream told of it.
      if (error instanceof Error && NO_SUCH_TABLE.test(error.message)) return null
      throw error
    }
  }
}

function dropOf({ database, name }: TableName): SchemaChange {
  const ddl = `DROP TABLE IF EXISTS ${quoteName(database)}.${quoteName(name)}`
  return { database, ddl, changes: [{ type: 'DROP', database, name, previous: null, table: null }] }
}

function ofDatabase(database: string, ddl: string): SchemaChange {
  return { database, ddl, changes: [] }
}
