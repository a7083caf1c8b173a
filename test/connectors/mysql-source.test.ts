import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { prepareSource } from './mariadb-harness.ts'
import { plain, type SourceHarness, sourceField } from './source-harness.ts'

describe('the MariaDB source', () => {
  let server: MariadbServer
  before(async () => {
    server = await startMariadb()
  })
  after(() => server.stop())

  const prepare = (sql: string, config: Record<string, string> = {}) =>
    prepareSource(server, sql, config)

  /** A user with these privileges on all of the server, and SELECT. */
  async function user(name: string, privileges: string) {
    await server.query(`CREATE OR REPLACE USER '${name}'@'127.0.0.1' IDENTIFIED BY 'pw'`)
    await server.query(`GRANT SELECT, ${privileges} ON *.* TO '${name}'@'127.0.0.1'`)
    return { 'database.user': name, 'database.password': 'pw' }
  }

  const READER = 'REPLICATION SLAVE, REPLICATION CLIENT, BINLOG MONITOR'
  const TABLE = 'create table t (id int primary key, v text); insert into t values (1, "a")'

  it('lets others write while it reads', async () => {
    const { task, run, next } = await prepare(TABLE)
    await using running = task
    await running.start()
    await run("insert into t values (2, 'b'); alter table t add w int")
    await running.snapshot()
    assert.deepEqual(await next(2), [
      'r t {"id":1} {"id":1,"v":"a"}',
      'c t {"id":2} {"id":2,"v":"b"}'
    ])
  })

  it('locks table by table where the user may not lock all', async () => {
    const { task, next, run } = await prepare(TABLE, await user('locker', `LOCK TABLES, ${READER}`))
    await using running = task
    await running.start()
    await run("insert into t values (2, 'b')")
    await running.snapshot()
    assert.deepEqual(await next(2), [
      'r t {"id":1} {"id":1,"v":"a"}',
      'c t {"id":2} {"id":2,"v":"b"}'
    ])
  })

  it('says what to do when it may not lock at all, and does without where it is told to', async () => {
    const { task, next } = await prepare(TABLE, await user('looker', READER))
    await using running = task
    await assert.rejects(running.start(), (error: Error & { hint?: string }) => {
      assert.match(error.message, /Tables cannot be locked/)
      assert.match(error.hint ?? '', /GRANT RELOAD.*snapshot\.locking\.mode: none/)
      return true
    })
    await running.start({ 'snapshot.locking.mode': 'none' })
    await running.snapshot()
    assert.deepEqual(await next(1), ['r t {"id":1} {"id":1,"v":"a"}'])
  })

  it('keeps writers waiting only in mode extended, and lets them go when the task ends', async () => {
    const { task, run } = await prepare(TABLE, { 'snapshot.locking.mode': 'extended' })
    await running(task)
    const writing = run("insert into t values (2, 'b')").then(() => 'written')
    const first = await Promise.race([writing, task.poll().then(() => 'waiting')])
    assert.equal(first, 'waiting')
    await task.stop()
    assert.equal(await writing, 'written')
  })

  it('gives up waiting for a lock, and may be tried again', async () => {
    const { task, run, database } = await prepare(TABLE, { 'snapshot.lock.timeout.ms': '1000' })
    const client = await server.connect(database)
    await client.query('begin')
    await client.query('lock tables t write')
    await assert.rejects(task.start(), { code: 'MYSQL_SNAPSHOT_LOCK', retriable: true })
    await client.query('unlock tables')
    await client.end()
    await task.start()
    await task.snapshot()
    await task.stop()
    await run('select 1')
  })

  for (const mode of ['minimal', 'none']) {
    it(`has every row in the snapshot or in the stream, while others write (${mode})`, async () => {
      const { task, database, run } = await prepare(
        'create table t (id int primary key, n int); insert into t select seq, 0 from seq_1_to_500',
        { 'snapshot.locking.mode': mode }
      )
      await using reading = task
      const client = await server.connect(database)
      const isOver = { now: false }
      const writing = (async () => {
        for (let i = 0; !isOver.now; i++) {
          await client.query(`update t set n = n + 1 where id = ${(i % 500) + 1}`)
          await client.query(`insert into t values (${1000 + i}, 0)`)
          if (i % 3 === 0) await client.query(`delete from t where id = ${1000 + i}`)
        }
      })()
      await reading.start()
      await reading.snapshot()
      isOver.now = true
      await writing
      await client.end()
      await run('insert into t values (-1, -1)')
      const rows = new Map<number, unknown>()
      for (let isLast = false; !isLast; ) {
        for (const record of await reading.records(1)) {
          const { id } = plain(record.key) as { id: number }
          const after = record.value === null ? null : plainRow(record.value)
          if (after === null) rows.delete(id)
          else rows.set(id, after.n)
          if (id === -1) isLast = true
        }
      }
      const there = await run('select id, n from t order by id')
      assert.deepEqual(
        [...rows].toSorted(([a], [b]) => a - b),
        there.map(({ id, n }) => [id, n])
      )
    })
  }

  it('takes values of a new row that the log leaves out from their defaults', async () => {
    const { task, next, database } = await prepare(
      "create table t (id int primary key, a varchar(9) default 'x', b int, c text not null, d int not null default 7, e timestamp default now())"
    )
    await using running = task
    await running.start()
    await running.snapshot()
    const client = await server.connect(database, { multipleStatements: true })
    await client.query(
      "set binlog_row_image = minimal; insert into t (id, c, e) values (1, 'c', '2024-01-01'); update t set b = 5; update t set id = 2"
    )
    await client.end()
    assert.deepEqual(await next(2), [
      'c t {"id":1} {"id":1,"a":"x","b":null,"c":"c","d":7,"e":"2024-01-01T00:00:00Z"}',
      'u t {"id":1} {"id":1,"a":"__debezium_unavailable_value","b":5,"c":"__debezium_unavailable_value","d":0,"e":"__debezium_unavailable_value"}'
    ])
    assert.deepEqual(
      (await next(3)).map((text) => text.slice(0, 12)),
      ['d t {"id":1}', '- t {"id":1}', 'c t {"id":2}']
    )
    const warnings = running.log.filter((line) => line.includes('binlog_row_image'))
    assert.deepEqual(
      warnings.map((line) => line.includes(`rows of ${database}.t `)),
      [true]
    )
  })

  it('leaves out transactions of other domains, and reads them no more than needed', async () => {
    const { task, next, database } = await prepare('create table t (id int primary key)', {
      'gtid.source.excludes': '7'
    })
    await using running = task
    await running.start()
    await running.snapshot()
    const client = await server.connect(database, { multipleStatements: true })
    await client.query(
      'set gtid_domain_id = 7; insert into t values (1); set gtid_domain_id = 0; insert into t values (2)'
    )
    assert.deepEqual(await next(1), ['c t {"id":2} {"id":2}'])
    await running.commit()
    await running.stop()
    await client.query('insert into t values (3)')
    await client.end()
    await running.start()
    assert.deepEqual(await next(1), ['c t {"id":3} {"id":3}'])
  })

  it('shows the statement of a change when it is asked to', async () => {
    const { task, run } = await prepare(TABLE, { 'include.query': 'true' })
    await using running = task
    await running.start()
    await running.snapshot()
    await run('insert into t values (2, "b")')
    const [, change] = await running.records(2)
    assert.equal(change && sourceField(change, 'query'), 'insert into t values (2, "b")')
  })

  it('goes on when the action of a heartbeat fails', async () => {
    const { task } = await prepare(TABLE, {
      'heartbeat.interval.ms': '10',
      'heartbeat.action.query': 'insert into nowhere.t values (1)'
    })
    await using running = task
    await running.start()
    await running.snapshot()
    await running.records(4)
    assert.match(running.log.join(), /heartbeat\.action\.query failed/)
  })
})

async function running(task: SourceHarness): Promise<void> {
  await task.start()
  await task.poll()
}

function plainRow(value: unknown): { n: number } | null {
  const { after } = plain(value) as { after: { n: number } | null }
  return after
}
