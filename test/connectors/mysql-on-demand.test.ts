import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { SourceRecord } from '../../runtime/api/record.ts'
import { Struct } from '../../runtime/api/schema.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { Random } from '../support/random.ts'
import { prepareSource } from './mariadb-harness.ts'
import { brief, plain, sourceField } from './source-harness.ts'

const TABLES = `create table signals (id varchar(64) primary key, type varchar(32) not null, data varchar(2048));
  create table keyed (a int, b varchar(10), v int, primary key (a, b));
  create table plain (s int, v int, n int);
  create table done (id int primary key)`

describe('snapshots on demand of the MariaDB source', { timeout: 60_000 }, () => {
  let server: MariadbServer
  let folder: string
  before(async () => {
    server = await startMariadb()
    folder = await mkdtemp(join(tmpdir(), 'signals-'))
  })
  after(async () => {
    await server?.stop()
    await rm(folder, { recursive: true })
  })

  async function prepare(sql: string, config: Record<string, string> = {}) {
    const prepared = await prepareSource(server, `${TABLES}; ${sql}`, (database) => ({
      'snapshot.mode': 'no_data',
      'signal.data.collection': `${database}.signals`,
      'incremental.snapshot.chunk.size': '20',
      ...config
    }))
    const signal = (id: string, type: string, data: object | null) =>
      server.query(
        'insert into signals values (?, ?, ?)',
        [id, type, data && JSON.stringify(data)],
        prepared.database
      )
    return { ...prepared, signal }
  }

  for (const [name, config] of [
    ['insert_insert', {}],
    ['insert_delete', { 'incremental.snapshot.watermarking.strategy': 'insert_delete' }],
    ['read.only', { 'read.only': 'true' }]
  ] as const) {
    test(`${name}: changes and restarts meanwhile lose no row and leave no old one`, async () => {
      const random = new Random(name.length)
      const { task, run, signal, database } = await prepare(
        `insert into keyed select seq, concat('k', seq % 5), seq from seq_1_to_400;
         insert into plain select if(seq % 9 = 0, null, seq % 40), seq, seq from seq_1_to_200`,
        // So that no poll waits for ever for what was polled and not committed.
        { ...config, 'heartbeat.interval.ms': '50' }
      )
      await using running = task
      await running.start()
      await running.snapshot()
      running.config['snapshot.mode'] = 'initial'
      const known = new Known(database)
      await signal('s1', 'execute-snapshot', {
        'data-collections': [`${database}.(keyed|plain)`],
        'surrogate-key': 's'
      })
      const writing = write(run, random, 400).then(() => run('insert into done values (1)'))
      while (!known.isDone || running.committed?.['incremental_snapshot_collections']) {
        known.take(await running.records(await running.poll()))
        if (random.below(3) > 0) {
          await running.commit()
          known.keep()
        } else if (random.below(12) === 0) {
          await running.stop()
          known.forget()
          await running.start()
        }
      }
      await writing
      const keyed = await run('select a, b, v from keyed')
      assert.ok(keyed.length > 300)
      for (const row of keyed) {
        assert.deepEqual(known.rows.get(JSON.stringify({ a: row['a'], b: row['b'] })), row)
      }
      for (const row of await run('select s, v, n from plain')) {
        assert.ok(known.seen.has(JSON.stringify(row)), JSON.stringify(row))
      }
    })
  }

  test('a table that is altered and truncated meanwhile is read with its new columns', async () => {
    const { task, run, signal, database } = await prepare(
      "insert into keyed select seq, 'k', seq from seq_1_to_200"
    )
    await using running = task
    await running.start()
    await running.snapshot()
    await signal('s1', 'execute-snapshot', { 'data-collections': [`${database}.keyed`] })
    let reads = 0
    const poll = async () => {
      const records = await running.records(await running.poll())
      const found = records.filter((record) => brief(record).startsWith('r '))
      reads += found.length
      return found
    }
    while (reads < 40) await poll()
    await run('alter table keyed add column w int default 7')
    const later: SourceRecord[] = []
    await run('insert into done values (1)')
    for (let isOver = false; !isOver; ) {
      const found = await poll()
      later.push(...found)
      isOver = !running.offset?.['incremental_snapshot_collections']
    }
    assert.equal(reads, 200)
    assert.match(brief(later.at(-1) as SourceRecord), /"w":7/)

    await signal('s2', 'execute-snapshot', { 'data-collections': [`${database}.keyed`] })
    while (reads < 220) await poll()
    await run('truncate keyed')
    while (running.offset?.['incremental_snapshot_collections']) await poll()
    assert.ok(reads < 400)
  })

  test('a signal table that no list names is read all the same, a filter that is no SQL told', async () => {
    const { task, signal, database } = await prepare(
      "insert into keyed values (1, 'k', 1), (2, 'k', 2)",
      {
        'notification.enabled.channels': 'sink',
        'notification.sink.topic.name': 'notes',
        'heartbeat.interval.ms': '50'
      }
    )
    task.config['table.include.list'] = `${database}.keyed`
    await using running = task
    await running.start()
    await running.snapshot()
    const told = async (id: string) => {
      const notes: string[] = []
      while (notes.at(-1) !== 'COMPLETED') {
        for (const { topic, value } of await running.records(1)) {
          if (topic !== 'notes' || !(value instanceof Struct) || value.get('id') !== id) continue
          const data = value.get('additional_data') as Map<string, string>
          notes.push(
            `${value.get('type')} ${data.get('status') ?? data.get('last_processed_key') ?? ''}`.trim()
          )
        }
      }
      return notes
    }
    const data = { 'data-collections': [`${database}.keyed`] }
    await signal('s1', 'execute-snapshot', data)
    assert.deepEqual(await told('s1'), [
      'STARTED',
      'IN_PROGRESS 2,k',
      'TABLE_SCAN_COMPLETED SUCCEEDED',
      'COMPLETED'
    ])
    const conditions = [{ 'data-collection': '.*', filter: 'nonsense =' }]
    await signal('s2', 'execute-snapshot', { ...data, 'additional-conditions': conditions })
    assert.deepEqual(await told('s2'), [
      'STARTED',
      'TABLE_SCAN_COMPLETED SQL_EXCEPTION',
      'COMPLETED'
    ])
    await signal('s3', 'unheard-of', null)
    await signal('s4', 'log', { message: 'here: {}' })
    while (!running.log.some((line) => line.startsWith('here: {'))) await running.poll()
    assert.ok(running.log.some((line) => line.includes("'s3' is left alone")))
  })

  test('a blocking snapshot from the signal file is read again after a restart', async () => {
    const path = join(folder, 'signals.txt')
    const { task, run, database } = await prepare(
      "insert into keyed select seq, 'k', seq from seq_1_to_50",
      {
        'signal.enabled.channels': 'file',
        'signal.file': path,
        'signal.poll.interval.ms': '20',
        'max.batch.size': '10'
      }
    )
    await using running = task
    await running.start()
    await running.snapshot()
    running.config['snapshot.mode'] = 'initial'
    const filter = `select * from ${database}.keyed where a > 20 order by a`
    const data = {
      type: 'blocking',
      'data-collections': [`${database}.keyed`],
      'additional-conditions': [{ 'data-collection': '.*', filter }]
    }
    await writeFile(path, `${JSON.stringify({ id: 'b1', type: 'execute-snapshot', data })}\n`)
    while (!running.committed?.['millrace_blocking_snapshots']) {
      await running.poll()
      await running.commit()
    }
    assert.equal(await readFile(path, 'utf8'), '')
    await running.stop()
    await running.start()
    const rows = await running.records(30)
    const marks = rows.map((record) => sourceField(record, 'snapshot'))
    assert.deepEqual([marks[0], marks[1], marks.at(-1)], ['first', 'true', 'last'])
    assert.match(brief(rows[0] as SourceRecord), /"a":21/)
    assert.equal(running.offset?.['millrace_blocking_snapshots'], undefined)
    await run("insert into keyed values (99, 'after', 1)")
    const [next] = await running.records(1)
    assert.match(brief(next as SourceRecord), /^c .*"a":99/)
  })
})

