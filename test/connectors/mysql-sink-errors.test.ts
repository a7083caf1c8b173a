import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import plugin from '../../connectors/mysql/sink.ts'
import type { RawConfig } from '../../runtime/api/config.ts'
import { ConnectError, DataError } from '../../runtime/api/errors.ts'
import * as s from '../../runtime/api/schema.ts'
import { ChangeEvents } from '../support/change-events.ts'
import { people, prepareSink } from '../support/prepared-sink.ts'
import { mariadb, type SinkServer } from '../support/sink-databases.ts'
import { parsed, startSink } from '../support/sink-harness.ts'

describe('errors of the MySQL sink', mariadb.requirement, () => {
  let server: SinkServer
  before(async () => {
    server = await mariadb.start()
  })
  after(async () => {
    await server.stop()
  })

  async function prepare(sql: string, config: RawConfig = {}, tolerate = true) {
    const prepared = await prepareSink({ server, plugin }, { sql, config, tolerate })
    return { ...prepared, start: (topic = people().topic) => prepared.start(topic) }
  }

  it('sets rows aside that the table refuses, and writes all others', async () => {
    const { run, start } = await prepare(
      'create table people (id int primary key, name varchar(5) not null, mail varchar(20), unique people_mail (mail), check (id <> 13))'
    )
    const sink = await start()
    const events = people()
    const records = Array.from({ length: 40 }, (_, id) =>
      events.create({
        id,
        name: id === 7 ? 'much too long' : id === 21 ? null : `n${id}`,
        mail: `${id === 30 ? 29 : id}@x`
      })
    )
    await sink.put(records)
    assert.deepEqual(
      sink.rejected.map(({ record }) => record.offset),
      [7, 13, 21, 30]
    )
    assert.equal((await run('select id from people')).length, 36)
    const messages = sink.rejected.map(({ error }) => error.message)
    assert.match(
      messages[0] ?? '',
      /offset 7 of shop.public.people-0 to table `people`: Data too long for column 'name'/
    )
    assert.match(messages[1] ?? '', /CONSTRAINT .* failed/)
    assert.match(messages[2] ?? '', /Column 'name' cannot be null/)
    assert.match(messages[3] ?? '', /a row of another key has the same value.*people_mail \(mail\)/)
    assert.ok(sink.rejected.every(({ error }) => error instanceof DataError))
    await sink.put([events.create({ id: 50, name: 'ok', mail: 'z' })])
    assert.deepEqual(await run('select name from people where id = 50'), [{ name: 'ok' }])
    await sink.task.stop()
  })

  it('never changes a row that another unique index found', async () => {
    const { run, start } = await prepare(
      'create table people (id int primary key, name varchar(9), mail varchar(20) unique)'
    )
    const sink = await start()
    const events = people()
    await sink.put([
      events.create({ id: 1, name: 'one', mail: 'a' }),
      events.create({ id: 2, name: 'two', mail: 'b' })
    ])
    await sink.put([
      events.create({ id: 3, name: 'new', mail: 'a' }),
      events.update({ id: 2, name: 'upd', mail: 'a' }),
      events.create({ id: 4, name: 'four', mail: null })
    ])
    assert.deepEqual(await run('select * from people order by id'), [
      { id: 1, name: 'one', mail: 'a' },
      { id: 2, name: 'two', mail: 'b' },
      { id: 4, name: 'four', mail: null }
    ])
    assert.deepEqual(
      sink.rejected.map(({ record }) => record.offset),
      [2, 3]
    )
    await sink.task.stop()
  })

  it('guards keys of every type', async () => {
    const keys: readonly (readonly [string, s.Schema, unknown])[] = [
      ['uuid', s.string({ name: 'io.debezium.data.Uuid' }), '3f2504e0-4f89-11d3-9a0c-0305e82c3301'],
      ['inet6', s.string(), '::1'],
      ['datetime(6)', s.int64({ name: 'io.debezium.time.MicroTimestamp' }), 1_709_168_523_000_001],
      ['date', s.int32({ name: 'io.debezium.time.Date' }), 19_782],
      ['time(3)', s.int32({ name: 'io.debezium.time.Time' }), 1001],
      ['decimal(65,30)', s.decimal(2), '-12.50'],
      ['varbinary(9)', s.bytes(), Buffer.from([0, 255])],
      ['bigint unsigned', s.int64(), 2n ** 63n - 1n],
      [
        'bit(9)',
        s.bytes({ name: 'io.debezium.data.Bits', parameters: { length: '9' } }),
        Buffer.from([1, 1])
      ],
      ['double', s.float64(), 0.1],
      ['float', s.float32(), Math.fround(0.1)],
      ['year', s.int32({ name: 'io.debezium.time.Year' }), 2024],
      ["enum('a','b')", s.string(), 'b'],
      ['char(4)', s.string(), 'a'],
      ['varchar(9) character set latin1', s.string(), 'ä']
    ]
    for (const [type, schema, id] of keys) {
      const { run, start } = await prepare(
        `create table k (id ${type} primary key, n int, other int unique)`
      )
      const columns = {
        id: schema,
        n: s.int32({ optional: true }),
        other: s.int32({ optional: true })
      }
      const events = new ChangeEvents('k', columns)
      const sink = await start(events.topic)
      await sink.put([events.create({ id, n: 1, other: 1 })])
      await sink.put([events.update({ id, n: 2, other: 2 })])
      assert.deepEqual(await run('select n, other from k'), [{ n: 2, other: 2 }], type)
      await sink.put([events.delete({ id })])
      assert.deepEqual([sink.rejected, await run('select n from k')], [[], []], type)
      await sink.task.stop()
    }
  })

  it('never takes a key for another that its collation takes for the same', async () => {
    const { run, start } = await prepare(
      'create table words (id varchar(20) collate utf8mb4_general_ci primary key, n int)'
    )
    const events = new ChangeEvents('words', { id: s.string(), n: s.int32({ optional: true }) })
    const sink = await start(events.topic)
    await sink.put([events.create({ id: 'a', n: 1 })])
    await sink.put([
      events.create({ id: 'A', n: 2 }),
      events.create({ id: 'a ', n: 3 }),
      events.update({ id: 'a', n: 4 }),
      events.delete({ id: 'Ä', n: null }),
      events.delete({ id: 'A', n: null })
    ])
    assert.deepEqual(await run('select id, n from words'), [{ id: 'a', n: 4 }])
    await sink.put([events.delete({ id: 'a', n: null })])
    assert.deepEqual(await run('select id from words'), [])
    await sink.task.stop()
  })

  it('refuses values that the server would round, cut or make up', async () => {
    const { run, start } = await prepare(
      `create table m (id int primary key, n decimal(6,2), at datetime, f float, y year, d date,
         t time, i int, a timestamp not null default current_timestamp)`
    )
    const at = s.int64({ name: 'io.debezium.time.MicroTimestamp', optional: true })
    const columns = {
      id: s.int32(),
      n: s.decimal(4, { optional: true }),
      at,
      f: s.float64({ optional: true }),
      y: s.int32({ name: 'io.debezium.time.Year', optional: true }),
      d: at,
      t: s.int64({ name: 'io.debezium.time.MicroTime', optional: true }),
      i: s.float64({ optional: true }),
      a: s.string({ name: 'io.debezium.time.ZonedTimestamp', optional: true })
    }
    const events = new ChangeEvents('m', columns)
    const sink = await start(events.topic)
    const a = '2026-01-01T00:00:00Z'
    await sink.put([
      events.create({
        id: 1,
        a,
        n: '1.2500',
        at: 1_000_000,
        f: 0.5,
        y: 0,
        d: 0,
        t: -1_000_000,
        i: 3
      }),
      events.create({ id: 2, a, n: '1.2501' }),
      events.create({ id: 3, a, at: 1 }),
      events.create({ id: 4, a, f: 0.1 }),
      events.create({ id: 5, a, y: 5 }),
      events.create({ id: 6, a, d: 1 }),
      events.create({ id: 7, a, t: 1 }),
      events.create({ id: 8, a, i: 1.5 }),
      events.create({ id: 9, a, at: 253_402_300_800_000_000 }),
      events.create({ id: 10, a: null }),
      events.create({ id: 11, a, f: Number.NaN }),
      events.create({ id: 12, a, t: 4_000_000_000_000 }),
      events.create({ id: 13, a: '2200-01-01T00:00:00Z' })
    ])
    assert.deepEqual(
      sink.rejected.map(({ record }) => record.offset),
      Array.from({ length: 12 }, (_, at) => at + 1)
    )
    assert.match(sink.rejected[0]?.error.message ?? '', /column n: 1.2501 has more fraction digits/)
    assert.deepEqual(await run('select id, n, at, y, d, t, i from m'), [
      { id: 1, n: '1.25', at: '1970-01-01 00:00:01', y: 0, d: '1970-01-01', t: '-00:00:01', i: 3 }
    ])
    await sink.task.stop()
  })

  it('never cuts a number that a transform made too large or broken', async () => {
    const { run, start } = await prepare(
      'create table n (id int primary key, a smallint, b int, c bigint)'
    )
    const events = new ChangeEvents('n', {
      id: s.int32(),
      a: s.int16({ optional: true }),
      b: s.int32({ optional: true }),
      c: s.int64({ optional: true })
    })
    const sink = await start(events.topic)
    await sink.put([
      events.create({ id: 1, a: 32_768 }),
      events.create({ id: 2, b: 1.5 }),
      events.create({ id: 3, c: 2n ** 63n }),
      events.create({ id: 4, c: 0.5 }),
      events.create({ id: 5, c: '1' }),
      events.create({ id: 6, a: -32_768, b: -(2 ** 31), c: -(2n ** 63n) })
    ])
    assert.deepEqual(
      sink.rejected.map(({ record }) => record.offset),
      [0, 1, 2, 3, 4]
    )
    assert.deepEqual(await run('select a, b, c from n'), [
      { a: -32768, b: -2147483648, c: '-9223372036854775808' }
    ])
    await sink.task.stop()
  })

  it('refuses fields whose names are one column to the server', async () => {
    const { start } = await prepare('')
    const events = new ChangeEvents('twice', { id: s.int32(), name: s.string(), NAME: s.string() })
    const sink = await start(events.topic)
    await sink.put([events.create({ id: 1, name: 'a', NAME: 'b' })])
    assert.match(
      sink.rejected[0]?.error.message ?? '',
      /name and NAME differ only in upper and lower/
    )
    await sink.task.stop()
  })

  it('refuses tables whose changes a rollback would leave', async () => {
    const { run, start } = await prepare(
      'create table people (id int primary key, name text, mail text) engine=MyISAM'
    )
    const sink = await start()
    const refusal = { code: 'SINK_NOT_TRANSACTIONAL', hint: 'ALTER TABLE `people` ENGINE=InnoDB' }
    await assert.rejects(sink.put([people().create({ id: 1 })]), refusal)
    await run('alter table people engine=InnoDB')
    await sink.put([people().create({ id: 1 })])
    await sink.task.stop()
    await run('alter table millrace_offsets engine=Aria')
    await assert.rejects(start(), {
      code: 'SINK_NOT_TRANSACTIONAL',
      hint: 'ALTER TABLE `millrace_offsets` ENGINE=InnoDB'
    })
  })

  it('says how to make a missing table or column, where it may not', async () => {
    const { run, start } = await prepare('', { 'schema.evolution': 'none' }, false)
    const sink = await start()
    const record = people().create({ id: 1, name: 'a', mail: null })
    await assert.rejects(sink.put([record]), {
      code: 'SINK_NO_TABLE',
      hint: /CREATE TABLE IF NOT EXISTS `people` \(`id` int NOT NULL, `name` longtext NULL, `mail` longtext NULL, PRIMARY KEY \(`id`\)\)/
    })
    await run('create table people (id int primary key, name text)')
    await assert.rejects(sink.put([record]), {
      code: 'SINK_NO_COLUMN',
      hint: /ADD COLUMN `mail` longtext/
    })
    await run('alter table people add mail text')
    await sink.put([record])
    assert.deepEqual(await run('select name from people'), [{ name: 'a' }])
    await sink.task.stop()
  })

  it('says which index an upsert needs', async () => {
    const { start } = await prepare('create table people (id int, name text, mail text)', {}, false)
    const sink = await start()
    await assert.rejects(sink.put([people().create({ id: 1 })]), {
      code: 'SINK_NO_UNIQUE_INDEX',
      message: /Table `people`/,
      hint: /ALTER TABLE `people` ADD UNIQUE INDEX \(`id`\)/
    })
    await sink.task.stop()
  })

  it('says which privilege is missing, and goes on once it is granted', async () => {
    const { run, raw } = await prepare(
      'create table people (id int primary key, name text, mail text)'
    )
    const user = `clerk_${Math.trunc(performance.now())}`
    await run(`create user '${user}'@'127.0.0.1' identified by 'paper'`)
    await run(`grant select, insert, update, create on millrace_offsets to '${user}'@'127.0.0.1'`)
    const clerk = { ...raw, 'connection.username': user }
    const sink = await startSink(plugin, clerk, {
      partitions: [{ topic: people().topic, partition: 0 }]
    })
    await run(`grant select on people to '${user}'@'127.0.0.1'`)
    const record = people().create({ id: 1 })
    const grant = `GRANT SELECT, INSERT, UPDATE, DELETE ON \`people\` TO '${user}'@'%'`
    await assert.rejects(sink.put([record]), { code: 'SINK_PRIVILEGE', hint: grant })
    await run(`grant insert, update, delete on people to '${user}'@'127.0.0.1'`)
    await sink.put([record])
    assert.deepEqual(await run('select id from people'), [{ id: 1 }])
    await sink.task.stop()
    const { signal } = new AbortController()
    const [problem] = (await plugin.check?.(parsed(plugin, clerk) as never, clerk, signal)) ?? []
    assert.match(problem?.message ?? '', /may not create tables: GRANT CREATE, ALTER/)
    assert.deepEqual(await plugin.check?.(parsed(plugin, raw) as never, raw, signal), [])
  })

  it('fails for a wrong password or database and retries for a server that is not there', async () => {
    const { raw } = await prepare('')
    await assert.rejects(startSink(plugin, { ...raw, 'connection.password': 'wrong' }), (error) => {
      assert.ok(error instanceof ConnectError)
      assert.equal(error.retriable, false)
      assert.match(error.hint ?? '', /connection.username or connection.password/)
      assert.doesNotMatch(`${error.message}${error.hint}`, /wrong/)
      return true
    })
    const elsewhere = { ...raw, 'connection.url': 'mysql://127.0.0.1:1/d' }
    await assert.rejects(startSink(plugin, elsewhere), { retriable: true, hint: /connection.url/ })
  })

  it('waits for rows that others hold, and is told to try again', async () => {
    const { run, start } = await prepare('', { 'exactly.once.enabled': 'false' })
    await server.query('set global innodb_lock_wait_timeout = 1')
    const sink = await start()
    await sink.put([people().create({ id: 1 })])
    // A prepared transaction holds its locks without a connection.
    await run("xa start 'other'; update people set mail = 'm'; xa end 'other'; xa prepare 'other'")
    const update = people().update({ id: 1, name: 'x' })
    await assert.rejects(sink.put([update]), { code: 'SINK_LOCKED', retriable: true })
    await run("xa rollback 'other'")
    await sink.put([update])
    assert.deepEqual(await run('select name from people'), [{ name: 'x' }])
    await sink.task.stop()
  })
})
