import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Struct } from '../../runtime/api/schema.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { prepareSource } from './mariadb-harness.ts'
import { brief, plain, sourceField } from './source-harness.ts'

describe('the MariaDB source after a restart', () => {
  let server: MariadbServer
  before(async () => {
    server = await startMariadb()
  })
  after(() => server.stop())

  async function prepare(sql: string, config: Record<string, string> = {}) {
    const prepared = await prepareSource(server, sql, config)
    const { task, database } = prepared
    const shapeOf = (table: string) =>
      task.committedOf({ server: 'p', table: `${database}.${table}` })
    return { ...prepared, shapeOf }
  }

  const BIG = `create table big (a int, b varchar(20) character set latin1, v text, primary key (b, a));
    insert into big select seq, concat('k', char(224 + seq % 7 using latin1)), repeat('x', 300) from seq_1_to_9000;
    create table small (id int primary key); insert into small select seq from seq_1_to_50;
    create table tail (id uuid primary key, v text);
    insert into tail select uuid(), repeat('y', 900) from seq_1_to_2500;
    create table bytes_ (id varbinary(16) primary key, v text);
    insert into bytes_ select unhex(md5(seq)), repeat('z', 900) from seq_1_to_2500;
    analyze table big, small, tail, bytes_`

  it('goes on with a snapshot where it was, and reads no row twice', async () => {
    const { task, run } = await prepare(BIG, { 'max.batch.size': '100' })
    await using running = task
    const keys = new Set<string>()
    let count = 0
    let runs = 0
    while (runs === 0 || running.committed?.['snapshot'] !== undefined) {
      await running.start()
      runs++
      for (let poll = 0; poll < 30 && running.committed?.['snapshot'] !== null; poll++) {
        const polled = await running.poll()
        for (const record of await running.records(polled)) {
          assert.equal((record.value as Struct).get('op'), 'r')
          keys.add(`${record.topic} ${JSON.stringify(plain(record.key), hex)}`)
          count++
        }
        await running.commit()
        if (running.committed?.['snapshot'] === undefined) break
      }
      await running.stop()
    }
    assert.ok(runs > 3, `${runs} runs`)
    assert.equal(count, 14050)
    assert.equal(keys.size, 14050)
    await run('insert into small values (51)')
    await running.start()
    const [next] = await running.records(1)
    assert.match(next ? brief(next) : '', /^c .*small \{"id":51\}/)
  })

  it('passes on every change made while a cut snapshot rests', async () => {
    const { task, run, short } = await prepare(BIG, {
      'max.batch.size': '100',
      'table.include.list': '.*\\.(big|small)'
    })
    await using running = task
    await running.start()
    while (
      (await running.poll()) === 0 ||
      String(running.offset?.['millrace_snapshot']).length < 70
    );
    await running.records(100)
    await running.commit()
    await running.stop()
    await run(
      'update small set id = 100 where id = 50; delete from small where id = 49; insert into small values (200)'
    )
    await running.start()
    const seen = []
    while (running.offset?.['snapshot'] !== undefined)
      seen.push(...(await running.records(await running.poll())))
    seen.push(...(await running.records(6)))
    assert.deepEqual(seen.slice(-6).map(short), [
      'd small {"id":50} {"id":50}',
      '- small {"id":50}',
      'c small {"id":100} {"id":100}',
      'd small {"id":49} {"id":49}',
      '- small {"id":49}',
      'c small {"id":200} {"id":200}'
    ])
  })

  it('goes on inside a transaction, and passes on no row of it twice', async () => {
    const { task, run, short } = await prepare('create table t (id int primary key, v text)', {
      'max.batch.size': '7'
    })
    await using running = task
    await running.start()
    await running.snapshot()
    await run(
      "begin; insert into t select seq, 'a' from seq_1_to_20; update t set v = 'b' where id < 8; delete from t where id > 15; commit; insert into t values (99, 'last')"
    )
    const seen: string[] = []
    while (seen.length < 38) {
      const polled = await running.poll()
      const records = await running.records(polled)
      if (polled === 0) continue
      seen.push(...records.map(short))
      await running.commit()
      await running.stop()
      await running.start()
    }
    const inserts = Array.from(
      { length: 20 },
      (_, i) => `c t {"id":${i + 1}} {"id":${i + 1},"v":"a"}`
    )
    const updates = Array.from(
      { length: 7 },
      (_, i) => `u t {"id":${i + 1}} {"id":${i + 1},"v":"b"}`
    )
    const deletes = Array.from({ length: 5 }, (_, i) => [
      `d t {"id":${i + 16}} {"id":${i + 16},"v":"a"}`,
      `- t {"id":${i + 16}}`
    ])
    assert.deepEqual(seen, [
      ...inserts,
      ...updates,
      ...deletes.flat(),
      'c t {"id":99} {"id":99,"v":"last"}'
    ])
  })

  it('takes over inside a transaction from an offset of Debezium', async () => {
    const { task, run, short } = await prepare('create table t (id int primary key, v text)')
    await using running = task
    await running.start()
    await running.snapshot()
    await run(
      "begin; insert into t values (1, 'a'), (2, 'b'), (3, 'c'); insert into t values (4, 'd'); commit"
    )
    const records = await running.records(4)
    await running.stop()
    // As BinlogOffsetContext has it after the second row: GTID and TABLE_MAP are two events.
    const { file, pos, gtids } = running.committed ?? {}
    assert.ok(file !== undefined && pos !== undefined && gtids !== undefined)
    running.committed = { ts_sec: 1, file, pos, gtids, row: 2, server_id: 1, event: 2 }
    running.forgetOthers()
    await running.start()
    assert.deepEqual((await running.records(2)).map(short), records.slice(2).map(short))
  })

  it('keeps the shape of tables with its offsets, and applies no statement twice', async () => {
    const { task, run, shapeOf, short } = await prepare(
      'create table t (id int primary key, v text)'
    )
    await using running = task
    await running.start()
    await running.snapshot()
    assert.match(String(shapeOf('t')?.['shape']), /"name":"v"/)
    await run(
      'alter table t add w int default 5, rename column v to text_; insert into t (id) values (1)'
    )
    assert.deepEqual((await running.records(1)).map(short), [
      'c t {"id":1} {"id":1,"text_":null,"w":5}'
    ])
    await running.commit()
    assert.match(String(shapeOf('t')?.['shape']), /text_/)
    await running.stop()
    await run(
      'insert into t (id) values (2); alter table t drop text_; insert into t (id) values (3)'
    )
    await running.start()
    assert.deepEqual((await running.records(2)).map(short), [
      'c t {"id":2} {"id":2,"text_":null,"w":5}',
      'c t {"id":3} {"id":3,"w":5}'
    ])
    await running.commit()
    await run('drop table t; create table t (other bigint primary key); insert into t values (7)')
    assert.deepEqual((await running.records(1)).map(short), ['c t {"other":7} {"other":7}'])
  })

  it('reads rows of before a change when only the shape of after it is known', async () => {
    const { task, run, short } = await prepare('create table t (id int primary key, v text)')
    await using running = task
    await running.start()
    await running.snapshot()
    await running.stop()
    running.forgetOthers()
    await run(
      "insert into t values (1, 'a'); alter table t add w int first, add x int; insert into t values (9, 2, 'b', 8)"
    )
    await running.start()
    assert.deepEqual((await running.records(2)).map(short), [
      'c t {"id":1} {"id":1,"v":"a"}',
      'c t {"id":2} {"w":9,"id":2,"v":"b","x":8}'
    ])
  })

  it('stores its position while only tables change that are not captured', async () => {
    const { task, run, database } = await prepare(
      'create table t (id int primary key); create table other (id int primary key)',
      { 'table.include.list': '.*\\.t', 'heartbeat.interval.ms': '20' }
    )
    await using running = task
    await running.start()
    await running.snapshot()
    const before = running.committed?.['pos']
    await run('insert into other select seq from seq_1_to_100')
    while (running.offset?.['pos'] === before) await running.poll()
    assert.ok(Number(running.offset?.['pos']) > Number(before), database)
  })

  it('tells file, position and row of every change', async () => {
    const { task, run } = await prepare('create table t (id int primary key)')
    await using running = task
    await running.start()
    await running.snapshot()
    await run('insert into t values (1), (2)')
    const records = await running.records(2)
    assert.deepEqual(
      records.map((record) => sourceField(record, 'row')),
      [0, 1]
    )
    assert.equal(sourceField(records[0] as never, 'pos'), sourceField(records[1] as never, 'pos'))
    assert.match(String(sourceField(records[0] as never, 'gtid')), /^0-1-\d+$/)
  })
})

function hex(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value
}
