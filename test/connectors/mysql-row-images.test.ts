import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { SourceRecord } from '../../runtime/api/record.ts'
import { Struct } from '../../runtime/api/schema.ts'
import { requireEngine } from '../support/engines.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { startSource } from './mariadb-harness.ts'
import { plain } from './source-harness.ts'

const TABLE = `create table t (
  id int primary key, n int not null default 7, v int, body text, twice int as (n * 2) virtual
)`

describe('row images of MariaDB that leave columns out', requireEngine('mariadb'), () => {
  let server: MariadbServer
  before(async () => {
    server = await startMariadb()
  })
  after(() => server.stop())

  async function prepare(image: string, config: Record<string, string> = {}, table = TABLE) {
    const isRead = config['max.batch.size'] === undefined
    const started = await startSource(server, table, { config, isRead })
    await started.run(`set binlog_row_image = '${image}'`)
    const short = (record: SourceRecord) => [started.short(record), ...gapsOf(record)].join(' ')
    const next = async (count: number) => (await started.task.records(count)).map(short)
    return { ...started, next }
  }

  /** What the headers of Millrace say, such as `unchanged=["v"]`. */
  function gapsOf({ headers }: SourceRecord): string[] {
    return headers.flatMap(({ key, value }) =>
      key.startsWith('__millrace.') ? [`${key.slice(11)}=${value}`] : []
    )
  }

  const AWAY = '"__debezium_unavailable_value"'

  it('name the columns in headers, and complete a new row with defaults', async () => {
    await using test = await prepare('MINIMAL')
    await test.run(`insert into t (id, v) values (1, 5);
      update t set v = 6; update t set body = 'new', n = 8; delete from t`)
    assert.deepEqual(
      await test.next(5),
      [
        'c t {"id":1} {"id":1,"n":7,"v":5,"body":null,"twice":null} unknown=["twice"]',
        `u t {"id":1} {"id":1,"n":0,"v":6,"body":${AWAY},"twice":null} unchanged=["n","body"] unknown=["twice"] before.unknown=["n","v","body","twice"]`,
        'u t {"id":1} {"id":1,"n":8,"v":null,"body":"new","twice":null} unchanged=["v"] unknown=["twice"] before.unknown=["n","v","body","twice"]',
        `d t {"id":1} {"id":1,"n":0,"v":null,"body":${AWAY},"twice":null} before.unknown=["n","v","body","twice"]`,
        '- t {"id":1} undefined'
      ].map((line) => line.replace(' undefined', ''))
    )
  })

  it('have no headers where only large values may be missing and none is', async () => {
    await using test = await prepare('NOBLOB')
    await test.run(`insert into t (id, v) values (1, 5); update t set v = 6;
      update t set body = 'new'; update t set id = 2`)
    assert.deepEqual(await test.next(6), [
      'c t {"id":1} {"id":1,"n":7,"v":5,"body":null,"twice":14}',
      `u t {"id":1} {"id":1,"n":7,"v":6,"body":${AWAY},"twice":14} unchanged=["body"] before.unknown=["body"]`,
      'u t {"id":1} {"id":1,"n":7,"v":6,"body":"new","twice":14} before.unknown=["body"]',
      `d t {"id":1} {"id":1,"n":7,"v":6,"body":${AWAY},"twice":14} newkey={"id":{"int32":"2"}} before.unknown=["body"]`,
      '- t {"id":1} newkey={"id":{"int32":"2"}}',
      `c t {"id":2} {"id":2,"n":7,"v":6,"body":${AWAY},"twice":14} unchanged=["body"]`
    ])
  })

  it('of REPLACE have defaults where they leave out what the statement does not name', async () => {
    await using test = await prepare('MINIMAL', { 'column.exclude.list': '.*[.]twice' })
    await test.run(`insert into t values (1, 2, 3, 'four', default);
      replace into t (id, v) values (1, 9);
      insert into t (id, v) values (1, 10) on duplicate key update v = 11;
      /* comment */ replace low_priority \`t\` set id = 1, n = 12`)
    const away = 'before.unknown=["n","v","body"]'
    assert.deepEqual(await test.next(4), [
      'c t {"id":1} {"id":1,"n":2,"v":3,"body":"four"}',
      `u t {"id":1} {"id":1,"n":7,"v":9,"body":null} ${away}`,
      `u t {"id":1} {"id":1,"n":0,"v":11,"body":${AWAY}} unchanged=["n","body"] ${away}`,
      `u t {"id":1} {"id":1,"n":12,"v":null,"body":null} ${away}`
    ])
  })

  it('are warned of once for each table', async () => {
    await using test = await prepare('MINIMAL')
    await test.run('insert into t (id) values (1), (2); update t set v = 1; update t set n = 2')
    await test.next(6)
    const warnings = test.task.log.filter((line) => /binary log (leaves|does not)/.test(line))
    assert.equal(warnings.length, 2)
    assert.match(warnings.join(), /new values of twice/)
  })

  it('never pass for rows that did not change', async () => {
    await using test = await prepare('MINIMAL', {
      'skip.messages.without.change': 'true',
      'column.include.list': '.*[.](id|v)'
    })
    await test.run(`insert into t (id, v) values (1, 5);
      update t set v = null; update t set body = 'not shown'; update t set v = 0`)
    const events = await test.next(3)
    assert.deepEqual(
      events.map((event) => event.split(' ')[3]),
      ['{"id":1,"v":5}', '{"id":1,"v":null}', '{"id":1,"v":0}']
    )
  })

  it('that leave out the record key are an error that says what to do', async () => {
    await using test = await prepare('MINIMAL', { 'message.key.columns': '.*[.]t:v' })
    await test.run('insert into t (id, v) values (1, 5)')
    await test.next(1)
    await test.run('update t set n = 6')
    await assert.rejects(test.task.records(1), {
      code: 'MYSQL_ROW_IMAGE',
      message: /t in the binary log leave out columns of the record key: v/,
      hint: /message\.key\.columns.*binlog_row_image = FULL/
    })
  })

  it('have all columns of a table without a key', async () => {
    await using test = await prepare('MINIMAL', {}, 'create table t (a int, b text)')
    await test.run("insert into t (a) values (1); update t set b = 'x'; delete from t")
    assert.deepEqual(await test.next(3), [
      'c t null {"a":1,"b":null}',
      'u t null {"a":1,"b":"x"}',
      'd t null {"a":1,"b":"x"}'
    ])
  })

  it('say that a row may be gone which was to be read after they were written', async () => {
    const tables = `create table a (id int primary key, v text);
      insert into a select seq, repeat('a', 100) from seq_1_to_500; ${TABLE};
      insert into t (id, v) values (1, 1), (2, 2), (3, 3)`
    await using test = await prepare('MINIMAL', { 'max.batch.size': '100' }, tables)
    const { task, run, next } = test
    while ((await task.poll()) === 0 || task.offset?.['millrace_snapshot'] === undefined);
    await task.commit()
    await task.stop()
    await run(
      'update t set v = 4 where id = 1; delete from t where id = 1; update t set id = 5 where id = 2'
    )
    await task.start()
    const seen: string[] = []
    while (task.offset?.['snapshot'] !== undefined) seen.push(...(await next(await task.poll())))
    await run('update t set v = 6 where id = 3')
    while (!seen.some((line) => line.includes('"v":6')))
      seen.push(...(await next(await task.poll())))
    const short = seen.filter((line) => !line.startsWith('r')).map((line) => line.split(' '))
    assert.deepEqual(
      short.map(([op, , key, ...rest]) => [op, key, rest.includes('may.be.gone=true')]),
      [
        ['u', '{"id":1}', true],
        ['d', '{"id":1}', false],
        ['-', '{"id":1}', false],
        ['d', '{"id":2}', false],
        ['-', '{"id":2}', false],
        ['c', '{"id":5}', false],
        ['u', '{"id":3}', false]
      ]
    )
    await task.commit()
    assert.equal(task.committed?.['millrace_read_until'], undefined)
  })

  it('say the old values that they have', async () => {
    await using test = await prepare('NOBLOB')
    await test.run("insert into t (id, body) values (1, 'x'); update t set v = 1")
    const [, update] = await test.task.records(2)
    assert.ok(update?.value instanceof Struct)
    assert.deepEqual(plain(update.value.get('before')), {
      id: 1,
      n: 7,
      v: null,
      body: '__debezium_unavailable_value',
      twice: 14
    })
  })
})
