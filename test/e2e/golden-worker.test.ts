import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VERSION } from '../../connectors/postgres/version.ts'
import type { Broker } from '../../runtime/broker/broker.ts'
import { openLmdbBroker } from '../../runtime/broker/lmdb/lmdb-broker.ts'
import { MEANT } from '../connectors/postgres-golden-differences.ts'
import { compareRecords, masked } from '../support/golden-compare.ts'
import { notMeant } from '../support/golden-meant.ts'
import {
  type Scenario as Capture,
  loadEvents,
  loadScenario,
  type TextRecord
} from '../support/golden-scenario.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { readTopic } from '../support/read-topic.ts'
import { EMBEDDED_WORKER, Scenario } from '../support/scenario.ts'
import { splitAtMarks, splitStatements } from '../support/sql-script.ts'
import { until } from '../support/until.ts'

// The golden tests call the connector's task. Here a worker runs the captured configurations as they
// are, Java class names and all, so that the bytes that lie in its topics are compared.
const CAPTURES = [
  'postgres-ops-schemas',
  'postgres-ops-no-tombstones',
  'postgres-names',
  'postgres-types-numbers',
  'postgres-types-defaults-kept-null'
].map((name) => loadScenario(name))

/** A table of the test's own: when a row of it has arrived, everything before it has, too. */
const LAST = 'last_of_all'

test('a worker writes the bytes of Kafka Connect with Debezium, from the same JSON files', async () => {
  await using server = await startPostgres({ version: '15' })
  for (const { config, before } of CAPTURES) {
    const database = databaseOf(config)
    await server.query(`CREATE DATABASE "${database}" TEMPLATE template0`)
    await run(server, database, splitStatements(before))
  }
  const files = CAPTURES.map((capture) => [`${capture.name}.json`, connectorFile(server, capture)])
  await using scenario = new Scenario({
    'worker.yaml': EMBEDDED_WORKER,
    ...Object.fromEntries(files)
  })
  await scenario.worker.start()
  const broker = await openLmdbBroker({ path: scenario.topicsPath })
  try {
    for (const capture of CAPTURES) await change(server, capture)
    await until(async () => {
      const described = await broker.describeTopics()
      return described.filter(({ name }) => name.endsWith(LAST)).length === CAPTURES.length
    })
    await scenario.worker.stop()
    for (const capture of CAPTURES) {
      const { name } = capture
      const theirs = masked(capture, loadEvents(name), '3.6.0.Final')
      const ours = masked(capture, await recordsOf(broker, capture), VERSION)
      assert.deepEqual(notMeant(MEANT, name, compareRecords(theirs, ours)), [])
    }
  } finally {
    await broker.close()
  }
})

function databaseOf(config: Capture['config']): string {
  return config['database.dbname'] ?? assert.fail('no database.dbname')
}

function connectorFile(server: PostgresServer, { name, config }: Capture): string {
  const connection = {
    'database.hostname': server.host,
    'database.port': String(server.port),
    'database.user': server.user,
    'database.password': server.password
  }
  return JSON.stringify({ name, config: { ...config, ...connection } })
}

/** Makes the changes of a capture once its connector streams. */
async function change(server: PostgresServer, { config, after }: Capture): Promise<void> {
  const sql = 'SELECT FROM pg_replication_slots WHERE slot_name = $1 AND active'
  await until(async () => (await server.query(sql, [config['slot.name']])).length > 0)
  const parts = splitAtMarks(after)
  assert.deepEqual(
    parts.map(({ mark }) => mark).filter((mark) => mark !== 'start'),
    []
  )
  await run(server, databaseOf(config), [
    ...parts.flatMap(({ script }) => splitStatements(script)),
    `CREATE TABLE ${LAST} (n int)`,
    `INSERT INTO ${LAST} VALUES (1)`
  ])
}

async function run(server: PostgresServer, database: string, statements: readonly string[]) {
  const client = await server.connect(database)
  for (const statement of statements) await client.query(statement)
  await client.end()
}

async function recordsOf(broker: Broker, { config }: Capture): Promise<TextRecord[]> {
  const records: TextRecord[] = []
  for (const { name } of await broker.describeTopics()) {
    if (!name.startsWith(`${config['topic.prefix']}.`) || name.endsWith(LAST)) continue
    for (const { key, value, headers } of await readTopic(broker, name)) {
      records.push({
        topic: name,
        partition: 0,
        key: key?.toString() ?? null,
        value: value?.toString() ?? null,
        headers: headers.map((header) => [header.key, header.value?.toString() ?? null])
      })
    }
  }
  return records
}
