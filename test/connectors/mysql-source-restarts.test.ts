import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import source from '../../connectors/mysql/mariadb-source.ts'
import type { SourceRecord } from '../../runtime/api/record.ts'
import { Struct } from '../../runtime/api/schema.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { Random } from '../support/random.ts'
import { sourceKeys } from './mariadb-harness.ts'
import { plain, SourceHarness } from './source-harness.ts'

const SEEDS = [1, 2, 3, 4]
const STATEMENTS = 120

describe('restarts at random places of the log of MariaDB', () => {
  let server: MariadbServer
  before(async () => {
    server = await startMariadb()
  })
  after(() => server.stop())

  for (const seed of SEEDS) {
    it(`change nothing about the records (seed ${seed})`, { timeout: 120_000 }, async () => {
      const database = await server.createDatabase()
      await server.query(TABLES, undefined, database)
      const config = {
        'snapshot.mode': 'no_data',
        'skipped.operations': 'none',
        'include.schema.changes': 'true',
        'provide.transaction.metadata': String(seed % 2 === 0)
      }
      const make = () => new SourceHarness(source, { ...sourceKeys(server, database), ...config })
      await using straight = make()
      await using broken = make()
      await begin(straight)
      await begin(broken)
      await write(server, database, new Random(seed))
      const expected = await readStraight(straight)
      assert.ok(expected.length > STATEMENTS, `${expected.length} records`)
      assert.deepEqual(await readBroken(broken, new Random(seed), expected.length), expected)
    })
  }
})

const TABLES = `create table a (id int primary key, v varchar(30), n int);
  create table b (id int, w varchar(30), primary key (w, id)); create table m (id int primary key) engine = myisam;
  create table last (id int primary key)`

/** Goes to the place where the log is followed from. */
async function begin(task: SourceHarness): Promise<void> {
  await task.start()
  await task.snapshot()
  await task.stop()
}

async function write(server: MariadbServer, database: string, random: Random): Promise<void> {
  const client = await server.connect(database, { multipleStatements: true })
  let columns = 0
  let xids = 0
  const change = (): string => {
    const id = random.below(40)
    return random.pick([
      `replace into a (id, v) values (${id}, 'r${id}'), (${id + 1}, 'r')`,
      `insert ignore into a (id, v, n) select seq, 'many', ${id} from seq_${id}_to_${id + random.below(30)}`,
      `update a set n = coalesce(n, 0) + 1 where id < ${id}`,
      `update ignore a set id = id + 100 where id = ${id}`,
      `delete from a where id > ${id}`,
      `replace into b values (${id}, '${'xyz'[id % 3]}')`,
      `update ignore b set w = concat(w, '!') where id < ${id} and length(w) < 20`,
      `replace into m values (${id})`
    ])
  }
  const some = () => Array.from({ length: 1 + random.below(5) }, change).join('; ')
  const statement = (): string => {
    switch (random.below(14)) {
      case 0:
        return `begin; ${some()}; savepoint s; ${some()}; rollback to s; ${some()}; commit`
      case 1:
        return `begin; ${some()}; savepoint s; ${some()}; commit`
      case 2:
        return `begin; ${some()}; rollback`
      case 3:
        return `alter table a add column c${++columns} int default ${columns}, add index (c${columns})`
      case 4:
        return columns > 0 ? `alter table a drop column c${columns--}` : 'flush tables'
      case 5:
        return `create or replace table made as select id, v from a where id < ${random.below(20)}`
      case 6:
        return 'truncate b'
      case 7: {
        const xid = `x${++xids}`
        const end = random.pick(['commit', 'commit', 'rollback'])
        return `xa start '${xid}'; replace into a (id, v) values (1, 'xa'), (2, 'xa'), (3, 'xa'); xa end '${xid}'; xa prepare '${xid}'; xa ${end} '${xid}'`
      }
      case 8:
        return 'flush binary logs'
      default:
        return random.below(2) === 0 ? change() : `begin; ${some()}; commit`
    }
  }
  for (let i = 0; i < STATEMENTS; i++) await client.query(statement())
  await client.query('insert into last values (1)')
  await client.end()
}

function isLast(record: SourceRecord): boolean {
  return record.topic.endsWith('.last')
}

async function readStraight(task: SourceHarness): Promise<string[]> {
  await task.start()
  const records: SourceRecord[] = []
  while (records.length === 0 || !isLast(records.at(-1) as SourceRecord)) {
    records.push(...(await task.records(1)))
  }
  return records.map(shown)
}

/** Stops again and again, sometimes before what was polled is durable. */
async function readBroken(task: SourceHarness, random: Random, most: number): Promise<string[]> {
  const durable: string[] = []
  for (;;) {
    const query = random.below(2) === 0
    await task.start({
      'max.batch.size': String(1 + random.below(20)),
      'include.query': String(query)
    })
    let polled: string[] = []
    for (let polls = random.below(5); polls >= 0; polls--) {
      const records = await task.records(await task.poll())
      polled.push(...records.map(shown))
      const last = records.findIndex(isLast)
      if (last >= 0) return [...durable, ...polled].slice(0, last + 1 - records.length || undefined)
      if (random.below(3) > 0) continue
      await task.commit()
      durable.push(...polled)
      polled = []
    }
    if (random.below(2) === 0) {
      await task.commit()
      durable.push(...polled)
    }
    await task.stop()
    assert.ok(durable.length <= most, 'more records than without restarts')
  }
}

/** All about a record that is the same every time. */
function shown(record: SourceRecord): string {
  const value = record.value instanceof Struct ? plainValue(record.value) : null
  const fields = record.valueSchema?.field('after')?.schema.fields.map(({ name }) => name)
  return JSON.stringify([record.topic, plain(record.key), value, fields])
}

function plainValue(value: Struct): unknown {
  const { ts_ms: _ms, ts_us: _us, ts_ns: _ns, ...rest } = plain(value) as Record<string, unknown>
  const source = rest['source'] as Record<string, unknown> | undefined
  // The number of the row before a statement: nobody knows it after a restart.
  const isStatement = rest['ddl'] !== undefined || rest['op'] === 't'
  const row = isStatement ? 0 : source?.['row']
  return source === undefined ? rest : { ...rest, source: { ...source, row, query: null } }
}