/** What a consumer knows of the records that are durable. */
class Known {
  readonly rows = new Map<string, unknown>()
  readonly seen = new Set<string>()
  isDone = false
  readonly #database: string
  #waiting: SourceRecord[] = []

  constructor(database: string) {
    this.#database = database
  }

  take(records: readonly SourceRecord[]): void {
    this.#waiting.push(...records)
  }

  forget(): void {
    this.#waiting = []
  }

  keep(): void {
    for (const { topic, key, value } of this.#waiting) {
      if (!(value instanceof Struct)) continue
      const row = value.get('after')
      if (topic === `p.${this.#database}.done`) this.isDone = true
      if (topic === `p.${this.#database}.keyed`) {
        const name = JSON.stringify(plain(key))
        if (row === null) this.rows.delete(name)
        else this.rows.set(name, plain(row))
      }
      if (topic === `p.${this.#database}.plain` && row !== null) {
        this.seen.add(JSON.stringify(plain(row)))
      }
    }
    this.#waiting = []
  }
}

/** Random changes, one transaction after the other. */
async function write(
  run: (sql: string) => Promise<unknown>,
  random: Random,
  count: number
): Promise<void> {
  for (let i = 0; i < count; i++) {
    const a = random.below(450)
    const statements = [
      `update keyed set v = v + 1 where a = ${a}`,
      `replace into keyed values (${a}, 'k${random.below(5)}', ${i})`,
      `delete from keyed where a = ${a} limit 1`,
      `update keyed set a = a + 1000 where a = ${a}`,
      `update plain set n = n + 1 where v = ${random.below(220)}`,
      `delete from plain where v = ${random.below(220)}`,
      `insert into plain values (${random.below(40)}, ${1000 + i}, 0)`
    ]
    await run(random.pick(statements))
  }
}
