import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Broker } from '../../runtime/broker/broker.ts'
import { Random } from '../support/random.ts'
import { connectorYaml } from '../support/scenario.ts'
import { type Comparison, compareShops } from '../support/shop/compare.ts'
import type { ShopSize } from '../support/shop/shop.ts'
import type { ShopEnd } from '../support/shop/shop-end.ts'
import { checkTopics } from '../support/shop/topics.ts'
import { Workload } from '../support/shop/workload.ts'
import { until } from '../support/until.ts'
import { WorkerProcess } from '../support/worker-process.ts'

const SIZE: ShopSize = { customers: 10_000, products: 2_000, orders: 50_000 }

export interface KillRun {
  readonly seed: number
  readonly kills: number
  /** Names the databases and the topics of this run. */
  readonly prefix: string
  readonly source: ShopEnd
  readonly target: ShopEnd
  /** Worker keys that choose the broker, as YAML lines. */
  brokerKeys(folder: string): string
  openBroker(folder: string): Promise<Broker>
}

/** The name of the target's database. */
const copyOf = (prefix: string) => `${prefix}_copy`

function configFiles(run: KillRun, folder: string): string[] {
  const { prefix, source, target } = run
  const tables = source
    .topic(prefix, 'orders')
    .replace(/orders$/, '')
    .replaceAll('.', '\\.')
  const sinkKeys = target.sinkKeys(`${tables}.*`, copyOf(prefix))
  const files = {
    'worker.yaml': `${run.brokerKeys(folder)}\n`,
    'source.yaml': connectorYaml(`${prefix}-source`, source.sourceKeys(prefix)),
    'sink.yaml': connectorYaml(`${prefix}-sink`, sinkKeys)
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
async function settle({ source, target, prefix }: KillRun): Promise<Comparison | undefined> {
  let best = Number.POSITIVE_INFINITY
  for (let deadline = Date.now() + 60_000; ; await pause(500)) {
    const found = await compareShops(
      (table) => source.rows(prefix, table),
      (table) => target.rows(copyOf(prefix), table)
    ).catch(() => undefined)
    const wrong = found ? found.missing + found.extra + found.different : best
    if (wrong === 0 || Date.now() > deadline) return found
    if (wrong < best) deadline = Date.now() + 60_000
    best = Math.min(best, wrong)
  }
}

/**
 * A worker with a source and a sink is killed with SIGKILL again and again while the source database
 * changes. At the end both databases are equal, and every change stands in its topic once.
 */
export async function surviveKills(run: KillRun): Promise<Phases> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-kill-'))
  const { source, prefix } = run
  await using cleanup = new AsyncDisposableStack()
  await source.createDatabase(prefix)
  await run.target.createDatabase(copyOf(prefix))
  await source.fill(prefix, SIZE)
  const writer = cleanup.use(await source.openWriter(prefix))
  const workload = new Workload(writer, new Random(run.seed + 1), SIZE)
  const worker = new WorkerProcess(configFiles(run, folder), {}, join(folder, 'worker.log'))
  const end = new AbortController()
  let running: Promise<void> | undefined
  cleanup.defer(async () => {
    end.abort()
    await running
    await worker.kill()
  })
  // Changes count from the moment the snapshot has begun.
  const phases = await killRepeatedly(run, worker, () => {
    running ??= workload.run(end.signal, 150)
  })
  await worker.start()
  end.abort()
  await running
  const compared = await settle(run)
  await worker.stop()
  const broker = await run.openBroker(folder)
  const topics = await checkTopics(broker, source, prefix, workload.changes)
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
