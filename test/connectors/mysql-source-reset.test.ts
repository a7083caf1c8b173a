import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { LogContinuity } from '../../connectors/mysql/log-continuity.ts'
import { LogTracker } from '../../connectors/mysql/log-tracker.ts'
import source from '../../connectors/mysql/mariadb-source.ts'
import { positionAt } from '../../connectors/mysql/offset.ts'
import { ConnectError } from '../../runtime/api/errors.ts'
import type { SourceRecord } from '../../runtime/api/record.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { until } from '../support/until.ts'
import { brief, SourceHarness } from './source-harness.ts'

describe('the MariaDB source and a log that is reset while it reads', () => {
  let server: MariadbServer
  let task: SourceHarness
  beforeEach(async () => {
    server = await startMariadb()
    await server.createDatabase('shop')
    await run('create table t (id int auto_increment primary key, v varchar(40))')
    await insert(12)
    task = new SourceHarness(source, {
      'topic.prefix': 'p',
      'database.hostname': server.host,
      'database.port': String(server.port),
      'database.user': server.user,
      'database.password': server.password,
      'database.include.list': 'shop',
      'table.include.list': 'shop.t',
      'snapshot.mode': 'no_data',
      'include.schema.changes': 'false'
    })
  })
  afterEach(async () => {
    await task.stop()
    await server.stop()
  })

  /** The server says often that it has nothing to send. */
  const quick = { 'connect.keep.alive.interval.ms': '150' }

  const run = (statements: string) => server.query(statements, undefined, 'shop')
  const idOf = (record: SourceRecord) => Number(/"id":(\d+)/.exec(brief(record))?.[1])

  async function insert(rows: number, value = 'some text to fill the log') {
    for (let i = 0; i < rows; i++) await run(`insert into t (v) values ('${value}')`)
  }

  /** Streams one row. */
  async function stream(overrides: Record<string, string> = {}) {
    await task.start(overrides)
    await task.snapshot()
    await insert(1)
    await task.records(1)
    await task.commit()
  }

  /** Rows that {@link failure} has read. */
  let passed: number[] = []

  /** Reads until the task fails. */
  async function failure(): Promise<ConnectError> {
    passed = []
    for (;;) {
      try {
        const records = await task.records(await task.poll())
        passed.push(...records.map(idOf))
      } catch (error) {
        assert.ok(error instanceof ConnectError, String(error))
        return error
      }
    }
  }

  it('fails when the new log is shorter, and passes nothing on', async () => {
    await stream(quick)
    await run('reset master')
    await insert(2, 'x')
    const error = await failure()
    assert.equal(error.code, 'MYSQL_LOG_CHANGED')
    assert.equal(error.retriable, false)
    assert.match(`${error.message} ${error.hint}`, /RESET MASTER.*when_needed/)
    await task.stop()
    await assert.rejects(task.start(), { code: 'MYSQL_LOG_CHANGED' })
  })

  it('fails within seconds when nothing is written to the new log', async () => {
    await stream()
    await run('reset master')
    assert.equal((await failure()).code, 'MYSQL_LOG_CHANGED')
  })

  it('does not go on in the second file of the new log', async () => {
    await stream()
    // As soon as it is as long as the old one the server hangs up.
    await run('reset master; insert into t (v) values ("x"); flush binary logs')
    await insert(1)
    assert.equal((await failure()).code, 'MYSQL_LOG_CHANGED')
    assert.deepEqual(passed, [])
  })

  it('says what has happened when the server no longer finds the next file', async () => {
    await run('flush binary logs; flush binary logs')
    await stream()
    await run('reset master')
    const error = await failure()
    assert.equal(error.code, 'MYSQL_LOG_CHANGED')
    assert.match(String((error.cause as Error | undefined)?.message), /could not find next log/)
  })

  it('notices at a start that its file has not been written yet, whatever GTIDs there are', async () => {
    await run('flush binary logs; flush binary logs')
    await stream()
    await task.stop()
    await run('reset master')
    await insert(30)
    await assert.rejects(task.start(), { code: 'MYSQL_LOG_CHANGED' })
  })

  it('passes nothing over while much is written', async () => {
    await stream()
    const reading = failure()
    const write = (times: number) => insert(times, "row'), ('row'), ('row'), ('row")
    await write(100)
    const [row] = await run('select max(id) id from t')
    await run('reset master')
    await write(100)
    const error = await reading
    if (error.retriable) await assert.rejects(task.start(), { code: 'MYSQL_LOG_CHANGED' })
    else assert.equal(error.code, 'MYSQL_LOG_CHANGED')
    const first = passed[0] ?? 14
    assert.deepEqual(
      passed,
      passed.map((_, i) => first + i)
    )
    assert.ok(passed.every((id) => id <= Number(row?.['id'])))
  })

  it('starts again and takes a snapshot when it may', async () => {
    const mode = { 'snapshot.mode': 'when_needed' }
    await task.start({ ...quick, ...mode })
    await task.snapshot()
    await insert(1)
    await task.records(13)
    await run('reset master')
    await insert(2, 'x')
    const error = await failure()
    assert.deepEqual([error.code, error.retriable], ['MYSQL_LOG_CHANGED', true])
    await task.stop()
    await task.start(mode)
    const ids = (await task.records(15)).map(idOf)
    assert.deepEqual(
      ids,
      Array.from({ length: 15 }, (_, i) => i + 1)
    )
  })

  /** Waits until a task that reads has asked several times where the log is, then writes one row. */
  async function looksAndGoesOn() {
    const reading = task.records(1)
    const asked = async () => {
      const sql = `show global status where variable_name in ('Com_show_master_status', 'Com_show_binlog_status')`
      return (await run(sql)).reduce((sum, row) => sum + Number(row['Value']), 0)
    }
    const before = await asked()
    const looks = until(async () => (await asked()) >= before + 3, { what: 'looks at the log' })
    await Promise.race([looks, reading])
    await insert(1)
    const [max] = await run('select max(id) id from t')
    assert.deepEqual((await reading).map(idOf), [Number(max?.['id'])])
    await task.commit()
  }

  it('goes on over new files and over removed ones', async () => {
    await stream(quick)
    for (let i = 0; i < 3; i++) {
      await run('flush binary logs')
      await looksAndGoesOn()
    }
    await until(async () => {
      const logs = await run('show binary logs')
      await run(`purge binary logs to '${logs.at(-1)?.['Log_name']}'`)
      return (await run('show binary logs')).length === 1
    })
    await looksAndGoesOn()
    await task.stop()
    await task.start(quick)
    await looksAndGoesOn()
  })

  it('goes on over transactions that are under way, and prepared ones', async () => {
    await stream(quick)
    const open = await server.connect('shop')
    await open.query('create table u (n int primary key)')
    await open.query('start transaction')
    await open.query('insert into u values (1)')
    await looksAndGoesOn()
    await open.query('rollback')
    for (const sql of [
      "xa start 'a'",
      'insert into u values (2)',
      "xa end 'a'",
      "xa prepare 'a'"
    ]) {
      await open.query(sql)
    }
    await looksAndGoesOn()
    await task.stop()
    await task.start(quick)
    await looksAndGoesOn()
    await open.query("xa rollback 'a'")
    await open.end()
    await looksAndGoesOn()
  })

  it('goes on over domains that are left out, unknown or deleted', async () => {
    await stream(quick)
    const elsewhere = (sql: string) =>
      run(`set session gtid_domain_id = 5; ${sql}; set session gtid_domain_id = 0`)
    await elsewhere('create table u (n int primary key); insert into u values (1)')
    await looksAndGoesOn()
    await task.stop()
    await elsewhere('insert into u values (2)')
    await task.start({ ...quick, 'gtid.source.excludes': '5' })
    await elsewhere('insert into u values (3)')
    await looksAndGoesOn()
    await run('flush binary logs')
    await looksAndGoesOn()
    await task.stop()
    // As after another server was read that has one more domain.
    const gtids = `${task.committed?.['gtids']},7-1-3`
    task.committed = { ...task.committed, gtids }
    await task.start(quick)
    await looksAndGoesOn()
    await task.stop()
    await task.start(quick)
    await looksAndGoesOn()
  })

  it('goes on after a restart of the server', async () => {
    await stream(quick)
    const failed = failure()
    await server.restart()
    assert.equal((await failed).retriable, true)
    await task.stop()
    await task.start(quick)
    await looksAndGoesOn()
  })
})

