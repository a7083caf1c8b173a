import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import postgresSink from '../../connectors/postgres/sink.ts'
import { mariadbToPostgres, postgresToMariadb } from '../support/cross-types.ts'
import { Fleet } from '../support/fleet.ts'
import { putGolden } from '../support/golden-sink.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { mariadb, type SinkServer, type TestDatabase } from '../support/sink-databases.ts'
import { projectRoot } from '../support/source-files.ts'
import { until } from '../support/until.ts'

const COLUMNS = Object.entries(postgresToMariadb)

describe('rows of PostgreSQL in MariaDB', mariadb.requirement, () => {
  let source: PostgresServer
  let server: SinkServer
  before(async () => {
    ;[source, server] = await Promise.all([startPostgres(), mariadb.start()])
  })
  after(async () => {
    await Promise.all([source.stop(), server.stop()])
  })

  /** The columns' values as text, by id. */
  async function textsIn(target: TestDatabase): Promise<Map<number, Record<string, unknown>>> {
    if (!(await target.hasTable('kinds'))) return new Map()
    const columns = COLUMNS.map(([name]) => `cast(\`${name}\` as char) as \`${name}\``)
    const rows = await target.run(`select id, ${columns.join(', ')} from kinds`)
    return new Map(rows.map(({ id, ...row }) => [Number(id), row]))
  }

  it('have types and values that mean the same, from snapshot and stream', async () => {
    const database = await source.createDatabase()
    const run = (sql: string) => source.query(sql, undefined, database)
    const target = await server.create()
    const columns = COLUMNS.map(([name, { source: type }]) => `"${name}" ${type}`)
    const values = COLUMNS.map(([, { value }]) => value).join(', ')
    await run(`create table kinds (id int primary key, ${columns.join(', ')})`)
    await run(`insert into kinds values (1, ${values})`)
    await using fleet = await Fleet.start({
      workers: 1,
      settings: { 'data.dir': 'FOLDER/data' }
    })
    await fleet.configure('shop', {
      'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
      'topic.prefix': 'shop',
      'database.hostname': source.host,
      'database.port': String(source.port),
      'database.user': source.user,
      'database.password': source.password,
      'database.dbname': database
    })
    // The class name is one for every database; the URL says which.
    await fleet.configure('warehouse', {
      'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
      'topics.regex': 'shop\\.public\\..*',
      'connection.url': `jdbc:${target.config['connection.url']}`,
      'connection.username': target.config['connection.username'] ?? '',
      'connection.password': target.config['connection.password'] ?? '',
      'collection.name.format': '${source.table}',
      'insert.mode': 'upsert',
      'primary.key.mode': 'record_key',
      'delete.enabled': 'true',
      'schema.evolution': 'basic',
      'consumer.override.metadata.max.age.ms': '500'
    })
    await until(async () => (await textsIn(target)).has(1), { what: 'the snapshot is there' })
    await run(`insert into kinds values (2, ${values})`)
    await run('insert into kinds (id) values (3), (4)')
    await run("update kinds set words = 'changed' where id = 3")
    await run('delete from kinds where id = 4')
    const isChanged = async () => {
      const found = await textsIn(target)
      return found.get(3)?.['words'] === 'changed' && found.has(2) && !found.has(4)
    }
    await until(isChanged, { what: 'the changes are there' })
    const found = await textsIn(target)
    const wanted = Object.fromEntries(COLUMNS.map(([name, { text }]) => [name, text]))
    assert.deepEqual(found.get(1), wanted)
    assert.deepEqual(found.get(2), wanted)
    const types = await target.run(
      `select column_name as name, column_type as type from information_schema.columns where table_schema = '${target.name}' and table_name = 'kinds' and column_name <> 'id'`
    )
    assert.deepEqual(
      Object.fromEntries(types.map(({ name, type }) => [name, type])),
      Object.fromEntries(COLUMNS.map(([name, { target: type }]) => [name, type]))
    )
  })
})

describe('rows of MariaDB in PostgreSQL', () => {
  let server: PostgresServer
  before(async () => {
    server = await startPostgres()
  })
  after(async () => {
    await server.stop()
  })

  for (const [place, columns] of Object.entries(mariadbToPostgres)) {
    it(`have types and values that mean the same: ${place}`, async () => {
      const [scenario = '', table = ''] = place.split('.')
      const database = await server.createDatabase()
      const config = {
        'connector.class': 'postgres-sink',
        'connection.url': server.url(database),
        'collection.name.format': '${source.table}'
      }
      await putGolden(postgresSink, config, scenario)
      const names = Object.keys(columns)
      const [row] = await server.query(
        `select ${names.map((name) => `"${name}"::text as "${name}"`).join(', ')} from "${table}" where id = 1`,
        undefined,
        database
      )
      const types = await server.query(
        `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = '"${table}"'::regclass`,
        undefined,
        database
      )
      const typeOf = new Map(types.map(({ name, type }) => [name, type]))
      const found = names.map((name) => [name, [typeOf.get(name), row?.[name]]])
      assert.deepEqual(Object.fromEntries(found), columns)
    })
  }

  it('have times that are negative or longer than a day, in columns for intervals', async () => {
    const database = await server.createDatabase()
    const run = (sql: string) => server.query(sql, undefined, database)
    await run('create table moments (id int primary key, t interval, t6 interval)')
    const config = {
      'connector.class': 'postgres-sink',
      'connection.url': server.url(database),
      'collection.name.format': '${source.table}',
      'field.include.list': 'id,t,t6'
    }
    assert.deepEqual(await putGolden(postgresSink, config, 'mariadb-types-time.moments'), [])
    assert.deepEqual(
      await run('select t::text, t6::text from moments where id in (3, 4) order by id'),
      [
        { t: '-838:59:59', t6: '-838:59:59.999999' },
        { t: '838:59:59', t6: '838:59:59.999999' }
      ]
    )
  })
})

describe('docs/cross-database.md', () => {
  it('has the types that these tests have', () => {
    const page = readFileSync(join(projectRoot, 'docs/cross-database.md'), 'utf8')
    const rows = [
      ...COLUMNS.map(([, { source, target }]) => `| \`${source}\` | \`${plain(target)}\` |`),
      ...Object.values(mariadbToPostgres).flatMap((columns) =>
        Object.values(columns).map(([type]) => `| \`${type.replace(' without time zone', '')}\` |`)
      )
    ]
    assert.deepEqual(
      rows.filter((row) => !page.includes(row)),
      []
    )
  })
})

/** Without the width that MariaDB shows integers with. */
function plain(type: string): string {
  return /^tinyint/.test(type) ? type : type.replace(/^(\w*int)\(\d+\)/, '$1')
}
