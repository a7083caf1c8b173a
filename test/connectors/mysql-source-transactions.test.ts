import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { startSource } from './mariadb-harness.ts'

describe('transactions of MariaDB', () => {
  let server: MariadbServer
  before(async () => {
    server = await startMariadb()
  })
  after(() => server.stop())

  const TABLES =
    'create table t (id int primary key, v text); create table m (id int primary key) engine = myisam'
  const prepare = (config: Record<string, string> = {}) => startSource(server, TABLES, { config })

  const XA = (xid: string, statements: string) =>
    `xa start '${xid}'; ${statements}; xa end '${xid}'; xa prepare '${xid}'`

  it('passes on a prepared XA transaction when it is committed', async () => {
    await using test = await prepare()
    await test.run(XA('a', "insert into t values (1, 'a'), (2, 'a')"))
    await test.run("xa rollback 'a'")
    await test.run(XA('b', "insert into t values (3, 'b'), (4, 'b')"))
    await server.query("insert into t values (5, 'other')", undefined, test.database)
    assert.deepEqual(await test.next(1), ['c t {"id":5} {"id":5,"v":"other"}'])
    await test.run("xa commit 'b'; insert into t values (6, 'after')")
    assert.deepEqual(await test.next(3), [
      'c t {"id":3} {"id":3,"v":"b"}',
      'c t {"id":4} {"id":4,"v":"b"}',
      'c t {"id":6} {"id":6,"v":"after"}'
    ])
  })

  it('knows a prepared XA transaction after a restart', async () => {
    await using test = await prepare({ 'max.batch.size': '3' })
    const { task } = test
    await test.run(XA('c', "insert into t values (1, 'c'), (2, 'c'), (3, 'c'), (4, 'c'), (5, 'c')"))
    await server.query("insert into t values (10, 'other')", undefined, test.database)
    assert.deepEqual(await test.next(1), ['c t {"id":10} {"id":10,"v":"other"}'])
    await task.commit()
    await task.stop()
    await server.query("insert into t values (11, 'other')", undefined, test.database)
    await task.start()
    assert.deepEqual(await test.next(1), ['c t {"id":11} {"id":11,"v":"other"}'])
    await test.run("xa commit 'c'; insert into t values (12, 'after')")
    assert.deepEqual(
      await test.next(3),
      [1, 2, 3].map((id) => `c t {"id":${id}} {"id":${id},"v":"c"}`)
    )
    await task.commit()
    await task.stop()
    await task.start()
    assert.deepEqual(await test.next(3), [
      'c t {"id":4} {"id":4,"v":"c"}',
      'c t {"id":5} {"id":5,"v":"c"}',
      'c t {"id":12} {"id":12,"v":"after"}'
    ])
    assert.equal(task.offset?.['millrace_xa'], undefined)
  })

  it('leaves out what is rolled back to a savepoint, though the log has it', async () => {
    await using test = await prepare({ 'max.batch.size': '2' })
    await test.run(
      `begin; insert into t values (1, 'a'); savepoint s; insert into t values (2, 'b'), (3, 'b');
       insert into m values (1); rollback to s; insert into t values (4, 'c'), (5, 'c'), (6, 'c'); commit;
       insert into t values (7, 'after')`
    )
    const seen: string[] = []
    while (seen.length < 6) {
      const polled = await test.task.poll()
      seen.push(...(await test.next(polled)))
      if (polled === 0) continue
      await test.task.commit()
      await test.task.stop()
      await test.task.start()
    }
    assert.deepEqual(seen, [
      'c m {"id":1} {"id":1}',
      'c t {"id":1} {"id":1,"v":"a"}',
      ...[4, 5, 6].map((id) => `c t {"id":${id}} {"id":${id},"v":"c"}`),
      'c t {"id":7} {"id":7,"v":"after"}'
    ])
  })

  it('waits with a snapshot for XA transactions that are prepared', async () => {
    await using test = await prepare()
    await test.run(XA('d', "insert into t values (1, 'd')"))
    await test.task.stop()
    test.task.committed = null
    await assert.rejects(test.task.start(), { code: 'MYSQL_XA_PREPARED', retriable: true })
    await test.run("xa commit 'd'")
    await test.task.start()
    await test.task.snapshot()
    assert.deepEqual(await test.next(1), ['r t {"id":1} {"id":1,"v":"d"}'])
  })

  it('fails on a change that a session logs as a statement, or leaves it out', async () => {
    await using test = await prepare()
    await test.run("set session binlog_format = statement; insert into t values (1, 'x')")
    await assert.rejects(test.next(1), { code: 'MYSQL_STATEMENT_LOGGED' })
    await test.task.stop()
    await test.task.start({ 'inconsistent.schema.handling.mode': 'warn' })
    await test.run("set session binlog_format = row; insert into t values (2, 'y')")
    assert.deepEqual(await test.next(1), ['c t {"id":2} {"id":2,"v":"y"}'])
    assert.match(test.task.log.join(), /logged as a statement/)
  })
})
