import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import source from '../../connectors/mysql/mariadb-source.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { until } from '../support/until.ts'
import { sourceKeys } from './mariadb-harness.ts'
import { brief, SourceHarness } from './source-harness.ts'

describe('the MariaDB source and a log that changes', () => {
  let server: MariadbServer
  let task: SourceHarness
  beforeEach(async () => {
    server = await startMariadb()
    await server.createDatabase('shop')
    await run('create table t (id int primary key, v text); insert into t values (1, "a")')
    task = new SourceHarness(source, sourceKeys(server, 'shop'))
  })
  afterEach(async () => {
    await task.stop()
    await server.stop()
  })

  const run = (statements: string) => server.query(statements, undefined, 'shop')
  const next = async (count: number) => (await task.records(count)).map(brief)
  const [A, B, C] = [1, 2, 3].map((id) => `shop.t {"id":${id}} {"id":${id},"v":"${'_abc'[id]}"}`)

  /** Reads the first row, and stops. */
  async function begin() {
    await task.start()
    await task.snapshot()
    assert.deepEqual(await next(1), [`r ${A}`])
    await task.stop()
  }

  it('goes on over restarts of the server and new files of the log', async () => {
    await begin()
    await run('flush binary logs; insert into t values (2, "b"); flush binary logs')
    await server.restart()
    await run('insert into t values (3, "c")')
    await task.start()
    assert.deepEqual(await next(2), [`c ${B}`, `c ${C}`])
    await server.restart()
    await assert.rejects(next(1), { retriable: true })
  })

  it('says when the log no longer has what it needs, and reads everything again if it may', async () => {
    await begin()
    await run('insert into t values (2, "b"); flush binary logs; insert into t values (3, "c")')
    // The server keeps what a reader is still sent, until it notices that this one is gone.
    await until(async () => {
      const logs = await server.query<{ Log_name: string }>('show binary logs')
      await run(`purge binary logs to '${logs.at(-1)?.Log_name}'`)
      return (await server.query('show binary logs')).length === 1
    })
    await assert.rejects(task.start(), { code: 'MYSQL_BINLOG_PURGED', retriable: false })
    await task.start({ 'snapshot.mode': 'when_needed' })
    assert.deepEqual(await next(3), [`r ${A}`, `r ${B}`, `r ${C}`])
    await run('insert into t values (4, "d")')
    assert.deepEqual(await next(1), ['c shop.t {"id":4} {"id":4,"v":"d"}'])
  })

  it('notices RESET MASTER, even when the same GTIDs are there again', async () => {
    await begin()
    await run('reset master')
    await assert.rejects(task.start(), { code: 'MYSQL_LOG_CHANGED' })
    const [own] = (String(task.committed?.['gtids']).match(/\d+$/) ?? []).map(Number)
    for (let i = 0; i < Number(own) + 3; i++) await run(`insert into t values (${10 + i}, "x")`)
    await assert.rejects(task.start(), (error: Error & { code?: string; hint?: string }) => {
      assert.equal(error.code, 'MYSQL_LOG_CHANGED')
      assert.match(error.hint ?? '', /snapshot\.mode: when_needed/)
      return true
    })
  })

  it('follows columns that the log does not name', async () => {
    await run('set global binlog_row_metadata = NO_LOG')
    await begin()
    await task.start()
    assert.match(task.log.join(), /binlog_row_metadata=NO_LOG.*SET GLOBAL/)
    await run(
      `alter table t rename column v to w, add u int unsigned first; insert into t values (4294967295, 2, 'b');
       alter table t drop u; insert into t values (3, 'c')`
    )
    assert.deepEqual(await next(2), [
      'c shop.t {"id":2} {"u":4294967295,"id":2,"w":"b"}',
      'c shop.t {"id":3} {"id":3,"w":"c"}'
    ])
    await task.commit()
    await task.stop()
    await run('insert into t values (4, "d"); alter table t add x int first')
    task.forgetOthers()
    await task.start()
    await assert.rejects(next(1), { code: 'MYSQL_TABLE_MISMATCH' })
  })

  it('forgets the shapes of a dropped database, also those that it had not loaded', async () => {
    await run('set global binlog_row_metadata = NO_LOG')
    await begin()
    await task.commit()
    await run(
      `drop database shop; create database shop; use shop;
       create table if not exists t (id int primary key, w text); insert into t values (2, "b");
       alter table t rename column w to x`
    )
    await task.start()
    assert.deepEqual(await next(1), ['c shop.t {"id":2} {"id":2,"w":"b"}'])
    await task.commit()
    await task.stop()
    await run('insert into t values (3, "c")')
    await task.start()
    assert.deepEqual(await next(1), ['c shop.t {"id":3} {"id":3,"x":"c"}'])
  })

  it('ends when another reader comes with its number, and says so', async () => {
    await begin()
    await task.start()
    const other = new SourceHarness(source, { ...task.config, 'topic.prefix': 'q' })
    const id = { 'database.server.id': '4711' }
    await task.stop()
    await task.start(id)
    const ended = assert.rejects(next(1), { code: 'MYSQL_SERVER_ID_TAKEN' })
    await other.start({ ...id, 'snapshot.mode': 'no_data' })
    await other.poll()
    const polling = other.poll()
    await ended
    await other.stop()
    await polling
  })
})
