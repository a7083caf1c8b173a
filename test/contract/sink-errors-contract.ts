import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { RawConfig } from '../../runtime/api/config.ts'
import { people, prepareSink } from '../support/prepared-sink.ts'
import type { SinkDatabase, SinkServer } from '../support/sink-databases.ts'
import { sinkRecord } from '../support/sink-harness.ts'

/** What sinks into tables do with records and tables that do not fit, whatever the database. */
export function errorsContract(database: SinkDatabase): void {
  describe(
    `what the ${database.name} sink does where something is wrong`,
    database.requirement,
    () => {
      let server: SinkServer
      before(async () => {
        server = await database.start()
      })
      after(async () => {
        await server.stop()
      })

      async function prepare(sql: string, config: RawConfig = {}, tolerate = true) {
        const prepared = await prepareSink(
          { server, plugin: database.plugin },
          { sql, config, tolerate }
        )
        return { ...prepared, start: () => prepared.start(people().topic) }
      }

      it('lets a unique value move from one row to another within a batch', async () => {
        const { run, start } = await prepare(
          'create table people (id int primary key, name text, mail varchar(20) unique)'
        )
        const sink = await start()
        const events = people()
        await sink.put([events.create({ id: 2, mail: 'b' }), events.create({ id: 1, mail: 'a' })])
        await sink.put([
          events.update({ id: 2, mail: 'c' }),
          events.update({ id: 1, mail: 'd' }),
          events.update({ id: 2, mail: 'a' })
        ])
        assert.deepEqual(sink.rejected, [])
        assert.deepEqual(await run('select id, mail from people order by id'), [
          { id: 1, mail: 'd' },
          { id: 2, mail: 'a' }
        ])
        await sink.task.stop()
      })

      it('sets records aside that are no rows', async () => {
        const { start } = await prepare('')
        const sink = await start()
        const { topic } = people()
        const source = { table: 'people', schema: 'public', db: 'shop' }
        await sink.put([
          sinkRecord({ topic, offset: 0, value: 'text', key: { id: 1 } }),
          sinkRecord({ topic, offset: 1, value: { op: 'x', after: null, source }, key: { id: 1 } }),
          sinkRecord({ topic, offset: 2, value: { op: 'u', after: { id: 1 }, source } }),
          sinkRecord({
            topic,
            offset: 3,
            value: { op: 'c', after: { id: null }, source },
            key: { id: null }
          })
        ])
        const reasons = sink.rejected.map(({ error }) => error.message.replace(/^.*?-0: /, ''))
        assert.deepEqual(reasons, [
          'the value of the record is of type string, but must be an object with fields',
          "the operation 'x' of the event is unknown",
          'a row is updated, but the record has no key to find it by',
          'key column id is null'
        ])
        await sink.task.stop()
      })

      it('looks at a table again that somebody changed meanwhile', async () => {
        const { run, start } = await prepare('', {}, false)
        const sink = await start()
        const events = people()
        await sink.put([events.create({ id: 1, name: 'a' })])
        await run('alter table people drop column mail')
        await sink.put([events.create({ id: 2, name: 'b', mail: 'm' })])
        await run('drop table people')
        await sink.put([events.create({ id: 3, name: 'c', mail: 'm' })])
        assert.deepEqual(await run('select * from people'), [{ id: 3, name: 'c', mail: 'm' }])
        await sink.task.stop()
      })
    }
  )
}
