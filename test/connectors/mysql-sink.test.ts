import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import plugin from '../../connectors/mysql/sink.ts'
import type { RawConfig } from '../../runtime/api/config.ts'
import * as s from '../../runtime/api/schema.ts'
import { ChangeEvents } from '../support/change-events.ts'
import { startedSink, textsOf } from '../support/prepared-sink.ts'
import { mariadb, type SinkServer } from '../support/sink-databases.ts'
import { sinkRecord } from '../support/sink-harness.ts'

const PLACEHOLDER = '__debezium_unavailable_value'

describe('the MySQL sink', mariadb.requirement, () => {
  let server: SinkServer
  before(async () => {
    server = await mariadb.start()
  })
  after(async () => {
    await server.stop()
  })

  /** A database and a running sink for some topics of it. */
  const prepare = (topics: readonly string[], config: RawConfig = {}, sql = '') =>
    startedSink({ server, plugin }, topics, { config, sql })

  it('tells keys of text apart that look the same to most collations', async () => {
    const columns = { id: s.string(), n: s.int32({ optional: true }) }
    const events = new ChangeEvents('words', columns)
    const { sink, run } = await prepare([events.topic])
    const ids = ['a', 'A', 'ä', 'a ', 'á', '', ' ', "a'", 'a\\']
    await sink.put(ids.map((id, n) => events.create({ id, n })))
    await sink.put([events.update({ id: 'A', n: 100 }), events.delete({ id: 'a ', n: null })])
    const found = await run('select id, n from words order by n')
    assert.deepEqual(
      found.map(({ id, n }) => [id, n]),
      [
        ['a', 0],
        ['ä', 2],
        ['á', 4],
        ['', 5],
        [' ', 6],
        ["a'", 7],
        ['a\\', 8],
        ['A', 100]
      ]
    )
    await sink.task.stop()
  })

  it('leaves columns as they are whose unchanged value the source left out', async () => {
    const events = new ChangeEvents('docs', {
      id: s.int32(),
      title: s.string({ optional: true }),
      body: s.string(),
      blob: s.bytes({ optional: true })
    })
    const { sink, run } = await prepare([events.topic])
    const hidden = { body: PLACEHOLDER, blob: Buffer.from(PLACEHOLDER) }
    await sink.put([events.create({ id: 1, title: 'a', body: 'long', blob: Buffer.from('x') })])
    await sink.put([
      events.update({ id: 1, title: 'b', ...hidden }),
      events.create({ id: 2, title: 'c', body: 'other', blob: null }),
      events.update({ id: 2, title: 'd', ...hidden })
    ])
    // Nothing changes by it, and still the row was found.
    await sink.put([events.update({ id: 1, title: 'b', ...hidden })])
    assert.deepEqual(
      await run('select id, title, body, cast(`blob` as char) as b from docs order by id'),
      [
        { id: 1, title: 'b', body: 'long', b: 'x' },
        { id: 2, title: 'd', body: 'other', b: null }
      ]
    )
    await assert.rejects(sink.put([events.update({ id: 5, title: 'e', ...hidden })]), {
      name: 'DataError',
      message: /the row is not in table `docs`/
    })
    await sink.task.stop()
  })

  it('adds columns, with the default of the source for rows that are there', async () => {
    const items = new ChangeEvents('items', { id: s.int32(), name: s.string({ optional: true }) })
    const wider = new ChangeEvents(
      'items',
      {
        id: s.int32(),
        name: s.string({ optional: true }),
        level: s.int32({ default: 7 }),
        word: s.string({ default: "it's" }),
        seen: s.string({ name: 'io.debezium.time.ZonedTimestamp', default: '1970-01-01T00:00:00Z' })
      },
      { offset: 10 }
    )
    const { sink, run } = await prepare([items.topic])
    await sink.put([items.create({ id: 1, name: 'a' })])
    await sink.put([
      items.create({ id: 2, name: 'b' }),
      wider.create({ id: 3, name: 'c', level: 9, word: 'w', seen: '2026-01-01T00:00:00Z' })
    ])
    assert.deepEqual(await run('select id, level, word, seen from items order by id'), [
      { id: 1, level: 7, word: "it's", seen: null },
      { id: 2, level: 7, word: "it's", seen: null },
      { id: 3, level: 9, word: 'w', seen: '2026-01-01 00:00:00.000000' }
    ])
    await sink.task.stop()
  })

  it('reads schemaless events by the types of the columns', async () => {
    const events = new ChangeEvents('plain', {}, { schemaless: true })
    const { sink, run } = await prepare(
      [events.topic],
      { 'schemaless.decimal.format': 'base64' },
      `create table plain (id bigint primary key, born date, at datetime(6), at3 datetime, tz timestamp(6),
         price decimal(10,2), doc json, raw varbinary(10), f float, t time(6), ok bool, b bit(9), y year, big bigint unsigned, u binary(16))`
    )
    await sink.put([
      events.create({
        id: 9007199254740993n,
        born: 19782,
        at: 1709168523000001,
        at3: 1709168523000,
        tz: '2024-02-29T01:02:03Z',
        price: 'BNI=',
        doc: '{"a":[1]}',
        raw: 'AQI=',
        f: 1.5,
        t: 3723500000,
        ok: true,
        b: 'AQE=',
        y: 1999,
        big: 18446744073709551615n,
        u: '3f2504e0-4f89-11d3-9a0c-0305e82c3301'
      })
    ])
    const names = 'id,born,at,at3,tz,price,doc,f,t,ok,y,big'.split(',')
    assert.deepEqual(Object.values((await textsOf(run, 'plain', names)) ?? {}), [
      '9007199254740993',
      '2024-02-29',
      '2024-02-29 01:02:03.000001',
      '2024-02-29 01:02:03',
      '2024-02-29 01:02:03.000000',
      '12.34',
      '{"a":[1]}',
      '1.5',
      '01:02:03.500000',
      '1',
      '1999',
      '18446744073709551615'
    ])
    assert.deepEqual(await run('select hex(raw) as r, bin(b) as b, hex(u) as u from plain'), [
      { r: '0102', b: '100000001', u: '3F2504E04F8911D39A0C0305E82C3301' }
    ])
    await sink.task.stop()
  })

  it('makes tables for plain JSON, whose columns come as values do', async () => {
    const { sink, run } = await prepare(['t'], { 'collection.name.format': '${topic}' })
    const record = (offset: number, value: unknown) =>
      sinkRecord({ offset, key: { id: offset }, value })
    await sink.put([record(0, { id: 0, n: 1, s: 'x', gone: null })])
    await sink.put([record(1, { id: 1, n: 1.5, more: { deep: [1, 2n ** 60n] }, ok: true })])
    const found = await run('select id, n + 0e0 as n, s, more, ok from t order by id')
    assert.deepEqual(found, [
      { id: 0, n: 1, s: 'x', more: null, ok: null },
      { id: 1, n: 1.5, s: null, more: '{"deep":[1,1152921504606846976]}', ok: 1 }
    ])
    await sink.task.stop()
  })

  it('writes to the database that the table name says', async () => {
    const other = await server.create()
    const { name } = other
    const { sink } = await prepare(['t'], {
      'connection.username': other.config['connection.username'] ?? '',
      'connection.url': other.config['connection.url'] ?? '',
      'collection.name.format': `${name}.people`,
      'offsets.table.name': `${name}.places`
    })
    await sink.put([sinkRecord({ offset: 0, key: { id: 1 }, value: { id: 1 } })])
    assert.deepEqual(await other.run('select id from people'), [{ id: 1 }])
    assert.equal(await other.hasTable('places'), true)
    await sink.task.stop()
  })

  it('quotes names, whatever they are', async () => {
    const events = new ChangeEvents(
      'We`ird Table',
      { 'Key `1`': s.int32(), select: s.string() },
      { keys: ['Key `1`'] }
    )
    const { sink, run } = await prepare([events.topic])
    await sink.put([events.create({ 'Key `1`': 1, select: '; drop' })])
    await sink.put([events.update({ 'Key `1`': 1, select: 'x' })])
    assert.deepEqual(await run('select * from `We``ird Table`'), [{ 'Key `1`': 1, select: 'x' }])
    await sink.task.stop()
  })

  it('leaves generated columns alone, and writes numbers that the table would make', async () => {
    const events = new ChangeEvents('g', { id: s.int32(), a: s.int32(), twice: s.int32() })
    const { sink, run } = await prepare(
      [events.topic],
      {},
      'create table g (id int auto_increment primary key, a int, twice int as (a * 2) stored)'
    )
    await sink.put([
      events.create({ id: 0, a: 1, twice: 0 }),
      events.create({ id: 6, a: 2, twice: 0 })
    ])
    await sink.put([events.update({ id: 0, a: 7, twice: 0 })])
    assert.deepEqual(await run('select * from g order by id'), [
      { id: 0, a: 7, twice: 14 },
      { id: 6, a: 2, twice: 4 }
    ])
    await sink.task.stop()
  })

  it('writes deliveries that are larger than a statement may be', async () => {
    const events = new ChangeEvents('large', { id: s.int32(), body: s.string() })
    const { sink, run } = await prepare([events.topic])
    const body = "ü'".repeat(500_000)
    await sink.put(Array.from({ length: 6 }, (_, id) => events.create({ id, body })))
    const [found] = await run('select count(*) as n, min(char_length(body)) as l from large')
    assert.deepEqual(found, { n: 6, l: 1_000_000 })
    await assert.rejects(sink.put([events.create({ id: 9, body: 'x'.repeat(17_000_000) })]), {
      name: 'DataError',
      message: /max_allowed_packet/
    })
    await sink.task.stop()
  })
})
