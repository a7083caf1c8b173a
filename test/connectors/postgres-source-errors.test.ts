import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import source from '../../connectors/postgres/source.ts'
import { ConnectError } from '../../runtime/api/errors.ts'
import { parseConfig } from '../../runtime/config/parse-config.ts'
import { freePort } from '../support/guarded-process.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { brief, SourceHarness } from './source-harness.ts'

describe('what an administrator has to fix for the PostgreSQL source', () => {
  let server: PostgresServer
  /** One slot only, little WAL kept. */
  let narrow: PostgresServer
  let names = 0
  before(async () => {
    const settings = { max_replication_slots: '1', max_slot_wal_keep_size: '1MB' }
    ;[server, narrow] = await Promise.all([startPostgres(), startPostgres({ settings })])
  })
  after(async () => {
    await Promise.all([server.stop(), narrow.stop()])
  })

  async function prepare(sql: string, config: Record<string, string> = {}, on = server) {
    const database = await on.createDatabase(`errors_${++names}`)
    if (sql !== '') await on.query(sql, undefined, database)
    const slot = `slot_${names}`
    const task = new SourceHarness(source, {
      'topic.prefix': 'p',
      'database.hostname': on.host,
      'database.port': String(on.port),
      'database.user': on.user,
      'database.password': on.password,
      'database.dbname': database,
      'slot.name': slot,
      ...config
    })
    return { task, slot, database, run: (text: string) => on.query(text, undefined, database) }
  }

  /** What a look at the server finds, before anything is started. */
  async function checked(raw: Record<string, string>) {
    const { config } = parseConfig(source.config, raw)
    return (await source.check?.(config as never, raw, AbortSignal.timeout(10_000))) ?? []
  }

  /** The error that a start ends with. */
  async function failureOf(task: SourceHarness, overrides: Record<string, string> = {}) {
    try {
      await task.start(overrides)
    } catch (error) {
      assert.ok(error instanceof ConnectError, String(error))
      return error
    } finally {
      await task.stop()
    }
    return assert.fail('The task started')
  }

  const TABLE = 'create table t (id int primary key); insert into t values (1)'

  it('says which user, host and database are wrong', async () => {
    const { task } = await prepare('')
    const password = await failureOf(task, { 'database.password': 'not-this-one' })
    assert.equal(password.code, 'POSTGRES_AUTHENTICATION')
    assert.match(password.message, /password of user 'postgres'/)
    assert.doesNotMatch(`${password.message} ${password.hint}`, /not-this-one/)
    const database = await failureOf(task, { 'database.dbname': 'nowhere' })
    assert.equal(database.code, 'POSTGRES_NO_DATABASE')
    assert.match(database.message, /'nowhere'/)
    const port = String(await freePort())
    const host = await failureOf(task, { 'database.port': port })
    assert.equal(host.code, 'POSTGRES_UNREACHABLE')
    assert.equal(host.retriable, true)
    assert.match(host.message, new RegExp(`127.0.0.1:${port}`))
    const tls = await failureOf(task, { 'database.sslmode': 'require' })
    assert.equal(tls.code, 'POSTGRES_TLS')
  })

  it('names the statement that raises wal_level', async () => {
    await using replica = await startPostgres({ settings: { wal_level: 'replica' } })
    const { task } = await prepare(
      `${TABLE}; create role reader_3 login password 'pw'`,
      {},
      replica
    )
    const error = await failureOf(task)
    assert.equal(error.code, 'POSTGRES_WAL_LEVEL')
    assert.match(error.hint ?? '', /ALTER SYSTEM SET wal_level = 'logical'/)
    const user = { 'database.user': 'reader_3', 'database.password': 'pw' }
    const problems = (await checked({ ...task.config, ...user })).map(({ message }) => message)
    assert.equal(problems.length, 3)
    assert.match(problems[0] ?? '', /wal_level is 'replica'/)
    assert.match(problems[1] ?? '', /ALTER ROLE "reader_3" REPLICATION/)
    assert.match(problems[2] ?? '', /GRANT SELECT ON/)
  })

  it('names the statements that give a user what it lacks, and runs after them', async () => {
    const { task, run } = await prepare(
      `create schema s; create table s.t (id int primary key); insert into s.t values (1);
       create role reader_1 login password 'pw'`
    )
    const user = { 'database.user': 'reader_1', 'database.password': 'pw' }
    const replication = await failureOf(task, user)
    assert.equal(replication.code, 'POSTGRES_PRIVILEGE')
    assert.match(replication.hint ?? '', /^ALTER ROLE "reader_1" REPLICATION/)
    await run('alter role reader_1 replication')
    const publication = await failureOf(task, user)
    assert.equal(publication.code, 'POSTGRES_PUBLICATION')
    const statement = /CREATE PUBLICATION "dbz_publication" FOR ALL TABLES/.exec(
      publication.hint ?? ''
    )
    assert.ok(statement, publication.hint)
    await run(statement[0])
    const select = await failureOf(task, user)
    assert.equal(select.code, 'POSTGRES_PRIVILEGE')
    assert.match(select.message, /s\.t/)
    await run(select.hint ?? '')
    await using running = task
    await running.start(user)
    assert.deepEqual((await running.records(1)).map(brief), ['r s.t {"id":1} {"id":1}'])
  })

  it('asks for a publication that is missing or lacks tables', async () => {
    const { task, run } = await prepare(TABLE, { 'publication.autocreate.mode': 'disabled' })
    const missing = await failureOf(task)
    assert.equal(missing.code, 'POSTGRES_NO_PUBLICATION')
    assert.match(missing.hint ?? '', /CREATE PUBLICATION "dbz_publication"/)
    await run('create publication dbz_publication')
    const empty = await failureOf(task)
    assert.equal(empty.code, 'POSTGRES_PUBLICATION_TABLES')
    const statement = /^ALTER PUBLICATION [^;]+/.exec(empty.hint ?? '')
    await run(statement?.[0] ?? '')
    await using running = task
    await running.start()
    assert.equal((await running.records(1)).length, 1)
  })

  it('refuses a slot of another plugin and of another database', async () => {
    const { task, run, slot } = await prepare(TABLE)
    await run(`select pg_create_logical_replication_slot('${slot}', 'test_decoding')`)
    const plugin = await failureOf(task)
    assert.equal(plugin.code, 'POSTGRES_SLOT_PLUGIN')
    const other = await prepare(TABLE)
    await other.run(`select pg_create_logical_replication_slot('${other.slot}', 'pgoutput')`)
    const database = await failureOf(task, { 'slot.name': other.slot })
    assert.equal(database.code, 'POSTGRES_SLOT_DATABASE')
    assert.match(database.message, new RegExp(other.database))
  })

  it('fails loudly when the slot is gone, made again, or on another server', async () => {
    const { task, run, slot, database } = await prepare(TABLE)
    await using running = task
    await running.start()
    await running.records(1)
    await running.commit()
    await running.stop()
    await run(`select pg_drop_replication_slot('${slot}')`)
    const gone = await failureOf(running)
    assert.equal(gone.code, 'POSTGRES_SLOT_MISSING')
    assert.match(gone.hint ?? '', /offsets reset.*when_needed.*trust_slot/)
    await run('insert into t values (2)')
    await run(`select pg_create_logical_replication_slot('${slot}', 'pgoutput')`)
    const again = await failureOf(running)
    assert.equal(again.code, 'POSTGRES_SLOT_AHEAD')
    await narrow.createDatabase(database)
    const elsewhere = await failureOf(running, { 'database.port': String(narrow.port) })
    assert.equal(elsewhere.code, 'POSTGRES_OTHER_SERVER')
    await run('insert into t values (3)')
    await running.start({ 'offset.mismatch.strategy': 'trust_slot' })
    assert.deepEqual((await running.records(1)).map(brief), ['c public.t {"id":3} {"id":3}'])
    await running.stop()
    await running.start({ 'snapshot.mode': 'when_needed' })
    assert.equal((await running.records(3)).map(brief)[1], 'r public.t {"id":2} {"id":2}')
  })

  it('tells how to free a slot, and that a slot has lost its WAL', async () => {
    const first = await prepare(TABLE, {}, narrow)
    await using running = first.task
    await running.start()
    await running.records(1)
    await running.commit()
    await running.stop()
    const second = await prepare(TABLE, {}, narrow)
    const full = await failureOf(second.task)
    assert.equal(full.code, 'POSTGRES_NO_FREE_SLOT')
    assert.match(full.hint ?? '', /max_replication_slots/)
    for (let i = 0; i < 4; i++)
      await narrow.query('select pg_switch_wal(); create table x(); drop table x')
    await narrow.query('checkpoint')
    const lost = await failureOf(running)
    assert.equal(lost.code, 'POSTGRES_SLOT_LOST')
    await running.start({ 'snapshot.mode': 'when_needed' })
    assert.deepEqual((await running.records(1)).map(brief), ['r public.t {"id":1} {"id":1}'])
  })

  it('finds every problem in a check, without changing anything', async () => {
    const { task, run } = await prepare(`${TABLE}; create role reader_2 login password 'pw'`)
    const check = (overrides: Record<string, string>) => checked({ ...task.config, ...overrides })
    assert.deepEqual(await check({}), [])
    const reader = await check({ 'database.user': 'reader_2', 'database.password': 'pw' })
    assert.deepEqual(
      reader.map(({ key }) => key),
      ['database.user', 'database.user']
    )
    assert.match(reader[1]?.message ?? '', /GRANT SELECT ON "public"."t" TO "reader_2"/)
    const [wrong] = await check({ 'database.password': 'nope' })
    assert.equal(wrong?.key, 'database.password')
    const [empty] = await check({ 'table.include.list': 'public.missing' })
    assert.equal(empty?.key, 'table.include.list')
    assert.deepEqual(await run('select 1 from pg_publication'), [])
  })
})