describe('whether a log is still the one that was begun with', () => {
  it('shows in files that go back, and in what each says was before it', () => {
    const log = new LogContinuity('mariadb')
    assert.equal(log.enter('bin.000007'), 'whole')
    assert.equal(log.check('0-1-3'), 'whole', 'from before the place where it began')
    log.begin('0-1-10')
    assert.equal(log.enter('bin.000008'), 'whole')
    assert.equal(log.enter('bin.000008'), 'whole', 'told twice')
    assert.equal(log.check('1-1-4,0-2-12,0-1-10'), 'whole')
    assert.equal(log.check('1-1-4,0-2-9,0-1-11'), 'broken')
    assert.equal(log.check('0-1-9'), 'broken')
    assert.equal(log.check('1-1-4'), 'unsure')
    assert.equal(log.enter('bin.000002'), 'broken')
    assert.equal(log.enter('bin.1000000'), 'whole')
  })

  it('is asked of the server of MySQL, where a transaction is missing', () => {
    const uuid = '3e11fa47-71ca-11e1-9e33-c80aa9429562'
    const log = new LogContinuity('mysql')
    log.enter('bin.000001')
    log.begin(`${uuid}:7`)
    log.begin(null)
    log.enter('bin.000002')
    assert.equal(log.check(`${uuid}:1-9`), 'whole')
    assert.equal(log.check(`${uuid}:1-6`), 'unsure')
  })
})

describe('the place of a reader that has come from another server', () => {
  const start = { file: 'bin.000002', pos: 500, gtids: '0-1-10' }
  const places = (tracker: LogTracker) => {
    const { file, pos } = tracker.position(0)
    return [file, pos]
  }
  const header = { timestamp: 0, code: 0, serverId: 1, size: 0, flags: 0 }

  it('is the old one until a transaction or another file comes', () => {
    const tracker = new LogTracker(positionAt(start), 'mariadb')
    tracker.rotate('bin.000009', 4)
    tracker.pass({ ...header, position: 300, nextPosition: 340 })
    assert.deepEqual(places(tracker), ['bin.000002', 500])
    tracker.rotate('bin.000010', 4)
    assert.deepEqual(places(tracker), ['bin.000010', 4])
    tracker.pass({ ...header, position: 300, nextPosition: 340 })
    assert.deepEqual(places(tracker), ['bin.000010', 340])
  })
})
