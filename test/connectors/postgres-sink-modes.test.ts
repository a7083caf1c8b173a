import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import plugin from '../../connectors/postgres/sink.ts'
import type { RawConfig } from '../../runtime/api/config.ts'
import * as s from '../../runtime/api/schema.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { parsed, sinkRecord, startSink } from '../support/sink-harness.ts'

const key = s.struct({ id: s.int32() })
const row = s.struct({ id: s.int32(), name: s.string({ optional: true }) })

const flat = (offset: number, id: number, name: string | null) =>
  sinkRecord({
    offset,
    topic: 'shop.people',
    keySchema: key,
    key: new s.Struct(key, [id]),
    valueSchema: row,
    value: new s.Struct(row, [id, name])
  })

describe('modes of the PostgreSQL sink', () => {
  let server: PostgresServer
  before(async () => {
    server = await startPostgres()
  })
  after(async () => {
    await server.stop()
  })

  async function prepare(config: RawConfig, sql = '') {
    const database = await server.createDatabase()
    const run = (text: string) => server.query(text, undefined, database)
    if (sql !== '') await run(sql)
    const raw = {
      'connection.url': `postgresql://${server.host}:${server.port}/${database}`,
      'connection.username': server.user,
      'connection.password': server.password,
      ...config
    }
    const partitions = [{ topic: 'shop.people', partition: 0 }]
    const sink = await startSink(plugin, raw, { partitions, tolerate: false })
    return { sink, run }
  }

  it("takes Confluent's keys, whose table names may have a schema", async () => {
    const { sink, run } = await prepare(
      {
        'connector.class': 'io.confluent.connect.jdbc.JdbcSinkConnector',
        'insert.mode': 'upsert',
        'pk.mode': 'record_value',
        'pk.fields': 'id',
        'auto.create': 'true',
        'fields.whitelist': 'name'
      },
      'create schema shop'
    )
    await sink.put([flat(0, 1, 'a'), flat(1, 1, 'b'), flat(2, 2, 'c')])
    assert.deepEqual(await run('select * from shop.people order by id'), [
      { id: 1, name: 'b' },
      { id: 2, name: 'c' }
    ])
    await sink.task.stop()
  })
})

describe('the configuration of the PostgreSQL sink', () => {
  const problems = (raw: RawConfig) => plugin.validate?.(parsed(plugin, raw) as never, raw) ?? []
  const url = { 'connection.url': 'postgresql://h/d', 'connection.user': 'u' }

  it('refuses URLs of other databases, and says where to look', () => {
    const [problem] = problems({ ...url, 'connection.url': 'jdbc:mysql://h/d' })
    assert.equal(problem?.key, 'connection.url')
    assert.match(problem?.message ?? '', /for mysql.*PostgreSQL only.*plugins list/)
  })

  it('never shows a password of the URL', () => {
    const [problem] = problems({ ...url, 'connection.url': 'postgresql://u:hidden@/d' })
    assert.equal(problem?.key, 'connection.url')
    assert.doesNotMatch(problem?.message ?? '', /hidden/)
  })

  it('takes host, port and database as single keys', () => {
    const given = { 'connection.host': 'h', 'connection.dbname': 'd', 'connection.username': 'u' }
    assert.deepEqual(problems(given), [])
    assert.match(
      problems({ 'connection.username': 'u' })[0]?.message ?? '',
      /connection.url is missing/
    )
  })

  it('refuses modes that do not go together', () => {
    const keys = (raw: RawConfig) => problems({ ...url, ...raw }).map(({ key }) => key)
    assert.deepEqual(keys({}), [])
    assert.deepEqual(keys({ 'primary.key.mode': 'none' }), ['delete.enabled', 'insert.mode'])
    assert.deepEqual(
      keys({ 'primary.key.mode': 'none', 'delete.enabled': 'false', 'insert.mode': 'insert' }),
      []
    )
    assert.deepEqual(
      keys({ 'primary.key.mode': 'kafka', 'delete.enabled': 'false', 'primary.key.fields': 'a' }),
      ['primary.key.fields']
    )
  })
})
