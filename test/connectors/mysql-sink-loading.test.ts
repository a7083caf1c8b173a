import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import plugin from '../../connectors/mysql/sink.ts'
import type { RawConfig } from '../../runtime/api/config.ts'
import * as s from '../../runtime/api/schema.ts'
import { ChangeEvents } from '../support/change-events.ts'
import { Random } from '../support/random.ts'
import { mariadb, type SinkServer, type TestDatabase } from '../support/sink-databases.ts'
import { startSink } from '../support/sink-harness.ts'

const columns = {
  id: s.int64(),
  word: s.string({ optional: true }),
  raw: s.bytes({ optional: true }),
  price: s.decimal(2, { optional: true, parameters: { 'connect.decimal.precision': '12' } }),
  at: s.int64({ name: 'io.debezium.time.MicroTimestamp', optional: true }),
  t: s.int64({ name: 'io.debezium.time.MicroTime', optional: true }),
  bits: s.bytes({ name: 'io.debezium.data.Bits', parameters: { length: '12' }, optional: true }),
  f: s.float64({ optional: true }),
  uid: s.string({ name: 'io.debezium.data.Uuid', optional: true }),
  tags: s.array(s.string(), { optional: true }),
  ok: s.boolean({ optional: true })
}

const WORDS = [
  '',
  ' ',
  '\\',
  '\\N',
  'NULL',
  '\t',
  '\n',
  '\r\n',
  "'",
  '"',
  '\0',
  '\u{1F600}',
  'ä',
  '\x1a'
]

function rowsOf(count: number, seed: number): Record<string, unknown>[] {
  const random = new Random(seed)
  const word = () =>
    Array.from({ length: random.below(4) }, () => WORDS[random.below(WORDS.length)]).join('')
  const maybe = (value: unknown) => (random.below(8) === 0 ? null : value)
  return Array.from({ length: count }, (_, id) => ({
    id,
    word: maybe(word()),
    raw: maybe(Buffer.from(word())),
    price: maybe(`${random.below(100_000)}.${10 + random.below(90)}`),
    at: maybe(random.below(2 ** 30) * 1_000_000 + random.below(1_000_000)),
    t: maybe(random.below(2 ** 30) - 2 ** 29),
    bits: maybe(Buffer.from([random.below(256), random.below(16)])),
    f: maybe(random.below(2 ** 30) / 1024),
    uid: maybe('3f2504e0-4f89-11d3-9a0c-0305e82c3301'),
    tags: maybe([word()]),
    ok: maybe(random.below(2) === 0)
  }))
}

describe('loading many rows into MariaDB', mariadb.requirement, () => {
  let server: SinkServer
  before(async () => {
    server = await mariadb.start()
  })
  after(async () => {
    await server.stop()
  })

  const events = new ChangeEvents('many', columns)
  const start = ({ config }: TestDatabase, more: RawConfig = {}) =>
    startSink(
      plugin,
      { ...config, 'collection.name.format': '${source.table}', ...more },
      { partitions: [{ topic: events.topic, partition: 0 }] }
    )

  /** How many statements have loaded rows on the server so far. */
  async function loads(): Promise<number> {
    const [found] = await server.query("show global status like 'Com_load'")
    return Number(found?.['Value'])
  }

  it('writes what inserting writes', async () => {
    const [loaded, inserted] = [await server.create(), await server.create()]
    const before = await loads()
    for (const [target, enabled] of [
      [loaded, 'true'],
      [inserted, 'false']
    ] as const) {
      const sink = await start(target, { 'load.data.enabled': enabled })
      await sink.put(rowsOf(1500, 1).map((row) => events.create(row)))
      await sink.put(rowsOf(3000, 2).map((row) => events.create(row)))
      assert.deepEqual(sink.rejected, [])
      await sink.task.stop()
    }
    assert.equal((await loads()) - before, 2)
    const all = 'select *, hex(word) as w, hex(raw) as r from many order by id'
    assert.deepEqual(await loaded.run(all), await inserted.run(all))
    assert.equal((await loaded.run('select id from many')).length, 3000)
  })

  it('inserts rows that loading would change or leave out', async () => {
    const target = await server.create()
    await target.run('create table many (id bigint primary key, word varchar(5), f float)')
    const sink = await start(target, { 'field.include.list': 'id,word,f' })
    const rows = rowsOf(1200, 3).map((row) => ({ ...row, word: 'x', f: 1 }))
    const records = rows.map((row, id) =>
      events.create(id === 600 ? { ...row, word: 'too long' } : row)
    )
    await sink.put(records)
    assert.equal(sink.rejected.length, 1)
    assert.match(sink.rejected[0]?.error.message ?? '', /Data too long for column 'word'/)
    assert.equal((await target.run('select id from many')).length, 1199)
    // The rows of the delivery before are in it no more.
    await sink.put(rowsOf(1100, 4).map((row) => events.create({ ...row, word: 'y', f: 1 })))
    const found = await target.run(
      'select word, count(*) as n from many group by word order by word'
    )
    assert.deepEqual(found, [
      { word: 'x', n: 100 },
      { word: 'y', n: 1100 }
    ])
    await sink.task.stop()
  })

  it('sets rows aside that are there already', async () => {
    const target = await server.create()
    await target.run('create table many (id bigint primary key, word varchar(5))')
    await target.run("insert into many values (7, 'old')")
    const config = { 'field.include.list': 'id,word', 'insert.mode': 'insert' }
    const sink = await start(target, config)
    const rows = rowsOf(1000, 5).map((row) => ({ ...row, word: 'x' }))
    await sink.put(rows.map((row) => events.create(row)))
    assert.equal(sink.rejected.length, 1)
    assert.match(sink.rejected[0]?.error.message ?? '', /Duplicate entry '7'/)
    assert.deepEqual(await target.run('select word from many where id = 7'), [{ word: 'old' }])
    assert.equal((await target.run('select id from many')).length, 1000)
    await sink.task.stop()
  })

  it('does without, where the user may not make temporary tables', async () => {
    const target = await server.create()
    const user = target.config['connection.username']
    await target.run(
      `revoke create temporary tables on ${target.name}.* from '${user}'@'127.0.0.1'`
    )
    const sink = await start(target)
    await sink.put(rowsOf(1000, 6).map((row) => events.create(row)))
    assert.equal((await target.run('select id from many')).length, 1000)
    await sink.task.stop()
  })
})
