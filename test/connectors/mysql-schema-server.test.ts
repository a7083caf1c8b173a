import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { TableMap } from '../../connectors/mysql/binlog/binlog-event.ts'
import type { Query } from '../../connectors/mysql/schema/catalog-table.ts'
import { fitModel } from '../../connectors/mysql/schema/match.ts'
import {
  listTables,
  readDatabases,
  readServerFacts,
  readTable,
  snapshotStatements
} from '../../connectors/mysql/schema/read-schema.ts'
import type { ServerFacts } from '../../connectors/mysql/schema/server-facts.ts'
import { shapeText, tableFromShape } from '../../connectors/mysql/schema/shape-text.ts'
import type { TableModel } from '../../connectors/mysql/schema/table-model.ts'
import { compileTable } from '../../connectors/mysql/types/table-codec.ts'
import { int32, struct } from '../../runtime/api/schema.ts'
import { BinlogReading, endOfLog } from '../support/binlog-reading.ts'
import { requireEngine } from '../support/engines.ts'
import { loadEvents, loadScenario } from '../support/golden-scenario.ts'
import { textQuery } from '../support/information-schema.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'

describe('tables of a server', requireEngine('mariadb'), () => {
  let server: MariadbServer
  let query: Query
  let facts: ServerFacts & { readonly collation: string }
  before(async () => {
    server = await startMariadb()
    query = textQuery(server)
    facts = await readServerFacts(query, 'mariadb')
  })
  after(() => server.stop())

  const read = async (database: string, name: string): Promise<TableModel> => {
    const found = await readTable(query, facts, { database, name })
    assert.ok(found)
    return found.table
  }

  test('are read, with how the server reads statements', async () => {
    const { version, ...rest } = facts
    assert.ok(version >= 100500, `${version}`)
    assert.deepEqual(rest, {
      flavor: 'mariadb',
      lowerCaseTableNames: 0,
      charset: 'utf8mb4',
      collation: 'utf8mb4_general_ci',
      explicitTimestamps: true
    })
    const database = await server.createDatabase()
    const run = (sql: string) => server.query(sql, undefined, database)
    await run('CREATE TABLE b (id int) WITH SYSTEM VERSIONING')
    await run('CREATE TABLE `a``x` (id int)')
    await run('CREATE VIEW v AS SELECT 1')
    await run('CREATE SEQUENCE s')
    const listed = (await listTables(query)).filter((table) => table.database === database)
    assert.deepEqual(
      listed.map(({ name }) => name),
      ['a`x', 'b']
    )
    assert.equal((await read(database, 'a`x')).name, 'a`x')
    assert.equal(await readTable(query, facts, { database, name: 'v' }), null)
    assert.equal(await readTable(query, facts, { database, name: 'never' }), null)
    const databases = await readDatabases(query)
    assert.deepEqual(
      databases.filter(({ name }) => name === database),
      [{ name: database, charset: 'utf8mb4', collation: 'utf8mb4_general_ci' }]
    )
    assert.ok(!databases.some(({ name }) => name === 'mysql'))
  })

  test('are read alike whatever the sql_mode of the session', async () => {
    const database = await server.createDatabase()
    const sql = `CREATE TABLE t (\`a"b\` varchar(9) default 'x''\\\\y' comment 'c\\\\"d', e enum('''', '\\\\'))`
    await server.query(sql, undefined, database)
    const plain = await read(database, 't')
    assert.deepEqual(plain.columns[0]?.defaultExpression, "x'\\y")
    assert.deepEqual(plain.columns[1]?.values, ["'", '\\'])
    const session = await server.connect(database)
    for (const mode of [
      'ANSI_QUOTES',
      'NO_BACKSLASH_ESCAPES',
      'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'
    ]) {
      await session.query(`SET sql_mode = '${mode}'`)
      const found = await readTable(textQuery(server, session), facts, { database, name: 't' })
      assert.deepEqual(found?.table, plain, mode)
    }
    await session.end()
  })

  test('are read from the catalog where their CREATE TABLE makes no sense', async () => {
    const database = await server.createDatabase()
    await server.query(
      `CREATE TABLE t (id int auto_increment primary key, v varchar(9) not null default 'x' comment 'c', e enum('a','b') unique,
        g int as (id + 1), h int invisible default 5, d datetime default current_timestamp) charset latin1 comment 'about'`,
      undefined,
      database
    )
    const right = await read(database, 't')
    const blind: Query = async (sql) => {
      if (sql.startsWith('SHOW CREATE')) return [['t', 'CREATE TABLE `t` of another kind']]
      return await query(sql)
    }
    const found = await readTable(blind, facts, { database, name: 't' })
    const generated = (table: TableModel | undefined) => ({
      ...table,
      // The catalog shows no default of generated columns.
      columns: table?.columns.map((column) => ({ ...column, hasDefault: null }))
    })
    assert.deepEqual(generated(found?.table), generated(right))
    assert.equal(found?.ddl, 'CREATE TABLE `t` of another kind')
  })

  for (const name of ['mariadb-ops-default', 'mariadb-ddl', 'mariadb-types-misc']) {
    test(`give the statements of a snapshot as Debezium does (${name})`, async () => {
      const scenario = loadScenario(name)
      const database = scenario.config['database.include.list'] ?? ''
      await server.query(`DROP DATABASE IF EXISTS ${database}`)
      await server.createDatabase(database)
      for (const sql of scenario.before.split('delimiter //')[0]?.split(/;\s/) ?? []) {
        if (sql.trim() !== '') await server.query(sql, undefined, database)
      }
      const listed = (await listTables(query)).filter((table) => table.database === database)
      const tables = await Promise.all(listed.map((table) => readTable(query, facts, table)))
      const [about] = (await readDatabases(query)).filter((each) => each.name === database)
      assert.ok(about)
      const statements = snapshotStatements(facts, [
        { database: about, tables: tables.filter((table) => table !== null) }
      ])
      const topic = scenario.config['topic.prefix']
      const golden = loadEvents(name)
        .filter((record) => record.topic === topic)
        .map((record) => JSON.parse(record.value ?? '{}'))
        .map((value) => value.payload ?? value)
        .filter((payload) => payload.source.snapshot === 'true')
        .map(({ databaseName, ddl }) => `${databaseName}: ${ddl}`)
      assert.deepEqual(
        statements.map((change) => `${change.database}: ${change.ddl}`),
        golden
      )
    })
  }

  describe('and rows of the log', () => {
    const mapsOf = async (statements: readonly string[], database: string) => {
      using reading = await BinlogReading.open(server, await endOfLog(server))
      for (const sql of statements) await server.query(sql, undefined, database)
      await server.query('CREATE OR REPLACE TABLE done (n int)', undefined, database)
      await reading.untilStatement('TABLE done')
      return reading.rowsEvents
    }

    test('fit after changes that nobody has seen, by the names in the log', async () => {
      const database = await server.createDatabase()
      await server.query(
        "CREATE TABLE t (id int primary key, a varchar(5) default 'x' comment 'c', b int, u int not null unique)",
        undefined,
        database
      )
      const old = await read(database, 't')
      const [event] = await mapsOf(
        [
          'ALTER TABLE t DROP b, ADD n bigint unsigned FIRST, ADD e enum("p","ü") NOT NULL, MODIFY a varchar(5) NOT NULL',
          'INSERT INTO t (id, a, u) VALUES (1, "", 1)'
        ],
        database
      )
      assert.ok(event)
      const model = fitModel(event.table, [old])
      assert.deepEqual(
        model?.columns.map(({ name, typeName, optional, comment, values }) => [
          name,
          typeName,
          optional,
          comment,
          values
        ]),
        [
          ['n', 'BIGINT UNSIGNED', true, null, []],
          ['id', 'INT', false, null, []],
          ['a', 'VARCHAR', false, 'c', []],
          ['u', 'INT', false, null, []],
          ['e', 'ENUM', false, null, ['p', 'ü']]
        ]
      )
      assert.deepEqual(model?.primaryKey, ['id'])
      assert.deepEqual(model?.uniqueKeys, [['u']])
      const now = await read(database, 't')
      assert.equal(fitModel(event.table, [old, now]), now)
      assert.equal(fitModel(event.table, [now, old]), now)
    })

    test('fit nothing where neither names nor shapes help', async () => {
      const database = await server.createDatabase()
      await server.query('CREATE TABLE t (a int, b varchar(5))', undefined, database)
      const old = await read(database, 't')
      const [event] = await mapsOf(
        ['ALTER TABLE t MODIFY a bigint', 'INSERT INTO t VALUES (1, 2)'],
        database
      )
      assert.ok(event)
      const bare = withoutMetadata(event.table)
      assert.equal(fitModel(bare, [old]), null)
      assert.equal(fitModel(bare, []), null)
      const now = await read(database, 't')
      assert.equal(fitModel(bare, [old, now]), now)
    })

    test('have columns that no statement shows: system versioning and hashes of long keys', async () => {
      const database = await server.createDatabase()
      const events = await mapsOf(
        [
          'CREATE TABLE versioned (id int primary key, v int) WITH SYSTEM VERSIONING',
          'INSERT INTO versioned VALUES (1, 2)',
          'CREATE TABLE hashed (id int primary key, t text, b blob, unique (t), unique (b, id))',
          "INSERT INTO hashed VALUES (1, 'x', NULL)"
        ],
        database
      )
      const [first, second] = events
      assert.ok(first && second)
      const versioned = await read(database, 'versioned')
      assert.deepEqual(versioned.primaryKey, ['id', 'row_end'])
      assert.equal(fitModel(first.table, [versioned]), versioned)

      const hashed = await read(database, 'hashed')
      for (const map of [second.table, withoutMetadata(second.table)]) {
        const model = fitModel(map, [hashed])
        assert.ok(model)
        const codec = compileTable(model, {
          values: {
            decimal: 'precise',
            time: 'adaptive_time_microseconds',
            binary: 'bytes',
            bigintUnsigned: 'long',
            timeAdjuster: true,
            placeholder: '__unavailable',
            flavor: 'mariadb'
          },
          source: struct({ n: int32() }),
          topic: 't'
        })
        assert.deepEqual(
          codec.valueSchema.fields.map((field) => field.name),
          ['id', 't', 'b']
        )
        const row = codec.rowReader(map).read({ buffer: second.bytes, position: 0 }, null)
        assert.deepEqual(row.values, [1, 'x', null])
      }
    })
  })
})

