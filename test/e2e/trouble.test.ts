import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openLmdbBroker } from '../../runtime/broker/lmdb/lmdb-broker.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { readTopic } from '../support/read-topic.ts'
import {
  connectorYaml,
  EMBEDDED_WORKER,
  Scenario,
  sinkKeys,
  sourceKeys
} from '../support/scenario.ts'
import { until } from '../support/until.ts'

const THINGS = `create table things (id int primary key, name text, amount numeric(8,2));
  insert into things select n, 'thing ' || n, n from generate_series(1, 100) n`

describe('trouble', () => {
  let postgres: PostgresServer
  before(async () => {
    postgres = await startPostgres()
  })
  after(() => postgres.stop())

  async function database(name: string): Promise<void> {
    await postgres.createDatabase(name)
    await postgres.query(THINGS, [], name)
    await postgres.createDatabase(`${name}_copy`)
  }

  async function copied(name: string): Promise<number> {
    const text = 'select count(*)::int as n from things'
    const rows = await postgres.query(text, [], `${name}_copy`).catch(() => [])
    return Number(rows[0]?.['n'] ?? 0)
  }

  it('says that the password is wrong, and runs once the file is mended', async () => {
    await database('wrong_password')
    const keys = sourceKeys(postgres, 'wrong_password', { 'database.password': 'not-it' })
    await using scenario = new Scenario(
      { 'worker.yaml': EMBEDDED_WORKER, 'source.yaml': connectorYaml('source', keys) },
      '--watch'
    )
    await scenario.worker.start()
    const line = await scenario.worker.says('refuses the password of user')
    assert.ok(!line.includes('not-it'), 'the password is not shown')
    scenario.write('source.yaml', connectorYaml('source', sourceKeys(postgres, 'wrong_password')))
    await scenario.worker.says('"phase":"streaming"')
    await scenario.worker.stop()
    const broker = await openLmdbBroker({ path: scenario.topicsPath })
    assert.equal((await readTopic(broker, 'wrong_password.public.things')).length, 100)
    await broker.close()
  })

  it('says that wal_level must be logical, and how to set it', async () => {
    await using replica = await startPostgres({ settings: { wal_level: 'replica' } })
    await replica.createDatabase('plain')
    const source = connectorYaml('source', sourceKeys(replica, 'plain'))
    await using scenario = new Scenario({ 'worker.yaml': EMBEDDED_WORKER, 'source.yaml': source })
    await scenario.worker.start()
    await scenario.worker.says('wal_level')
    await scenario.worker.says('ALTER SYSTEM SET wal_level')
  })

  it('says which table the sink misses, and goes on once it is there', async () => {
    await database('no_table')
    const names = { prefix: 'no_table', database: 'no_table_copy' }
    const sink = sinkKeys(postgres, names, { 'schema.evolution': 'none' })
    await using scenario = new Scenario(
      {
        'worker.yaml': EMBEDDED_WORKER,
        'source.yaml': connectorYaml('source', sourceKeys(postgres, 'no_table')),
        'sink.yaml': connectorYaml('sink', sink)
      },
      '--watch'
    )
    await scenario.worker.start()
    await scenario.worker.says('Task sink-0 failed')
    await postgres.query(
      'create table things (id int primary key, name text, amount numeric(8,2))',
      [],
      'no_table_copy'
    )
    scenario.write('sink.yaml', connectorYaml('sink', { ...sink, 'batch.size': 100 }))
    await until(async () => (await copied('no_table')) === 100)
  })

  it('fails on a row that the target rejects, and loses nothing once the target is mended', async () => {
    await database('rejected')
    await postgres.query(
      'create table things (id int primary key, name text, amount numeric(8,2) check (amount <> 50))',
      [],
      'rejected_copy'
    )
    const sink = sinkKeys(postgres, { prefix: 'rejected', database: 'rejected_copy' })
    await using scenario = new Scenario(
      {
        'worker.yaml': EMBEDDED_WORKER,
        'source.yaml': connectorYaml('source', sourceKeys(postgres, 'rejected')),
        'sink.yaml': connectorYaml('sink', sink)
      },
      '--watch'
    )
    await scenario.worker.start()
    const line = await scenario.worker.says('Task sink-0 failed')
    assert.match(line, /things_amount_check/)
    await postgres.query(
      'alter table things drop constraint things_amount_check',
      [],
      'rejected_copy'
    )
    scenario.write('sink.yaml', connectorYaml('sink', { ...sink, 'batch.size': 100 }))
    await until(async () => (await copied('rejected')) === 100)
  })

  it('sets a rejected row aside with errors.tolerance=all, and writes all others', async () => {
    await database('tolerant')
    await postgres.query(
      'create table things (id int primary key, name text, amount numeric(8,2) check (amount <> 50))',
      [],
      'tolerant_copy'
    )
    const names = { prefix: 'tolerant', database: 'tolerant_copy' }
    const sink = sinkKeys(postgres, names, {
      'errors.tolerance': 'all',
      'errors.deadletterqueue.topic.name': 'dead',
      'errors.deadletterqueue.context.headers.enable': true
    })
    await using scenario = new Scenario({
      'worker.yaml': EMBEDDED_WORKER,
      'source.yaml': connectorYaml('source', sourceKeys(postgres, 'tolerant')),
      'sink.yaml': connectorYaml('sink', sink)
    })
    await scenario.worker.start()
    await until(async () => (await copied('tolerant')) === 99)
    await scenario.worker.stop()
    const broker = await openLmdbBroker({ path: scenario.topicsPath })
    const dead = await readTopic(broker, 'dead')
    await broker.close()
    assert.deepEqual(
      dead.map((record) => JSON.parse(String(record.key)).payload),
      [{ id: 50 }]
    )
    const reason = dead[0]?.headers.find(({ key }) => key === '__connect.errors.exception.message')
    assert.match(String(reason?.value), /things_amount_check/)
  })

  it('retries while the database is down, and loses nothing', async () => {
    await using server = await startPostgres()
    await server.createDatabase('down')
    await server.query(THINGS, [], 'down')
    await using scenario = new Scenario({
      'worker.yaml': EMBEDDED_WORKER,
      'source.yaml': connectorYaml('source', sourceKeys(server, 'down'))
    })
    await scenario.worker.start()
    await scenario.worker.says('"phase":"streaming"')
    await server.crash()
    await scenario.worker.says('starts again in')
    await server.restart()
    await server.query("insert into things values (101, 'after', 1)", [], 'down')
    const broker = await openLmdbBroker({ path: scenario.topicsPath })
    await until(async () => (await readTopic(broker, 'down.public.things')).length === 101)
    await broker.close()
  })

  it('waits when the disk is full, and loses nothing once there is room', async () => {
    await database('full_disk')
    await postgres.query(
      "insert into things select n, repeat('x', 900), 1 from generate_series(101, 20000) n",
      [],
      'full_disk'
    )
    await using scenario = new Scenario({
      'worker.yaml': EMBEDDED_WORKER,
      'source.yaml': connectorYaml('source', sourceKeys(postgres, 'full_disk'))
    })
    await scenario.worker.start(24_000)
    await scenario.worker.says('DISK_FULL')
    await scenario.worker.says('starts again in')
    await scenario.worker.kill()
    await scenario.worker.start()
    const broker = await openLmdbBroker({ path: scenario.topicsPath })
    const read = () => readTopic(broker, 'full_disk.public.things')
    await until(async () => (await read()).length >= 20_000)
    await scenario.worker.stop()
    const keys = (await read()).map((record) => JSON.parse(String(record.key)).payload.id)
    assert.deepEqual(
      keys.toSorted((left, right) => left - right),
      keys.map((_, index) => index + 1)
    )
    await broker.close()
  })

  it('names the Kafka that it cannot reach', async () => {
    await using scenario = new Scenario({
      'worker.yaml': 'bootstrap.servers: 127.0.0.1:1\n',
      'source.yaml': connectorYaml('source', sourceKeys(postgres, 'postgres'))
    })
    await assert.rejects(scenario.worker.start(), /ended with 3:(.|\n)*127\.0\.0\.1:1/)
  })
})
