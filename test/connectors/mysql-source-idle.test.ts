import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import source from '../../connectors/mysql/mariadb-source.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { sourceKeys } from './mariadb-harness.ts'
import { brief, SourceHarness } from './source-harness.ts'

describe('the MariaDB source on a quiet database', () => {
  let server: MariadbServer
  before(async () => {
    server = await startMariadb()
  })
  after(() => server?.stop())

  it('starts again from the offset that it stored before any change came', async () => {
    const database = await server.createDatabase()
    const run = (sql: string) => server.query(sql, undefined, database)
    await run('create table t (id int primary key)')
    await run('insert into t values (100), (101)')
    await using running = new SourceHarness(source, {
      ...sourceKeys(server, database),
      'heartbeat.interval.ms': '20'
    })
    await running.start()
    await running.snapshot()
    const stored = running.committed
    for (let restart = 0; restart < 3; restart++) {
      await running.stop()
      await running.start()
      await running.records(2)
      await running.commit()
      const { file, pos } = running.committed ?? {}
      assert.deepEqual({ file, pos }, { file: stored?.['file'], pos: stored?.['pos'] })
    }
    await run('insert into t values (1)')
    for (;;) {
      const [record] = await running.records(1)
      if (record?.topic.endsWith('.t')) {
        assert.match(brief(record), /^c .*"id":1/)
        return
      }
    }
  })
})