/** The table map as `binlog_row_metadata=NO_LOG` has it. */
function withoutMetadata(map: TableMap): TableMap {
  const columns = map.columns.map((column) => ({
    ...column,
    unsigned: null,
    collation: null,
    name: null,
    values: null
  }))
  return { ...map, columns, primaryKey: null }
}

describe('the text of a shape', () => {
  test('that is broken, or newer, is refused', () => {
    const table: TableModel = {
      database: 'd',
      name: 't',
      columns: [],
      primaryKey: [],
      uniqueKeys: [],
      indexes: [{ name: 'i', unique: true, columns: [null, 'a'] }],
      charset: null,
      comment: 'ü'
    }
    const text = shapeText(table)
    assert.deepEqual(tableFromShape(text), table)
    const broken = [
      '',
      '{}',
      'null',
      text.slice(1),
      text.replace('"v":1', '"v":2'),
      text.replace('"columns":[]', '"columns":[{"name":"a"}]'),
      text.replace('"columns":[]', '"columns":[{"name":"a","typeName":"INT","length":"9"}]'),
      text.replace('"columns":[]', '"columns":[{"name":"a","typeName":"INT","what":true}]'),
      text.replace('"unique":true', '"unique":1')
    ]
    for (const each of broken) {
      assert.throws(() => tableFromShape(each), { code: 'MYSQL_SHAPE' }, each)
    }
  })
})
