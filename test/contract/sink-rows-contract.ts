import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { RawConfig } from '../../runtime/api/config.ts'
import * as s from '../../runtime/api/schema.ts'
import { ChangeEvents } from '../support/change-events.ts'
import { startedSink } from '../support/prepared-sink.ts'
import type { SinkDatabase, SinkServer } from '../support/sink-databases.ts'
import { sinkRecord, startSink } from '../support/sink-harness.ts'

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

/** What sinks into tables make of records, whatever the database. */
export function rowsContract(database: SinkDatabase): void {
  describe(`rows of the ${database.name} sink`, database.requirement, () => {
    let server: SinkServer
    before(async () => {
      server = await database.start()
    })
    after(async () => {
      await server.stop()
    })

    const prepare = (topics: readonly string[], config: RawConfig = {}, sql = '') =>
      startedSink({ server, plugin: database.plugin }, topics, { config, sql })

    const items = (options = {}) =>
      new ChangeEvents('items', { id: s.int32(), name: s.string({ optional: true }) }, options)

    it('reduces the changes of a key within a batch to the last one', async () => {
      const events = items()
      const { sink, run } = await prepare([events.topic])
      await sink.put([
        events.create({ id: 1, name: 'a' }),
        events.create({ id: 2, name: 'b' }),
        events.update({ id: 1, name: 'c' }),
        events.delete({ id: 2 }),
        events.tombstone({ id: 2 }),
        events.create({ id: 3, name: 'd' }),
        events.delete({ id: 3 }),
        events.create({ id: 3, name: 'e' })
      ])
      assert.deepEqual(await run('select * from items order by id'), [
        { id: 1, name: 'c' },
        { id: 3, name: 'e' }
      ])
      await sink.put([
        events.delete({ id: 1 }),
        events.tombstone({ id: 1 }),
        events.tombstone({ id: 9 })
      ])
      assert.deepEqual(await run('select id from items'), [{ id: 3 }])
      await sink.task.stop()
    })

    it('writes a row anew after its delete, with nothing left of the old one', async () => {
      const events = items()
      const { sink, run } = await prepare(
        [events.topic],
        {},
        'create table items (id int primary key, name text, extra text)'
      )
      await sink.put([events.create({ id: 1, name: 'a' })])
      await run("update items set extra = 'old'")
      await sink.put([events.delete({ id: 1 }), events.create({ id: 1, name: 'b' })])
      assert.deepEqual(await run('select * from items'), [{ id: 1, name: 'b', extra: null }])
      await sink.task.stop()
    })

    it('truncates, and writes what comes after', async () => {
      const events = items()
      const { sink, run } = await prepare([events.topic])
      await sink.put([events.create({ id: 1, name: 'a' })])
      await sink.put([
        events.create({ id: 2, name: 'b' }),
        events.truncate(),
        events.create({ id: 3, name: 'c' })
      ])
      assert.deepEqual(await run('select id from items'), [{ id: 3 }])
      await sink.task.stop()
    })

    it('finds rows by keys of several columns in any order', async () => {
      const events = new ChangeEvents(
        'pairs',
        { a: s.int32(), b: s.string(), c: s.int32() },
        { keys: ['b', 'a'] }
      )
      const { sink, run } = await prepare([events.topic])
      await sink.put([
        events.create({ a: 1, b: 'x', c: 1 }),
        events.create({ a: 1, b: 'y', c: 2 }),
        events.delete({ a: 1, b: 'x', c: 1 })
      ])
      assert.deepEqual(await run('select * from pairs'), [{ a: 1, b: 'y', c: 2 }])
      await sink.task.stop()
    })
  })

  describe(`modes of the ${database.name} sink`, database.requirement, () => {
    let server: SinkServer
    before(async () => {
      server = await database.start()
    })
    after(async () => {
      await server.stop()
    })

    async function prepare(config: RawConfig, sql = '') {
      const { run, config: connection } = await server.create()
      if (sql !== '') await run(sql)
      const partitions = [{ topic: 'shop.people', partition: 0 }]
      const options = { partitions, tolerate: false }
      const sink = await startSink(database.plugin, { ...connection, ...config }, options)
      return { sink, run }
    }

    it('names the table after the topic, dots as underscores', async () => {
      const { sink, run } = await prepare({})
      await sink.put([flat(0, 1, 'Ada')])
      assert.deepEqual(await run('select * from shop_people'), [{ id: 1, name: 'Ada' }])
      await sink.task.stop()
    })

    it('names the table by a regular expression over the topic', async () => {
      const { sink, run } = await prepare({
        'table.name.regex': 'shop\\.(.*)',
        'table.name.replacement': 'all_$1'
      })
      await sink.put([flat(0, 1, 'Ada')])
      assert.deepEqual(await run('select id from all_people'), [{ id: 1 }])
      await sink.task.stop()
    })

    it("has the defaults of Debezium's sink under its class name", async () => {
      const { sink, run } = await prepare(
        { 'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector' },
        'create table shop_people (id int, name text)'
      )
      await sink.put([flat(0, 1, 'a'), flat(1, 1, 'b')])
      assert.deepEqual(await run('select * from shop_people'), [
        { id: 1, name: 'a' },
        { id: 1, name: 'b' }
      ])
      await sink.task.stop()
    })

    it('updates only, where that is asked for', async () => {
      const { sink, run } = await prepare(
        { 'insert.mode': 'update' },
        "create table shop_people (id int primary key, name text); insert into shop_people values (1, 'old')"
      )
      await sink.put([flat(0, 1, 'new'), flat(1, 2, 'nobody')])
      assert.deepEqual(await run('select * from shop_people'), [{ id: 1, name: 'new' }])
      await sink.task.stop()
    })

    it('keys rows by their place in the topic', async () => {
      const { sink, run } = await prepare({
        'primary.key.mode': 'kafka',
        'delete.enabled': 'false'
      })
      await sink.put([flat(7, 1, 'a'), flat(8, 1, 'b')])
      const found = await run(
        'select __connect_topic as t, __connect_offset as o, name from shop_people order by o'
      )
      assert.deepEqual(
        found.map(({ t, o, name }) => [t, Number(o), name]),
        [
          ['shop.people', 7, 'a'],
          ['shop.people', 8, 'b']
        ]
      )
      await sink.task.stop()
    })

    it('inserts and deletes in order in insert mode', async () => {
      const { sink, run } = await prepare(
        { 'insert.mode': 'insert' },
        'create table shop_people (id int primary key, name text)'
      )
      const gone = sinkRecord({
        offset: 1,
        topic: 'shop.people',
        keySchema: key,
        key: new s.Struct(key, [1])
      })
      await sink.put([flat(0, 1, 'a'), gone, flat(2, 1, 'b')])
      assert.deepEqual(await run('select * from shop_people'), [{ id: 1, name: 'b' }])
      await sink.task.stop()
    })

    it('inserts rows without a key', async () => {
      const { sink, run } = await prepare({})
      const keyless = (offset: number) => ({ ...flat(offset, 1, 'a'), key: null, keySchema: null })
      await sink.put([keyless(0), keyless(1)])
      assert.equal((await run('select id from shop_people')).length, 2)
      await sink.task.stop()
    })
  })
}
