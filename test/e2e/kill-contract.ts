import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import type { Broker } from '../../runtime/broker/broker.ts'
import type { PostgresServer } from '../support/postgres.ts'
import { Random } from '../support/random.ts'
import { compareDatabases } from '../support/shop/compare.ts'
import { SHOP_SCHEMA, type ShopSize, shopRows } from '../support/shop/shop.ts'
import { checkTopics } from '../support/shop/topics.ts'
import { Workload } from '../support/shop/workload.ts'
import { until } from '../support/until.ts'
import { WorkerProcess } from '../support/worker-process.ts'

const SIZE: ShopSize = { customers: 10_000, products: 2_000, orders: 50_000 }

export interface KillRun {
  readonly seed: number
  readonly kills: number
  /** Names the databases, the slot and the topics of this run. */
  readonly prefix: string
  readonly postgres: PostgresServer
  /** Worker keys that choose the broker, as YAML lines. */
  brokerKeys(folder: string): string
  openBroker(folder: string): Promise<Broker>
}

function configFiles(run: KillRun, folder: string): string[] {
  const { host, port, user, password } = run.postgres
  const files = {
    'worker.yaml': `${run.brokerKeys(folder)}\n`,
    'source.yaml': [
      `name: ${run.prefix}-source`,
      'config:',
      '  connector.class: postgres',
      `  topic.prefix: ${run.prefix}`,
      `  database: { hostname: '${host}', port: ${port}, user: '${user}', password: '${password}', dbname: ${run.prefix} }`,
      `  slot.name: ${run.prefix}`,
      `  publication.name: ${run.prefix}`,
      '  schema.include.list: public'
    ].join('\n'),
    'sink.yaml': [
      `name: ${run.prefix}-sink`,
      'config:',
      '  connector.class: postgres-sink',
      `  topics.regex: ${run.prefix}\\.public\\..*`,
      `  connection.url: postgresql://${host}:${port}/${run.prefix}_copy`,
      `  connection.username: ${user}`,
      `  connection.password: ${password}`,
      '  collection.name.format: ${source.table}'
    ].join('\n')
  }
  return Object.entries(files).map(([name, text]) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  })
}

/** Machines under load take their time; what is waited for comes. */
const SLOW = { limitMs: 120_000 }

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** In which phase of the source the kills fell. */
interface Phases {
  snapshot: number
  stream: number
  start: number
}

/**
 * Starts the worker and kills it, over and over, at instants that the seed decides: the first third
 * soon after the process starts, so that they fall into its start and the snapshot, the others after
 * it has begun to stream.
 */
async function killRepeatedly(
  run: KillRun,
  worker: WorkerProcess,
  changing: () => void
): Promise<Phases> {
  const random = new Random(run.seed)
  const phases: Phases = { snapshot: 0, stream: 0, start: 0 }
  let phase: keyof Phases = 'start'
  worker.onLine((line) => {
    if (line.msg !== 'progress' || line['connector'] !== `${run.prefix}-source`) return
    phase = line['phase'] === 'streaming' ? 'stream' : 'snapshot'
    changing()
  })
  for (let kill = 0; kill < run.kills; kill++) {
    phase = 'start'
    // A worker that is killed before its `ready` line rejects: that is one of the instants wanted.
    const started = worker.start().catch(() => 0)
    if (kill % 6 === 5) await pause(random.below(600))
    else if (kill < run.kills / 3) await until(() => phase !== 'start', SLOW)
    else await until(() => phase === 'stream', SLOW)
    await pause(random.below(500))
    phases[phase]++
    await worker.kill()
    await started
  }
  return phases
}

/** Waits until the copy equals the source, as long as it gets closer. */
async function settle(source: pg.Client, target: pg.Client) {
  let best = Number.POSITIVE_INFINITY
  for (let deadline = Date.now() + 60_000; ; await pause(500)) {
    const found = await compareDatabases(source, target).catch(() => undefined)
    const wrong = found ? found.missing + found.extra + found.different : best
    if (wrong === 0 || Date.now() > deadline) return found
    if (wrong < best) deadline = Date.now() + 60_000
    best = Math.min(best, wrong)
  }
}

/**
 * A worker with a PostgreSQL source and sink is killed with SIGKILL again and again while the source
 * database changes. At the end both databases are equal, and every change stands in its topic once.
 */
export async function surviveKills(run: KillRun): Promise<Phases> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-kill-'))
  await using cleanup = new AsyncDisposableStack()
  await run.postgres.createDatabase(run.prefix)
  await run.postgres.createDatabase(`${run.prefix}_copy`)
  const source = await run.postgres.connect(run.prefix)
  cleanup.defer(() => source.end())
  await source.query(SHOP_SCHEMA)
  await source.query(shopRows(SIZE))
  const workload = new Workload(source, new Random(run.seed + 1), SIZE)
  const worker = new WorkerProcess(configFiles(run, folder), {}, join(folder, 'worker.log'))
  const end = new AbortController()
  let running: Promise<void> | undefined
  cleanup.defer(async () => {
    end.abort()
    await running
    await worker.kill()
  })
  // Changes count from the moment the slot exists: the snapshot has begun.
  const phases = await killRepeatedly(run, worker, () => {
    running ??= workload.run(end.signal, 150)
  })
  await worker.start()
  end.abort()
  await running
  const target = await run.postgres.connect(`${run.prefix}_copy`)
  cleanup.defer(() => target.end())
  const compared = await settle(source, target)
  await worker.stop()
  const broker = await run.openBroker(folder)
  const topics = await checkTopics(broker, run.prefix, workload.changes)
  await broker.close()
  assert.deepEqual(compared && { ...compared, rows: 0 }, {
    rows: 0,
    missing: 0,
    extra: 0,
    different: 0,
    examples: []
  })
  assert.deepEqual(
    { ...topics, records: 0 },
    { records: 0, duplicates: 0, unaccounted: 0, outOfOrder: 0 }
  )
  assert.ok(workload.transactions > 100, 'the workload ran all the while')
  rmSync(folder, { recursive: true, force: true })
  return phases
}
