import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import source from '../../connectors/postgres/source.ts'
import type { SourceOffset } from '../../runtime/api/record.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'
import { brief, plain, SourceHarness, sourceField } from './source-harness.ts'

describe('the PostgreSQL source after a restart', () => {
  let server: PostgresServer
  let slots = 0
  before(async () => {
    server = await startPostgres()
  })
  after(async () => {
    await server.stop()
  })

  async function prepare(sql: string, config: Record<string, string> = {}) {
    const database = await server.createDatabase()
    await server.query(sql, undefined, database)
    const slot = `slot_${++slots}`
    const task = new SourceHarness(source, {
      'topic.prefix': 'p',
      'database.hostname': server.host,
      'database.port': String(server.port),
      'database.user': server.user,
      'database.password': server.password,
      'database.dbname': database,
      'slot.name': slot,
      ...config
    })
    const run = <T = Record<string, unknown>>(statements: string) =>
      server.query<T>(statements, undefined, database)
    return { task, run, slot }
  }

  const confirmedOf = async (run: (sql: string) => Promise<unknown[]>, slot: string) => {
    const [row] = (await run(
      `select (confirmed_flush_lsn - '0/0')::bigint as lsn from pg_replication_slots where slot_name = '${slot}'`
    )) as { lsn: string }[]
    return Number(row?.lsn)
  }

  const BIG = `create table big (a int, b text, v text, primary key (b, a));
    insert into big select i, 'k' || i % 7, repeat('x', 300) from generate_series(1, 9000) i;
    create table small (id int primary key); insert into small select generate_series(1, 50);
    create table tail (id uuid primary key, v text);
    insert into tail select gen_random_uuid(), repeat('y', 900) from generate_series(1, 2500)`

  it('goes on with a snapshot where it was, and reads no row twice', async () => {
    const { task, run } = await prepare(BIG, { 'max.batch.size': '100' })
    await using running = task
    const keys = new Set<string>()
    let count = 0
    let runs = 0
    let completed = false
    while (!completed) {
      await running.start()
      runs++
      // Some batches that become durable, and one that does not.
      for (let batches = 0; batches < 15 && !completed; batches++) {
        const records = await running.records(await running.poll())
        await running.commit()
        count += records.length
        for (const record of records) keys.add(brief(record))
        completed = running.committed?.['snapshot_completed'] === true
      }
      if (!completed) await running.poll()
      await running.stop()
    }
    assert.ok(runs > 5, `${runs} runs`)
    assert.equal(count, 11_550)
    assert.equal(keys.size, 11_550)
    await running.start()
    await run('insert into small values (1000)')
    const [next] = await running.records(1)
    assert.equal(next && brief(next), 'c public.small {"id":1000} {"id":1000}')
  })

  it('passes on every change that is made while the snapshot is interrupted', async () => {
    const { task, run } = await prepare(BIG, { 'max.batch.size': '500' })
    await using running = task
    await running.start()
    await running.records(1000)
    await running.commit()
    await running.stop()
    await run(`update big set v = 'changed' where a in (1, 8999); delete from big where a = 2;
               insert into small values (99)`)
    await running.start()
    const state = new Map<string, unknown>()
    const ops: string[] = []
    while (ops.length < 4) {
      for (const record of await running.records(await running.poll())) {
        const value = plain(record.value) as { op: string; after: unknown } | null
        if (value === null) continue
        if (value.op !== 'r') ops.push(value.op)
        state.set(`${record.topic} ${JSON.stringify(plain(record.key))}`, value.after)
      }
      await running.commit()
    }
    assert.deepEqual(ops, ['u', 'u', 'd', 'c'])
    assert.deepEqual(state.get('p.public.big {"b":"k1","a":1}'), { a: 1, b: 'k1', v: 'changed' })
    assert.deepEqual(state.get('p.public.big {"b":"k2","a":2}'), null)
  })

  it('loses and repeats nothing when a transaction is cut at any event', async () => {
    const { task, run } = await prepare(
      `create table t (id int primary key, v int); create table other (id int primary key)`,
      { 'max.batch.size': '1', 'table.exclude.list': 'public.other' }
    )
    await using running = task
    await running.start()
    await running.snapshot()
    await run(`begin; insert into t values (1, 0); insert into other values (1);
      insert into t select i, i from generate_series(2, 4) i; update t set v = v + 1;
      insert into other values (2); update t set id = 40 where id = 4; delete from t where id < 3;
      commit; insert into t values (9, 9)`)
    const seen: string[] = []
    while (!seen.some((line) => line.startsWith('c public.t {"id":9}'))) {
      await running.stop()
      await running.start()
      // One batch becomes durable; the next is polled and lost.
      const polled = await running.poll()
      seen.push(...(await running.records(polled)).map(brief))
      await running.commit()
      if (!seen.some((line) => line.includes('"id":9'))) await running.poll()
    }
    assert.deepEqual(seen, [
      'c public.t {"id":1} {"id":1,"v":0}',
      'c public.t {"id":2} {"id":2,"v":2}',
      'c public.t {"id":3} {"id":3,"v":3}',
      'c public.t {"id":4} {"id":4,"v":4}',
      'u public.t {"id":1} {"id":1,"v":1}',
      'u public.t {"id":2} {"id":2,"v":3}',
      'u public.t {"id":3} {"id":3,"v":4}',
      'u public.t {"id":4} {"id":4,"v":5}',
      'd public.t {"id":4} {"id":4,"v":null}',
      '- public.t {"id":4}',
      'c public.t {"id":40} {"id":40,"v":5}',
      'd public.t {"id":1} {"id":1,"v":null}',
      '- public.t {"id":1}',
      'd public.t {"id":2} {"id":2,"v":null}',
      '- public.t {"id":2}',
      'c public.t {"id":9} {"id":9,"v":9}'
    ])
  })

  it('goes on inside a transaction from an offset as Debezium writes it', async () => {
    const { task, run } = await prepare('create table t (id int primary key)')
    await using running = task
    await running.start()
    await running.snapshot()
    await run('insert into t values (1)')
    await run('insert into t values (2), (3), (4)')
    const [, , third] = await running.records(4)
    assert.ok(third)
    await running.stop()
    const [lsn, txId] = [sourceField(third, 'lsn'), sourceField(third, 'txId')] as number[]
    const [commit] = JSON.parse(String(sourceField(third, 'sequence'))) as string[]
    const offset = { lsn_proc: lsn, messageType: 'INSERT', lsn_commit: Number(commit), lsn, txId }
    running.committed = { ...offset, ts_usec: 1 } as SourceOffset
    await running.start()
    assert.deepEqual((await running.records(1)).map(brief), ['c public.t {"id":4} {"id":4}'])
  })

  it('confirms to the server only what was committed', async () => {
    const { task, run, slot } = await prepare('create table t (id int primary key)', {
      'status.update.interval.ms': '100'
    })
    await using running = task
    await running.start()
    await running.snapshot()
    const start = await confirmedOf(run, slot)
    await run('insert into t values (1)')
    await running.records(1)
    await run('insert into t values (2)')
    await running.records(1)
    // Status messages have been sent meanwhile: the server has answered one that came later.
    const [reply] = await run<{ reply_time: Date }>(
      `select reply_time from pg_stat_replication r join pg_replication_slots s on s.active_pid = r.pid where slot_name = '${slot}'`
    )
    await until(async () => {
      const [now] = await run<{ reply_time: Date }>(
        `select reply_time from pg_stat_replication r join pg_replication_slots s on s.active_pid = r.pid where slot_name = '${slot}'`
      )
      return Number(now?.reply_time) > Number(reply?.reply_time)
    })
    assert.equal(await confirmedOf(run, slot), start)
    await running.commit()
    const durable = Number(running.committed?.['lsn_commit'])
    await until(async () => (await confirmedOf(run, slot)) > start)
    assert.equal(await confirmedOf(run, slot), durable)
  })

  it('lets the slot advance while nothing that is captured changes', async () => {
    const { task, run, slot } = await prepare(
      'create table t (id int primary key); create table busy (v text)',
      {
        'status.update.interval.ms': '100',
        'table.include.list': 'public.t',
        'publication.autocreate.mode': 'filtered'
      }
    )
    await using running = task
    await running.start()
    await running.snapshot()
    const start = await confirmedOf(run, slot)
    await run(`insert into busy select repeat('x', 1000) from generate_series(1, 2000)`)
    const [{ lsn } = { lsn: '0' }] = await run<{ lsn: string }>(
      `select (pg_current_wal_lsn() - '0/0')::bigint as lsn`
    )
    while (Number(running.offset?.['lsn_commit'] ?? 0) < Number(lsn)) await running.poll()
    assert.equal(await confirmedOf(run, slot), start, 'not before the offset is durable')
    await running.commit()
    await until(async () => (await confirmedOf(run, slot)) >= Number(lsn))
    await running.stop()
    await running.start()
    await run('insert into t values (1)')
    assert.deepEqual((await running.records(1)).map(brief), ['c public.t {"id":1} {"id":1}'])
  })

  it('asks for a restart when its connection is cut, and loses nothing', async () => {
    const { task, run, slot } = await prepare('create table t (id int primary key)')
    await using running = task
    await running.start()
    await running.snapshot()
    await run('insert into t values (1)')
    await running.records(1)
    await running.commit()
    await run('insert into t values (2)')
    await run(
      `select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = '${slot}'`
    )
    await assert.rejects(
      async () => {
        for (;;) await running.poll()
      },
      { retriable: true }
    )
    await running.stop()
    await running.start()
    assert.deepEqual((await running.records(1)).map(brief), ['c public.t {"id":2} {"id":2}'])
  })

  it('waits for a slot that another session still holds', async () => {
    const { task, run } = await prepare('create table t (id int primary key)')
    await using first = task
    await first.start()
    await run('insert into t values (0)')
    await first.records(1)
    await first.commit()
    await using second = new SourceHarness(source, first.config)
    second.committed = first.committed
    const started = second.start()
    await until(async () => second.log.some((line) => line.includes('is in use')))
    await first.stop()
    await started
    await run('insert into t values (1)')
    assert.deepEqual((await second.records(1)).map(brief), ['c public.t {"id":1} {"id":1}'])
  })
})
