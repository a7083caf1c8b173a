import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { requireEngine } from '../support/engines.ts'
import { sharedKafka } from '../support/kafka.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import {
  connectorYaml,
  EMBEDDED_WORKER,
  Scenario,
  sinkKeys,
  sourceKeys
} from '../support/scenario.ts'
import { compareDatabases } from '../support/shop/compare.ts'
import { SHOP_SCHEMA, shopRows, TABLES } from '../support/shop/shop.ts'
import { projectRoot } from '../support/source-files.ts'
import { until } from '../support/until.ts'

const CHANGES = `insert into customers (id, email, name, created_at) values (9001, 'new@example.com', 'N', '2026-01-01Z');
  update orders set note = 'changed' where id between 10 and 20;
  delete from order_items where order_id = 5;
  delete from orders where id = 5`

/** Fields of an event that differ between two runs of the same changes. */
const VOLATILE = /"(ts_ms|ts_us|ts_ns|txId|lsn|sequence|xmin)":("(\\.|[^"])*"|-?\d+)/g

describe('the same files on embedded topics and on Kafka', requireEngine('kafka', 'kcat'), () => {
  const database = `same${process.pid}`
  let postgres: PostgresServer
  before(async () => {
    postgres = await startPostgres()
  })
  after(() => postgres.stop())

  /** Runs the files to the end of the changes; the database is made anew, so that both runs see the same. */
  async function run(workerFile: string): Promise<Scenario> {
    for (const name of [database, `${database}_copy`]) {
      await postgres.query(`drop database if exists ${name} with (force)`)
      await postgres.createDatabase(name)
    }
    await postgres.query(SHOP_SCHEMA, [], database)
    await postgres.query(shopRows({ customers: 200, products: 50, orders: 300 }), [], database)
    const names = { prefix: database, database: `${database}_copy` }
    const scenario = new Scenario({
      'worker.yaml': workerFile,
      'source.yaml': connectorYaml('same-source', sourceKeys(postgres, database)),
      'sink.yaml': connectorYaml('same-sink', sinkKeys(postgres, names))
    })
    await scenario.worker.start()
    await scenario.worker.says('"phase":"streaming"')
    for (const statement of CHANGES.split(';')) await postgres.query(statement, [], database)
    const source = await postgres.connect(database)
    const target = await postgres.connect(`${database}_copy`)
    await until(async () => {
      const found = await compareDatabases(source, target).catch(() => undefined)
      return found !== undefined && found.missing + found.extra + found.different === 0
    })
    await Promise.all([source.end(), target.end()])
    await scenario.worker.stop()
    await postgres.query(`select pg_drop_replication_slot('${database}')`)
    return scenario
  }

  const masked = (text: string) => text.replaceAll(VOLATILE, '"$1":*')

  it('give the same keys and values', async () => {
    const kafka = await sharedKafka()
    const main = join(projectRoot, 'runtime/cli/main.ts')
    await using embedded = await run(EMBEDDED_WORKER)
    const onEmbedded = TABLES.map((table) =>
      execFileSync(
        process.execPath,
        [
          main,
          'topics',
          'tail',
          `${database}.public.${table}`,
          '--data-dir',
          embedded.topicsPath,
          '--no-follow',
          '--format',
          '%k|%s\\n'
        ],
        { encoding: 'utf8', maxBuffer: 1 << 28 }
      )
    )
    const topics = ['config', 'offset', 'status'].map(
      (kind) => `${kind}.storage.topic: ${database}-${kind}\n`
    )
    const worker = `bootstrap.servers: ${kafka.bootstrap}\ngroup.id: ${database}\n${topics.join('')}`
    await using onBroker = await run(worker)
    assert.ok(onBroker.folder)
    const onKafka = TABLES.map((table) =>
      execFileSync(
        'kcat',
        [
          '-C',
          '-b',
          kafka.bootstrap,
          '-t',
          `${database}.public.${table}`,
          '-o',
          'beginning'
        ].concat(['-e', '-q', '-f', '%k|%s\\n', '-X', 'isolation.level=read_committed']),
        { encoding: 'utf8', maxBuffer: 1 << 28 }
      )
    )
    for (const [index, table] of TABLES.entries()) {
      const expected = masked(onEmbedded[index] ?? '')
      assert.ok(expected.length > 1000, table)
      assert.equal(masked(onKafka[index] ?? ''), expected, table)
    }
  })
})
