import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import source from '../../connectors/postgres/source.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { brief, plain, SourceHarness, sourceField } from './source-harness.ts'

describe('the PostgreSQL source', () => {
  let server: PostgresServer
  let slots = 0
  before(async () => {
    server = await startPostgres()
  })
  after(async () => {
    await server.stop()
  })

  /** A database with the given tables, and a task for it. */
  async function prepare(sql: string, config: Record<string, string> = {}) {
    const database = await server.createDatabase()
    await server.query(sql, undefined, database)
    const harness = new SourceHarness(source, {
      'topic.prefix': 'p',
      'database.hostname': server.host,
      'database.port': String(server.port),
      'database.user': server.user,
      'database.password': server.password,
      'database.dbname': database,
      'slot.name': `slot_${++slots}`,
      ...config
    })
    const run = (statements: string) => server.query(statements, undefined, database)
    return { harness, run, slot: `slot_${slots}` }
  }

  it('reads the tables and then every change, in order', async () => {
    const { harness, run } = await prepare(
      `create table a (id int primary key, v text);
       create table b (id int primary key, v text);
       insert into a values (1, 'x'), (2, e'tab\\there, back\\\\slash, new\\nline'), (3, null);
       insert into b values (1, 'ünïcode ✓')`
    )
    await using task = harness
    await task.start()
    const rows = await task.records(4)
    assert.deepEqual(rows.map(brief), [
      'r public.a {"id":1} {"id":1,"v":"x"}',
      'r public.a {"id":2} {"id":2,"v":"tab\\there, back\\\\slash, new\\nline"}',
      'r public.a {"id":3} {"id":3,"v":null}',
      'r public.b {"id":1} {"id":1,"v":"ünïcode ✓"}'
    ])
    await run(`insert into a values (4, 'y')`)
    await run(`begin; update a set v = 'z' where id = 4; update a set id = 5 where id = 4;
               delete from a where id = 5; insert into b values (2, null); commit`)
    assert.deepEqual((await task.records(8)).map(brief), [
      'c public.a {"id":4} {"id":4,"v":"y"}',
      'u public.a {"id":4} {"id":4,"v":"z"}',
      'd public.a {"id":4} {"id":4,"v":null}',
      '- public.a {"id":4}',
      'c public.a {"id":5} {"id":5,"v":"z"}',
      'd public.a {"id":5} {"id":5,"v":null}',
      '- public.a {"id":5}',
      'c public.b {"id":2} {"id":2,"v":null}'
    ])
  })

  it('marks the first and the last row of every table and of all', async () => {
    const { harness } = await prepare(
      `create table "B big" (id int primary key, v text);
       create table a (id int primary key);
       create table c (id int);
       create table d (id int primary key);
       create table e (id int primary key);
       insert into "B big" select i, repeat('x', 4000) from generate_series(1, 600) i;
       alter table "B big" alter v set storage external;
       insert into "B big" select i, repeat('x', 4000) from generate_series(601, 900) i;
       insert into a values (1); insert into c values (1), (1); insert into d values (7)`
    )
    await using task = harness
    await task.start()
    const marks: Record<string, string[]> = {}
    for (const record of await task.records(904)) {
      marks[record.topic] ??= []
      const known = marks[record.topic] ?? []
      const mark = String(sourceField(record, 'snapshot'))
      if (known.at(-1) !== mark) known.push(mark)
    }
    assert.deepEqual(marks, {
      'p.public.B_big': ['first', 'true', 'last_in_data_collection'],
      'p.public.a': ['last_in_data_collection'],
      'p.public.c': ['first_in_data_collection', 'last_in_data_collection'],
      'p.public.d': ['last']
    })
  })

  it('captures what the lists name, and orders tables by them', async () => {
    const { harness, run } = await prepare(
      `create schema s; create table s.one (id int primary key); create table s.two (id int primary key);
       create table other (id int primary key);
       insert into s.one values (1); insert into s.two values (1); insert into other values (1)`,
      {
        'table.include.list': 'S\\.two,s\\.o.*',
        'publication.autocreate.mode': 'filtered',
        'publication.name': 'only_these'
      }
    )
    await using task = harness
    await task.start()
    const rows = await task.records(2)
    assert.deepEqual(rows.map(brief), ['r s.two {"id":1} {"id":1}', 'r s.one {"id":1} {"id":1}'])
    await run('insert into other values (2); insert into s.one values (2)')
    assert.deepEqual((await task.records(1)).map(brief), ['c s.one {"id":2} {"id":2}'])
    const published = await run(
      `select tablename from pg_publication_tables where pubname = 'only_these' order by 1`
    )
    assert.deepEqual(published, [{ tablename: 'one' }, { tablename: 'two' }])
  })

  it('adds a table to a filtered publication when the lists grow', async () => {
    const { harness, run } = await prepare(
      'create table a (id int primary key); create table b (id int primary key)',
      { 'publication.autocreate.mode': 'filtered', 'table.include.list': 'public.a' }
    )
    await using task = harness
    await task.start()
    await task.snapshot()
    await task.stop()
    await task.start({ 'table.include.list': 'public.a,public.b' })
    await run('insert into b values (1)')
    assert.deepEqual((await task.records(1)).map(brief), ['c public.b {"id":1} {"id":1}'])
  })

  it('follows schema changes between and inside transactions', async () => {
    const { harness, run } = await prepare(
      `create table t (id int primary key, v text); insert into t values (1, 'x')`
    )
    await using task = harness
    await task.start()
    await task.records(1)
    await run(`insert into t values (2, 'y');
      alter table t add w int; insert into t values (3, 'z', 7);
      alter table t drop v; insert into t values (4, 8);
      alter table t rename w to renamed; insert into t values (5, 9);
      alter table t rename to u; insert into u values (6, 10)`)
    await run(`begin; insert into u values (7); alter table u add late text default 'd';
      insert into u (id) values (8); commit`)
    assert.deepEqual((await task.records(7)).map(brief), [
      'c public.t {"id":2} {"id":2,"v":"y"}',
      'c public.t {"id":3} {"id":3,"v":"z","w":7}',
      'c public.t {"id":4} {"id":4,"w":8}',
      'c public.t {"id":5} {"id":5,"renamed":9}',
      'c public.u {"id":6} {"id":6,"renamed":10}',
      'c public.u {"id":7} {"id":7,"renamed":null}',
      'c public.u {"id":8} {"id":8,"renamed":null,"late":"d"}'
    ])
  })

  it('passes on a truncate when it is not skipped', async () => {
    const { harness, run } = await prepare(
      'create table a (id int primary key); create table b (id int primary key)',
      { 'skipped.operations': 'none' }
    )
    await using task = harness
    await task.start()
    await run('truncate a, b; insert into a values (1)')
    const [first, second, third] = await task.records(3)
    assert.ok(first && second && third)
    assert.deepEqual([first, second].map(brief), ['t public.a null null', 't public.b null null'])
    assert.equal(first.keySchema, null)
    assert.equal(brief(third), 'c public.a {"id":1} {"id":1}')
  })

  it('leaves out tombstones, headers and operations as told', async () => {
    const { harness, run } = await prepare('create table t (id int primary key, v int)', {
      'tombstones.on.delete': 'false',
      'extended.headers.enabled': 'false',
      'skipped.operations': 'u'
    })
    await using task = harness
    await task.start()
    await run('insert into t values (1, 1); update t set v = 2; delete from t')
    const records = await task.records(2)
    assert.deepEqual(records.map(brief), [
      'c public.t {"id":1} {"id":1,"v":1}',
      'd public.t {"id":1} {"id":1,"v":null}'
    ])
    assert.deepEqual(
      records.map((record) => record.headers),
      [[], []]
    )
  })

  it('says both keys in the headers of a key change', async () => {
    const { harness, run } = await prepare(
      'create table t (id int primary key); insert into t values (1)'
    )
    await using task = harness
    await task.start()
    await task.records(1)
    await run('update t set id = 2')
    const headers = (await task.records(3)).map((record) =>
      record.headers
        .filter((header) => !header.key.startsWith('__debezium.context.'))
        .map((header) => [header.key, plain(header.value)])
    )
    assert.deepEqual(headers, [
      [['__debezium.newkey', { id: 2 }]],
      [['__debezium.newkey', { id: 2 }]],
      [['__debezium.oldkey', { id: 1 }]]
    ])
  })

  it('sends the whole old row with replica identity full', async () => {
    const { harness, run } = await prepare(
      `create table t (id int primary key, v text); alter table t replica identity full;
       insert into t values (1, 'old')`
    )
    await using task = harness
    await task.start()
    await task.records(1)
    await run(`update t set v = 'new'`)
    const [update] = await task.records(1)
    assert.ok(update)
    assert.equal(brief(update), 'u public.t {"id":1} {"id":1,"v":"new"}')
    const { before } = plain(update.value) as { before: unknown }
    assert.deepEqual(before, { id: 1, v: 'old' })
  })

  it('starts without rows with snapshot.mode no_data, and without a stream with initial_only', async () => {
    const sql = 'create table t (id int primary key); insert into t values (1)'
    const streaming = await prepare(sql, { 'snapshot.mode': 'no_data' })
    await using first = streaming.harness
    await first.start()
    await streaming.run('insert into t values (2)')
    assert.deepEqual((await first.records(1)).map(brief), ['c public.t {"id":2} {"id":2}'])
    const reading = await prepare(sql, { 'snapshot.mode': 'initial_only' })
    await using second = reading.harness
    await second.start()
    assert.deepEqual((await second.records(1)).map(brief), ['r public.t {"id":1} {"id":1}'])
    assert.equal(second.offset?.['snapshot_completed'], true)
    const found = await reading.run(
      `select 1 from pg_replication_slots where slot_name = '${reading.slot}'`
    )
    assert.deepEqual(found, [])
  })

  it('leaves out what an older slot sends and the snapshot has seen', async () => {
    const { harness, run, slot } = await prepare('create table t (id int primary key)')
    await run('create publication dbz_publication for all tables')
    await run(`select pg_create_logical_replication_slot('${slot}', 'pgoutput')`)
    await run('insert into t values (1); insert into t values (2); delete from t where id = 2')
    await using task = harness
    await task.start()
    assert.deepEqual((await task.records(1)).map(brief), ['r public.t {"id":1} {"id":1}'])
    await run('insert into t values (3)')
    assert.deepEqual((await task.records(1)).map(brief), ['c public.t {"id":3} {"id":3}'])
  })

  it('sends heartbeats while nothing happens', async () => {
    const { harness } = await prepare('create table t (id int primary key)', {
      'heartbeat.interval.ms': '20'
    })
    await using task = harness
    await task.start()
    const [beat] = await task.records(1)
    assert.ok(beat)
    assert.equal(beat.topic, '__debezium-heartbeat.p')
    assert.deepEqual(plain(beat.key), { serverName: 'p' })
  })
})
