import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { requireEngine } from '../support/engines.ts'
import { type KafkaServer, startKafka } from '../support/kafka.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { projectRoot } from '../support/source-files.ts'
import { WorkerProcess } from '../support/worker-process.ts'
import { MEANT, meaningOf } from './differences.ts'
import { capturedExchanges } from './exchange.ts'
import { type Replayed, replay } from './replay.ts'

const JSON_CONVERTER = 'org.apache.kafka.connect.json.JsonConverter'

/** The captured worker's settings, as far as they show in its answers. */
const WORKER = {
  'group.id': 'connect-cluster',
  listeners: 'http://127.0.0.1:0',
  'key.converter': JSON_CONVERTER,
  'value.converter': JSON_CONVERTER,
  'exactly.once.source.support': 'enabled',
  'connector.client.config.override.policy': 'All',
  'log.format': 'json'
}

describe('the embedded log', () => {
  conformance(async () => ({}))
})

describe('Kafka', requireEngine('kafka-server'), () => {
  let kafka: KafkaServer
  after(() => kafka?.stop())
  conformance(async () => {
    kafka = await startKafka()
    const replicas = ['config', 'offset', 'status'].map((of) => [
      `${of}.storage.replication.factor`,
      '1'
    ])
    return { 'bootstrap.servers': kafka.bootstrap, ...Object.fromEntries(replicas) }
  })
})

describe('docs/rest-differences.md', () => {
  it('explains every difference that is meant, and no other', () => {
    const document = readFileSync(join(projectRoot, 'docs/rest-differences.md'), 'utf8')
    const explained = [...document.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading ?? '')
    const meant = new Set(MEANT.map(({ heading }) => heading))
    assert.deepEqual(explained.toSorted(), [...meant].toSorted())
  })
})

/** @param place the keys of a worker that say where its topics are */
function conformance(place: () => Promise<Readonly<Record<string, string>>>): void {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-conformance-'))
  let postgres: PostgresServer
  let worker: WorkerProcess
  let replayed: readonly Replayed[]

  before(async () => {
    const files = join(folder, 'files')
    mkdirSync(files)
    postgres = await capturedPostgres()
    const file = join(folder, 'worker.json')
    const settings = { ...WORKER, 'data.dir': join(folder, 'data'), ...(await place()) }
    writeFileSync(file, JSON.stringify(settings))
    worker = new WorkerProcess([file], {}, join(folder, 'worker.log'), 'worker')
    await worker.start()
    replayed = await replay(
      capturedExchanges(),
      { files, worker: new URL(worker.url).host, postgres },
      (exchange, differences, answer) =>
        differences.every((difference) => meaningOf(exchange, answer, difference) !== undefined)
    )
  })

  after(async () => {
    await worker?.stop()
    await postgres?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it("answers as Kafka Connect's REST API did, but for differences that are meant", () => {
    const unexplained = replayed.flatMap(({ exchange, answer, differences }) =>
      differences
        .filter((difference) => meaningOf(exchange, answer, difference) === undefined)
        .map((difference) => ({ case: exchange.case, ...difference }))
    )
    assert.deepEqual(unexplained, [])
  })

  it('has every difference that is meant', () => {
    const found = new Set(
      replayed.flatMap(({ exchange, answer, differences }) =>
        differences.map((difference) => meaningOf(exchange, answer, difference))
      )
    )
    const gone = MEANT.filter((meant) => !found.has(meant))
    assert.deepEqual(
      gone.map(({ heading, applies }) => `${heading}: ${applies}`),
      []
    )
  })

  it('never answers with an error of the server', () => {
    const failed = replayed.filter(({ answer }) => answer.status >= 500)
    assert.deepEqual(
      failed.map(({ exchange, answer }) => [exchange.case, answer.body]),
      []
    )
  })

  it('never shows a secret', () => {
    const shown = replayed.filter(({ answer }) => JSON.stringify(answer).includes('not-checked'))
    assert.deepEqual(
      shown.map(({ exchange }) => exchange.case),
      []
    )
  })
}

/** The database that the captured exchanges speak of: any password will do. */
async function capturedPostgres(): Promise<PostgresServer> {
  const server = await startPostgres({ version: '15' })
  const rules = ['all', 'replication'].map(
    (database) => `host ${database} all 127.0.0.1/32 trust\n`
  )
  writeFileSync(join(server.folder, 'pg_hba.conf'), rules.join(''))
  await server.query('SELECT pg_reload_conf()')
  await server.createDatabase('inv')
  await server.query('CREATE TABLE small (id int PRIMARY KEY, name text)', undefined, 'inv')
  await server.query("INSERT INTO small VALUES (1, 'a')", undefined, 'inv')
  return server
}
