import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import plugin from '../../connectors/postgres/sink.ts'
import type { RawConfig } from '../../runtime/api/config.ts'
import { ConnectError, DataError } from '../../runtime/api/errors.ts'
import * as s from '../../runtime/api/schema.ts'
import { ChangeEvents } from '../support/change-events.ts'
import { people, prepareSink } from '../support/prepared-sink.ts'
import { postgres, type SinkServer } from '../support/sink-databases.ts'
import { parsed, startSink } from '../support/sink-harness.ts'

describe('errors of the PostgreSQL sink', () => {
  let server: SinkServer
  before(async () => {
    server = await postgres.start()
  })
  after(async () => {
    await server.stop()
  })

  async function prepare(sql: string, config: RawConfig = {}, tolerate = true) {
    const prepared = await prepareSink({ server, plugin }, { sql, config, tolerate })
    return { ...prepared, start: () => prepared.start(people().topic) }
  }

  it('sets rows aside that the table refuses, and writes all others', async () => {
    const { run, start } = await prepare(
      'create table people (id int primary key, name varchar(5) not null, mail text unique, check (id <> 13))'
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
    const broken = events.create({ id: 40, name: 'x', mail: 'a\0b' })
    await sink.put([...records, broken])
    assert.deepEqual(
      sink.rejected.map(({ record }) => record.offset),
      [7, 13, 21, 30, 40]
    )
    assert.deepEqual(await run('select count(*)::int as n from people'), [{ n: 36 }])
    const messages = sink.rejected.map(({ error }) => error.message)
    assert.match(
      messages[0] ?? '',
      /offset 7 of shop.public.people-0 to table "people": value too long for type character varying\(5\)/
    )
    assert.match(messages[1] ?? '', /constraint people_id_check/)
    assert.match(messages[2] ?? '', /column name: null value in column "name"/)
    assert.match(messages[3] ?? '', /constraint people_mail_key.*\(mail\)=\(29@x\) already exists/)
    assert.match(messages[4] ?? '', /table "people", column mail: text with a zero character/)
    assert.ok(sink.rejected.every(({ error }) => error instanceof DataError))
    await sink.put([events.create({ id: 50, name: 'ok', mail: 'z' })])
    assert.deepEqual(await run('select name from people where id = 50'), [{ name: 'ok' }])
    await sink.task.stop()
  })

  it('sets rows aside that only fail at the commit', async () => {
    const { run, start } = await prepare(
      `create table teams (id int primary key); insert into teams values (1);
       create table people (id int primary key, name text, mail text, team int generated always as (id / 10) stored);
       alter table people add foreign key (team) references teams deferrable initially deferred`
    )
    const sink = await start()
    const events = people()
    await sink.put([10, 11, 20, 12].map((id) => events.create({ id })))
    assert.deepEqual(
      sink.rejected.map(({ record }) => record.offset),
      [2]
    )
    assert.deepEqual(await run('select id from people order by id'), [
      { id: 10 },
      { id: 11 },
      { id: 12 }
    ])
    await sink.task.stop()
  })

  it('refuses values that the column would round', async () => {
    const { run, start } = await prepare(
      'create table m (id int primary key, n numeric(6,2), at timestamp(0), f real)'
    )
    const sink = await start()
    const events = new ChangeEvents('m', {
      id: s.int32(),
      n: s.decimal(4, { optional: true }),
      at: s.int64({ name: 'io.debezium.time.MicroTimestamp', optional: true }),
      f: s.float64({ optional: true })
    })
    const records = [
      events.create({ id: 1, n: '1.2500', at: 1_000_000, f: 0.5 }),
      events.create({ id: 2, n: '1.2501' }),
      events.create({ id: 3, at: 1 }),
      events.create({ id: 4, f: 0.1 })
    ]
    // The events come from a topic of their own.
    await sink.task.open?.([{ topic: events.topic, partition: 0 }])
    await sink.put(records)
    assert.deepEqual(
      sink.rejected.map(({ record }) => record.offset),
      [1, 2, 3]
    )
    assert.match(sink.rejected[0]?.error.message ?? '', /column n: 1.2501 has more fraction digits/)
    assert.deepEqual(await run('select id, n from m'), [{ id: 1, n: '1.25' }])
    await sink.task.stop()
  })

  it('never cuts a number that a transform made too large or broken', async () => {
    const { run, start } = await prepare(
      'create table n (id int primary key, a smallint, b int, c bigint)'
    )
    const sink = await start()
    const events = new ChangeEvents('n', {
      id: s.int32(),
      a: s.int16({ optional: true }),
      b: s.int32({ optional: true }),
      c: s.int64({ optional: true })
    })
    await sink.task.open?.([{ topic: events.topic, partition: 0 }])
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
    assert.match(
      sink.rejected[1]?.error.message ?? '',
      /column b: number 1.5 does not fit type int4/
    )
    assert.deepEqual(await run('select a, b, c from n'), [
      { a: -32768, b: -2147483648, c: '-9223372036854775808' }
    ])
    await sink.task.stop()
  })

  it('says how to make a missing table or column, where it may not', async () => {
    const { run, start } = await prepare('', { 'schema.evolution': 'none' }, false)
    const sink = await start()
    const record = people().create({ id: 1, name: 'a', mail: null })
    await assert.rejects(sink.put([record]), {
      code: 'SINK_NO_TABLE',
      hint: /CREATE TABLE IF NOT EXISTS "people" \("id" integer NOT NULL, "name" text, "mail" text, PRIMARY KEY \("id"\)\)/
    })
    await run('create table people (id int primary key, name text)')
    await assert.rejects(sink.put([record]), {
      code: 'SINK_NO_COLUMN',
      hint: /ADD COLUMN IF NOT EXISTS "mail" text/
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
      message: /Table "people"/,
      hint: /CREATE UNIQUE INDEX ON "people"/
    })
    await sink.task.stop()
  })

  it('says which privilege is missing, and goes on once it is granted', async () => {
    const { run, raw } = await prepare(
      'create table people (id int primary key, name text, mail text)'
    )
    await run("create role clerk login password 'paper'; grant create on schema public to clerk")
    const clerk = { ...raw, 'connection.username': 'clerk', 'connection.password': 'paper' }
    const sink = await startSink(plugin, clerk, {
      partitions: [{ topic: people().topic, partition: 0 }]
    })
    const record = people().create({ id: 1 })
    const grant = 'GRANT SELECT, INSERT, UPDATE, DELETE ON "people" TO "clerk"'
    await assert.rejects(sink.put([record]), { code: 'SINK_PRIVILEGE', hint: grant })
    await run(grant)
    await sink.put([record])
    assert.deepEqual(await run('select id from people'), [{ id: 1 }])
    await sink.task.stop()
  })

  it('names the grant for a schema in which it may not create', async () => {
    const { run, raw } = await prepare('')
    await run("create role guest login password 'paper'")
    const guest = { ...raw, 'connection.username': 'guest', 'connection.password': 'paper' }
    const partitions = [{ topic: people().topic, partition: 0 }]
    await assert.rejects(startSink(plugin, guest, { partitions }), {
      code: 'SINK_PRIVILEGE',
      hint: 'GRANT USAGE, CREATE ON SCHEMA "public" TO "guest"'
    })
    const { signal } = new AbortController()
    const [problem] = (await plugin.check?.(parsed(plugin, guest) as never, guest, signal)) ?? []
    assert.match(problem?.message ?? '', /GRANT USAGE, CREATE ON SCHEMA "public" TO "guest"/)
  })

  it('fails for a wrong password and retries for a server that is not there', async () => {
    const { raw } = await prepare('')
    await assert.rejects(startSink(plugin, { ...raw, 'connection.password': 'wrong' }), (error) => {
      assert.ok(error instanceof ConnectError)
      assert.equal(error.retriable, false)
      assert.match(error.hint ?? '', /connection.username or connection.password/)
      assert.doesNotMatch(`${error.message}${error.hint}`, /wrong/)
      return true
    })
    await assert.rejects(
      startSink(plugin, { ...raw, 'connection.url': 'postgresql://127.0.0.1:1/d' }),
      { retriable: true }
    )
  })
})
