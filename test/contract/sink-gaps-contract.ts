import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { movedHeader } from '../../connectors/relational/moved-key.ts'
import { GAP_HEADERS } from '../../connectors/relational/row-gaps.ts'
import type { RawConfig } from '../../runtime/api/config.ts'
import type { SinkRecord } from '../../runtime/api/record.ts'
import * as s from '../../runtime/api/schema.ts'
import { ChangeEvents } from '../support/change-events.ts'
import type { SinkDatabase, SinkServer } from '../support/sink-databases.ts'
import { startSink } from '../support/sink-harness.ts'

const COLUMNS = {
  id: s.int32(),
  name: s.string({ optional: true }),
  n: s.int32(),
  v: s.int32({ optional: true })
}

/** What sinks into tables make of events that do not have all values of a row. */
export function gapsContract(database: SinkDatabase): void {
  describe(`the ${database.name} sink with parts of rows`, database.requirement, () => {
    let server: SinkServer
    before(async () => {
      server = await database.start()
    })
    after(async () => {
      await server.stop()
    })

    async function prepare(config: RawConfig = {}, options: { schemaless?: boolean } = {}) {
      const events = new ChangeEvents('items', COLUMNS, options)
      const { run, config: connection } = await server.create()
      await run('create table items (id int primary key, name varchar(20), n int, v int)')
      const raw = { ...connection, 'table.name.format': '${source.table}', ...config }
      const partitions = [{ topic: events.topic, partition: 0 }]
      const sink = await startSink(database.plugin, raw, { partitions, tolerate: false })
      const rows = async () =>
        (await run('select * from items order by id')).map((row) => Object.values(row))
      return { events, sink, rows, run, [Symbol.asyncDispose]: () => sink.task.stop() }
    }

    const lacks = (record: SinkRecord, gaps: { unchanged?: string[]; unknown?: string[] }) => ({
      ...record,
      headers: Object.entries(gaps).map(([kind, names]) => ({
        key: GAP_HEADERS[kind as 'unchanged'],
        schema: s.string(),
        value: JSON.stringify(names)
      }))
    })
    const movedTo = (record: SinkRecord, events: ChangeEvents, id: number) => ({
      ...record,
      headers: [movedHeader(new s.Struct(events.key, [id]))]
    })

    for (const schemaless of [false, true]) {
      it(`leaves columns as they are that an event does not tell${schemaless ? ', without schemas too' : ''}`, async () => {
        await using test = await prepare({}, { schemaless })
        const { events, sink, rows } = test
        await sink.put([
          events.create({ id: 1, name: 'a', n: 2, v: 3 }),
          events.create({ id: 2, name: 'b', n: 4, v: 5 }),
          lacks(events.update({ id: 2, name: 'b2', n: 0, v: null }), { unchanged: ['n', 'v'] })
        ])
        await sink.put([
          lacks(events.update({ id: 1, name: null, n: 0, v: null }), { unchanged: ['n'] }),
          lacks(events.update({ id: 2, name: 'x', n: 8, v: 0 }), { unchanged: ['name', 'v'] }),
          lacks(events.update({ id: 2, name: 'x', n: 0, v: 9 }), { unchanged: ['name', 'n'] })
        ])
        assert.deepEqual(await rows(), [
          [1, null, 2, null],
          [2, 'b2', 8, 9]
        ])
      })
    }

    it('looks for the row where an event tells nothing of it but its key', async () => {
      await using test = await prepare()
      const { events, sink, rows } = test
      const nothing = (id: number) =>
        lacks(events.update({ id, name: null, n: 0, v: null }), { unchanged: ['name', 'n', 'v'] })
      await sink.put([events.create({ id: 1, name: 'a', n: 2, v: 3 })])
      await sink.put([nothing(1)])
      assert.deepEqual(await rows(), [[1, 'a', 2, 3]])
      await assert.rejects(sink.put([nothing(2)]), { code: 'SINK_ROW_MISSING' })
    })

    it('passes over a change of a row that may be gone, and writes it where it is not', async () => {
      await using test = await prepare()
      const { events, sink, rows } = test
      const late = (record: SinkRecord) => ({
        ...record,
        headers: [...record.headers, { key: GAP_HEADERS.mayBeGone, schema: null, value: 'true' }]
      })
      const named = (id: number, name: string) =>
        lacks(events.update({ id, name, n: 0, v: null }), { unchanged: ['n', 'v'] })
      await sink.put([events.create({ id: 1, name: 'a', n: 2, v: 3 })])
      await sink.put([late(named(1, 'b')), late(named(2, 'c'))])
      assert.deepEqual(await rows(), [[1, 'b', 2, 3]])
      await assert.rejects(sink.put([late(named(2, 'c')), named(3, 'd')]), {
        code: 'SINK_ROW_MISSING'
      })
    })

    it('inserts a row without what nobody knows of it', async () => {
      await using test = await prepare()
      const { events, sink, rows } = test
      await sink.put([
        events.create({ id: 1, name: 'a', n: 2, v: 3 }),
        lacks(events.create({ id: 2, name: 'b', n: 4, v: null }), { unknown: ['v'] }),
        lacks(events.create({ id: 1, name: 'c', n: 5, v: null }), { unknown: ['v'] })
      ])
      assert.deepEqual(await rows(), [
        [1, 'c', 5, 3],
        [2, 'b', 4, null]
      ])
    })

    it('moves a row to its new key when the event there has a part of it only', async () => {
      await using test = await prepare()
      const { events, sink, rows } = test
      const moves = (from: number, to: number, name: string) => [
        movedTo(events.delete({ id: from, name: null, n: 0, v: null }), events, to),
        movedTo(events.tombstone({ id: from }), events, to),
        lacks(events.create({ id: to, name, n: 0, v: null }), { unchanged: ['n', 'v'] })
      ]
      await sink.put([
        events.create({ id: 1, name: 'a', n: 2, v: 3 }),
        ...moves(1, 5, 'a5'),
        events.create({ id: 1, name: 'new', n: 6, v: 7 }),
        ...moves(5, 9, 'a9')
      ])
      await sink.put([...moves(1, 5, 'b5'), ...moves(9, 1, 'a1')])
      assert.deepEqual(await rows(), [
        [1, 'a1', 2, 3],
        [5, 'b5', 6, 7]
      ])
      await assert.rejects(sink.put(moves(77, 78, 'x')), { code: 'SINK_ROW_MISSING' })
      assert.equal((await rows()).length, 2)
    })

    it('writes nothing where a transform has renamed what an event does not tell', async () => {
      await using test = await prepare()
      const { events, sink, rows } = test
      await sink.put([events.create({ id: 1, name: 'a', n: 2, v: 3 })])
      const renamed = lacks(events.update({ id: 1, name: 'b', n: 0, v: 0 }), {
        unchanged: ['other']
      })
      await assert.rejects(sink.put([renamed]), {
        code: 'INVALID_VALUE',
        message: /'other' is not told, and the record has no such field/
      })
      assert.deepEqual(await rows(), [[1, 'a', 2, 3]])
    })

    it('may leave out a field that an event does not tell', async () => {
      await using test = await prepare({ 'field.exclude.list': 'v' })
      const { events, sink, rows } = test
      await sink.put([
        events.create({ id: 1, name: 'a', n: 2, v: 3 }),
        lacks(events.update({ id: 1, name: 'b', n: 0, v: null }), { unchanged: ['n', 'v'] })
      ])
      assert.deepEqual(await rows(), [[1, 'b', 2, null]])
    })

    it('takes no key from a field that an event does not tell', async () => {
      await using test = await prepare({ 'pk.mode': 'record_value', 'pk.fields': 'n' })
      const { events, sink, run } = test
      await run('alter table items add unique (n)')
      await sink.put([events.create({ id: 1, name: 'a', n: 2, v: 3 })])
      const part = lacks(events.update({ id: 1, name: 'b', n: 0, v: 0 }), { unchanged: ['n'] })
      await assert.rejects(sink.put([part]), { message: /'n' is part of the key/ })
    })
  })
}
