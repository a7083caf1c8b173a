import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { TableMap } from '../../connectors/mysql/binlog/binlog-event.ts'
import {
  catalogColumns,
  type Query,
  tableFromCatalog
} from '../../connectors/mysql/schema/catalog-table.ts'
import { fitModel, fits } from '../../connectors/mysql/schema/match.ts'
import { readServerFacts, readTable } from '../../connectors/mysql/schema/read-schema.ts'
import { SchemaTables } from '../../connectors/mysql/schema/schema-tables.ts'
import type { ServerFacts } from '../../connectors/mysql/schema/server-facts.ts'
import { serverType } from '../../connectors/mysql/schema/server-type.ts'
import { shapeText, tableFromShape } from '../../connectors/mysql/schema/shape-text.ts'
import type { TableModel } from '../../connectors/mysql/schema/table-model.ts'
import { BinlogReading, endOfLog } from '../support/binlog-reading.ts'
import { requireEngine } from '../support/engines.ts'
import { modelFacts, serverFacts, textQuery } from '../support/information-schema.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { Random } from '../support/random.ts'
import { RandomDdl } from '../support/random-ddl.ts'

const SEEDS = [1, 2, 48, 54]
const STATEMENTS = 120

// Random statements are run on a server, and what its log has of them is applied. After each, the models
// must say of every table what the server says; and now and then rows are written, which must fit.

describe('tables that follow the DDL of the log', requireEngine('mariadb'), () => {
  let server: MariadbServer
  let query: Query
  let facts: ServerFacts
  before(async () => {
    server = await startMariadb({ settings: { sql_mode: 'NO_ENGINE_SUBSTITUTION' } })
    query = textQuery(server)
    facts = await readServerFacts(query, 'mariadb')
    await server.query('CREATE DATABASE marker')
  })
  after(() => server.stop())

  for (const seed of SEEDS) {
    test(`are those of the server (seed ${seed})`, { timeout: 120_000 }, async () => {
      const following = await Following.start(server, facts, seed)
      using _ = following.reading
      for (let taken = 0, tried = 0; taken < STATEMENTS; tried++) {
        assert.ok(tried < STATEMENTS * 40, 'the server refuses too much')
        if (!(await following.step())) continue
        taken++
        if (taken % 40 === 0) await holdRows(following, query, facts)
      }
    })
  }
})

class Following {
  readonly server: MariadbServer
  readonly database: string
  readonly reading: BinlogReading
  readonly tables: SchemaTables
  readonly #seed: number
  readonly #statements: RandomDdl
  #markers = 0

  private constructor(
    server: MariadbServer,
    parts: { database: string; reading: BinlogReading; facts: ServerFacts; seed: number }
  ) {
    this.server = server
    this.database = parts.database
    this.reading = parts.reading
    this.tables = new SchemaTables(parts.facts)
    this.#seed = parts.seed
    this.#statements = new RandomDdl(new Random(parts.seed), () => this.tables.all())
  }

  static async start(server: MariadbServer, facts: ServerFacts, seed: number): Promise<Following> {
    const database = await server.createDatabase()
    const reading = await BinlogReading.open(server, await endOfLog(server))
    const following = new Following(server, { database, reading, facts, seed })
    following.tables.setDatabase(database, 'utf8mb4')
    return following
  }

  /** @returns whether the server took the statement */
  async step(): Promise<boolean> {
    const sql = this.#statements.next()
    const isTaken = await this.run(sql)
    const about = `seed ${this.#seed}: ${sql}`
    for (const event of await this.#logged()) {
      if (event.kind !== 'query' || event.database === 'marker') continue
      const { database, errorCode } = event
      const applied = this.tables.apply(event.sql, { database, errorCode })
      assert.equal(applied.unknown, null, about)
    }
    if (!isTaken) return false
    const models = this.tables.all().map((table) => [table.name, modelFacts(table)] as const)
    const expected = Object.fromEntries(await serverFacts(this.server, this.database))
    assert.deepEqual(Object.fromEntries(models), expected, about)
    return true
  }

  async run(sql: string): Promise<boolean> {
    try {
      await this.server.query(sql, undefined, this.database)
      return true
    } catch (error) {
      const { errno = 0 } = error as { errno?: number }
      assert.ok(errno > 0, `${sql}: ${error}`)
      return false
    }
  }

  /** What came into the log since the last call. */
  async #logged() {
    const text = `${this.#seed}.${++this.#markers}`
    await this.server.query(`ALTER DATABASE marker COMMENT '${text}'`, undefined, 'marker')
    await this.reading.untilStatement(`'${text}'`)
    return this.reading.events.splice(0).map(({ event }) => event)
  }

  /** Writes a row into a table. @returns how the log describes it, if the server took the row */
  async tableMap(table: TableModel): Promise<TableMap | undefined> {
    await this.run(`INSERT IGNORE INTO \`${table.name}\` () VALUES ()`)
    const events = await this.#logged()
    for (const event of events) if (event.kind === 'table_map') return event.table
    return undefined
  }
}

/** Rows of every table fit its model; read from the server, stored or from the log alone it is the same. */
async function holdRows(following: Following, query: Query, facts: ServerFacts): Promise<void> {
  const dialect = {
    flavor: 'mariadb',
    serverVersion: facts.version,
    ansiQuotes: false,
    noBackslashEscapes: false
  } as const
  for (const table of following.tables.all()) {
    const expected = modelFacts(table)
    const read = await readTable(query, facts, table)
    assert.deepEqual(read && modelFacts(read.table), expected, read?.ddl)
    const columns = await catalogColumns(query, table)
    const listed = await tableFromCatalog(query, table, columns, dialect)
    assert.deepEqual(modelFacts(listed), expected, read?.ddl)
    assert.deepEqual(tableFromShape(shapeText(table)), table)

    const map = await following.tableMap(table)
    if (map === undefined) continue
    const fit = fitModel(map, [table])
    assert.ok(fit && fits(map, fit), read?.ddl)
    assert.deepEqual(shown(fit), table, read?.ddl)
    const logged = fitModel(map, [])
    assert.ok(logged && fits(map, logged), read?.ddl)
    assert.deepEqual(typesOf(shown(logged)), typesOf(table))
  }
}

/** Without what only the log has. */
function shown(table: TableModel): TableModel {
  return { ...table, columns: table.columns.filter((column) => !column.hidden) }
}

function typesOf({ columns }: TableModel): string[] {
  return columns.map(
    (column) => `${column.name} ${KINDS[column.typeName] ?? serverType(column, 'mariadb').name}`
  )
}

/** Types that the log tells only in general. */
const KINDS: Readonly<Record<string, string>> = {
  POINT: 'geometry',
  POLYGON: 'geometry',
  UUID: 'binary',
  INET4: 'binary',
  INET6: 'binary'
}
