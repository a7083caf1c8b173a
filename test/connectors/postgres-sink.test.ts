import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import plugin from '../../connectors/postgres/sink.ts'
import type { RawConfig } from '../../runtime/api/config.ts'
import * as s from '../../runtime/api/schema.ts'
import { ChangeEvents } from '../support/change-events.ts'
import { startedSink } from '../support/prepared-sink.ts'
import { postgres, type SinkServer } from '../support/sink-databases.ts'
import { sinkRecord } from '../support/sink-harness.ts'

const PLACEHOLDER = '__debezium_unavailable_value'

describe('the PostgreSQL sink', () => {
  let server: SinkServer
  before(async () => {
    server = await postgres.start()
  })
  after(async () => {
    await server.stop()
  })

  /** A database and a running sink for some topics of it. */
  const prepare = (topics: readonly string[], config: RawConfig = {}, sql = '') =>
    startedSink({ server, plugin }, topics, { config, sql })

  const items = (options = {}) =>
    new ChangeEvents('items', { id: s.int32(), name: s.string({ optional: true }) }, options)

  it('makes a table with exact types and writes exact values', async () => {
    const columns = {
      id: s.int64(),
      price: s.decimal(2, { parameters: { 'connect.decimal.precision': '12' } }),
      any: s.struct(
        { scale: s.int32(), value: s.bytes() },
        { name: 'io.debezium.data.VariableScaleDecimal' }
      ),
      born: s.int32({ name: 'io.debezium.time.Date' }),
      at: s.int64({ name: 'io.debezium.time.MicroTimestamp' }),
      at3: s.int64({ name: 'io.debezium.time.Timestamp' }),
      tz: s.string({ name: 'io.debezium.time.ZonedTimestamp' }),
      t: s.int64({ name: 'io.debezium.time.MicroTime' }),
      uid: s.string({ name: 'io.debezium.data.Uuid' }),
      doc: s.string({ name: 'io.debezium.data.Json' }),
      tags: s.array(s.string({ optional: true })),
      raw: s.bytes(),
      bits: s.bytes({ name: 'io.debezium.data.Bits', parameters: { length: '10' } }),
      span: s.int64({ name: 'io.debezium.time.MicroDuration' }),
      small: s.int16(),
      f4: s.float32(),
      f8: s.float64(),
      ok: s.boolean(),
      nothing: s.string({ optional: true, default: 'x' })
    }
    const events = new ChangeEvents('things', columns)
    const { sink, run } = await prepare([events.topic])
    const row = {
      id: 9007199254740993n,
      price: '-12.50',
      any: new s.Struct(columns.any, [30, Buffer.from([1])]),
      born: -719529,
      at: 1795412637250719,
      at3: -1,
      tz: '2026-11-23T05:43:57.249851Z',
      t: 86_400_000_000,
      uid: '3f2504e0-4f89-11d3-9a0c-0305e82c3301',
      doc: '{"a":  1, "a": 2}',
      tags: ['a "b" \\', null, '', 'NULL', '{x}'],
      raw: Buffer.from([0, 255]),
      bits: Buffer.from([5, 1]),
      span: 93_784_000_001,
      small: -32768,
      f4: Math.fround(0.1),
      f8: Number.NaN,
      ok: false,
      nothing: null
    }
    await sink.put([events.create(row)])
    const names = Object.keys(columns)
    const [found] = await run(
      `select ${names.map((name) => `"${name}"::text as "${name}"`).join(', ')} from things`
    )
    assert.deepEqual(found, {
      id: '9007199254740993',
      price: '-12.50',
      any: '0.000000000000000000000000000001',
      born: '0002-12-31 BC',
      at: '2026-11-23 05:43:57.250719',
      at3: '1969-12-31 23:59:59.999',
      tz: '2026-11-23 05:43:57.249851+00',
      t: '24:00:00',
      uid: '3f2504e0-4f89-11d3-9a0c-0305e82c3301',
      doc: '{"a":  1, "a": 2}',
      tags: '{"a \\"b\\" \\\\",NULL,"","NULL","{x}"}',
      raw: '\\x00ff',
      bits: '0100000101',
      span: '26:03:04.000001',
      small: '-32768',
      f4: '0.1',
      f8: 'NaN',
      ok: 'false',
      nothing: null
    })
    const types = await run(
      `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
       where attrelid = 'things'::regclass and attnum > 0 order by attnum`
    )
    const byName = Object.fromEntries(types.map(({ name, type }) => [name, type]))
    assert.equal(byName['price'], 'numeric(12,2)')
    assert.equal(byName['at3'], 'timestamp(3) without time zone')
    assert.equal(byName['tags'], 'text[]')
    assert.equal(byName['bits'], 'bit varying(10)')
    assert.equal(byName['uid'], 'uuid')
    await sink.task.stop()
  })

  it('adds columns, with the default of the source for rows that are there', async () => {
    const events = items()
    const wider = new ChangeEvents(
      'items',
      {
        id: s.int32(),
        name: s.string({ optional: true }),
        level: s.int32({ default: 7 }),
        seen: s.string({ name: 'io.debezium.time.ZonedTimestamp', default: '1970-01-01T00:00:00Z' })
      },
      { offset: 10 }
    )
    const { sink, run } = await prepare([events.topic])
    await sink.put([events.create({ id: 1, name: 'a' })])
    await sink.put([
      events.create({ id: 2, name: 'b' }),
      wider.create({ id: 3, name: 'c', level: 9, seen: '2026-01-01T00:00:00Z' })
    ])
    assert.deepEqual(await run('select id, level, seen::text from items order by id'), [
      { id: 1, level: 7, seen: null },
      { id: 2, level: 7, seen: null },
      { id: 3, level: 9, seen: '2026-01-01 00:00:00+00' }
    ])
    await sink.task.stop()
  })

  it('leaves columns as they are whose unchanged value the source left out', async () => {
    const events = new ChangeEvents('docs', {
      id: s.int32(),
      title: s.string({ optional: true }),
      body: s.string(),
      blob: s.bytes({ optional: true }),
      nums: s.array(s.int32(), { optional: true })
    })
    const { sink, run } = await prepare([events.topic])
    const hidden = {
      body: PLACEHOLDER,
      blob: Buffer.from(PLACEHOLDER),
      nums: [...Buffer.from(PLACEHOLDER)]
    }
    await sink.put([
      events.create({ id: 1, title: 'a', body: 'long', blob: Buffer.from('x'), nums: [1] })
    ])
    await sink.put([
      events.update({ id: 1, title: 'b', ...hidden }),
      events.create({ id: 2, title: 'c', body: 'other', blob: null, nums: null }),
      events.update({ id: 2, title: 'd', ...hidden })
    ])
    assert.deepEqual(
      await run(
        "select id, title, body, encode(blob, 'escape') as blob, nums from docs order by id"
      ),
      [
        { id: 1, title: 'b', body: 'long', blob: 'x', nums: [1] },
        { id: 2, title: 'd', body: 'other', blob: null, nums: null }
      ]
    )
    await assert.rejects(sink.put([events.update({ id: 5, title: 'e', ...hidden })]), {
      name: 'DataError',
      message: /the row is not in table "docs"/
    })
    await sink.task.stop()
  })

  it('reads schemaless events by the types of the columns', async () => {
    const events = new ChangeEvents('plain', {}, { schemaless: true })
    const { sink, run } = await prepare(
      [events.topic],
      { 'schemaless.decimal.format': 'base64' },
      `create table plain (id bigint primary key, born date, at timestamp, at3 timestamp(3), tz timestamptz,
         price numeric(10,2), doc jsonb, raw bytea, tags text[], days date[], f real, t time, ok boolean)`
    )
    await sink.put([
      events.create({
        id: 9007199254740993n,
        born: 19782,
        at: 1709168523000001,
        at3: 1709168523456,
        tz: '2024-02-29T01:02:03.000000Z',
        price: 'BNI=',
        doc: '{"a":[1]}',
        raw: 'AQI=',
        tags: ['x', null, 'y"'],
        days: [19782],
        f: 1.5,
        t: 3723500000,
        ok: true
      })
    ])
    const columns = 'id,born,at,at3,tz,price,doc,raw,tags,days,f,t,ok'.split(',')
    const [found] = await run(
      `select ${columns.map((name) => `${name}::text`).join(', ')} from plain`
    )
    assert.deepEqual(Object.values(found ?? {}), [
      '9007199254740993',
      '2024-02-29',
      '2024-02-29 01:02:03.000001',
      '2024-02-29 01:02:03.456',
      '2024-02-29 01:02:03+00',
      '12.34',
      '{"a": [1]}',
      '\\x0102',
      '{x,NULL,"y\\""}',
      '{2024-02-29}',
      '1.5',
      '01:02:03.5',
      'true'
    ])
    await sink.task.stop()
  })

  it('makes tables for plain JSON, whose columns come as values do', async () => {
    const { sink, run } = await prepare(
      ['t'],
      { 'collection.name.format': 'sales.${topic}' },
      'create schema sales'
    )
    const record = (offset: number, value: unknown) =>
      sinkRecord({ offset, key: { id: offset }, value })
    await sink.put([record(0, { id: 0, n: 1, s: 'x', gone: null })])
    await sink.put([record(1, { id: 1, n: 1.5, more: { deep: [1, 2n ** 60n] }, ok: true })])
    assert.deepEqual(await run('select * from sales.t order by id'), [
      { id: '0', n: '1', s: 'x', more: null, ok: null },
      { id: '1', n: '1.5', s: null, more: { deep: [1, 1152921504606847000] }, ok: true }
    ])
    await sink.task.stop()
  })

  it('quotes names, whatever they are', async () => {
    const events = new ChangeEvents(
      'We"ird. Table',
      { 'Key "1"': s.int32(), select: s.string() },
      { keys: ['Key "1"'] }
    )
    const { sink, run } = await prepare([events.topic])
    await sink.put([events.create({ 'Key "1"': 1, select: '; drop' })])
    await sink.put([events.update({ 'Key "1"': 1, select: 'x' })])
    assert.deepEqual(await run('select * from "We""ird. Table"'), [{ 'Key "1"': 1, select: 'x' }])
    await sink.task.stop()
  })

  it('leaves generated columns and identities of the target alone', async () => {
    const events = new ChangeEvents('g', { id: s.int32(), a: s.int32(), twice: s.int32() })
    const { sink, run } = await prepare(
      [events.topic],
      {},
      'create table g (id int generated always as identity primary key, a int, twice int generated always as (a * 2) stored)'
    )
    await sink.put([
      events.create({ id: 5, a: 1, twice: 0 }),
      events.create({ id: 6, a: 2, twice: 0 })
    ])
    await sink.put([events.update({ id: 5, a: 7, twice: 0 })])
    assert.deepEqual(await run('select * from g order by id'), [
      { id: 5, a: 7, twice: 14 },
      { id: 6, a: 2, twice: 4 }
    ])
    await sink.task.stop()
  })
})
