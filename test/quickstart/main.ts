import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { openLmdbBroker } from '../../runtime/broker/lmdb/lmdb-broker.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { Random } from '../support/random.ts'
import { compareDatabases, latencies, percentile } from '../support/shop/compare.ts'
import { PostgresEnd } from '../support/shop/postgres-end.ts'
import { PostgresWriter } from '../support/shop/postgres-writer.ts'
import { QUICKSTART_SIZE, SHOP_SCHEMA, shopRows } from '../support/shop/shop.ts'
import { checkTopics } from '../support/shop/topics.ts'
import { Workload } from '../support/shop/workload.ts'
import { projectRoot } from '../support/source-files.ts'
import { WorkerProcess } from '../support/worker-process.ts'
import { Screen, thousands } from './screen.ts'
import { SnapshotWatch } from './snapshot-watch.ts'

/** The folder, so that a file that is added to it is found. */
const CONFIGS = 'configs/quickstart'

async function createShop(postgres: PostgresServer): Promise<pg.Client> {
  await postgres.createDatabase('shop')
  await postgres.createDatabase('warehouse')
  const shop = await postgres.connect('shop')
  await shop.query(SHOP_SCHEMA)
  await shop.query(shopRows(QUICKSTART_SIZE))
  return shop
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Snapshot with a kill in the middle. */
async function snapshot(worker: WorkerProcess, screen: Screen): Promise<SnapshotWatch> {
  const watch = new SnapshotWatch(worker, screen)
  await watch.reaches(0.4)
  await worker.kill()
  watch.restarted()
  screen.line('  worker killed with SIGKILL in the middle of the snapshot; starting it again')
  await worker.start()
  await watch.completes()
  screen.line(`  ${thousands(watch.total)} rows, ${thousands(watch.rowsPerSecond)} rows/s`)
  return watch
}

/** Workload at full speed, with a schema change and a kill in the middle. */
async function stream(
  worker: WorkerProcess,
  { workload, writer, shop }: { workload: Workload; writer: PostgresWriter; shop: pg.Client },
  screen: Screen
) {
  const full = new AbortController()
  const running = workload.run(full.signal)
  await pause(1500)
  full.abort()
  await running
  await writer.addColumn()
  screen.line('  alter table customers add column phone text')
  const rest = new AbortController()
  const again = workload.run(rest.signal)
  await pause(1500)
  await worker.kill()
  screen.line('  worker killed with SIGKILL in the middle of the stream; starting it again')
  await worker.start()
  await pause(1500)
  rest.abort()
  await again
  const { rows } = await shop.query<{ now: Date }>('select clock_timestamp() as now')
  screen.line(
    `  ${thousands(workload.transactions)} transactions so far; now a steady 100 a second`
  )
  return rows[0]?.now ?? new Date()
}

async function steady(workload: Workload): Promise<void> {
  const end = new AbortController()
  setTimeout(() => end.abort(), 4000)
  await workload.run(end.signal, 100)
}

/** Waits until the warehouse equals the shop, or nothing has changed there for twenty seconds. */
async function settle(shop: pg.Client, warehouse: pg.Client) {
  let best = Number.POSITIVE_INFINITY
  for (let deadline = Date.now() + 20_000; ; ) {
    const found = await compareDatabases(shop, warehouse).catch(() => undefined)
    const wrong = found ? found.missing + found.extra + found.different : best
    if (found && (wrong === 0 || Date.now() > deadline)) return found
    if (Date.now() > deadline + 20_000) throw new Error('The warehouse has no tables to compare.')
    if (wrong < best) deadline = Date.now() + 20_000
    best = Math.min(best, wrong)
    await pause(300)
  }
}

async function report(screen: Screen, figures: readonly (readonly [string, string, boolean?])[]) {
  screen.heading('Found')
  for (const [name, value, good] of figures) screen.figure(name, value, good)
  return figures.every(([, , good]) => good !== false)
}

async function play(
  postgres: PostgresServer,
  folder: string,
  screen: Screen,
  worker: WorkerProcess
) {
  screen.heading('A shop database with 200,000 rows and an empty warehouse')
  const shop = await createShop(postgres)
  const readyMs = await worker.start()
  const warehouse = await postgres.connect('warehouse')
  const meter = setInterval(() => worker.measureMemory(), 200)

  screen.heading('Snapshot')
  const watch = await snapshot(worker, screen)
  screen.heading('Live changes')
  const writer = new PostgresWriter(shop)
  const workload = new Workload(writer, new Random(7), QUICKSTART_SIZE)
  const since = await stream(worker, { workload, writer, shop }, screen)
  await pause(1000)
  const steadyFrom = new Date(since.getTime() + 500)
  await steady(workload)

  screen.heading('Comparing both databases and reading the topics')
  const compared = await settle(shop, warehouse)
  clearInterval(meter)
  const delays = await latencies(shop, warehouse, steadyFrom)
  const broker = await openLmdbBroker({ path: join(folder, 'topics') })
  const topics = await checkTopics(broker, new PostgresEnd(postgres), 'shop', workload.changes)
  await broker.close()
  for (const example of compared.examples) screen.line(`  ${example}`)
  const ok = await report(screen, [
    ['rows compared', thousands(compared.rows), compared.rows > 200_000],
    ['missing', String(compared.missing), compared.missing === 0],
    ['extra', String(compared.extra), compared.extra === 0],
    ['different', String(compared.different), compared.different === 0],
    ['records in topics', thousands(topics.records)],
    ['duplicates', String(topics.duplicates), topics.duplicates === 0],
    ['changes not accounted for', String(topics.unaccounted), topics.unaccounted === 0],
    ['out of order', String(topics.outOfOrder), topics.outOfOrder === 0],
    ['snapshot', `${thousands(watch.rowsPerSecond)} rows/s`],
    ['latency commit to target, p50', `${percentile(delays, 0.5).toFixed(1)} ms`],
    ['latency commit to target, p99', `${percentile(delays, 0.99).toFixed(1)} ms`],
    ['time to ready', `${Math.round(readyMs)} ms`],
    ['memory of the worker, peak', `${Math.round(worker.peakBytes / 2 ** 20)} MB`]
  ])
  await shop.end()
  await warehouse.end()
  return ok
}

/** Says what to try, and waits for Ctrl-C. */
async function stayUp(postgres: PostgresServer, folder: string, screen: Screen): Promise<void> {
  const at = `postgresql://${postgres.user}:${postgres.password}@${postgres.host}:${postgres.port}`
  screen.heading('Still running. Try in another terminal')
  screen.line(`  psql ${at}/shop -c "update customers set name = 'You' where id = 1"`)
  screen.line(`  psql ${at}/warehouse -c "select id, name from customers where id = 1"`)
  screen.line(
    `  npm run -s millrace -- topics tail shop.public.customers --data-dir ${folder}/topics`
  )
  screen.line(`  tail -f ${folder}/orders.jsonl`)
  screen.line(
    '  the connectors are in configs/quickstart: change one, or add a file, and the worker follows'
  )
  screen.line('\nCtrl-C ends it and removes everything.')
  const { promise, resolve } = Promise.withResolvers<void>()
  process.once('SIGINT', () => resolve())
  process.once('SIGTERM', () => resolve())
  await promise
}

async function main(): Promise<number> {
  const terminal = process.stdout.isTTY === true && !process.env['CI']
  const screen = new Screen(terminal, terminal && !process.env['NO_COLOR'])
  const folder = mkdtempSync(join(tmpdir(), 'millrace-quickstart-'))
  const settings = { track_commit_timestamp: 'on' }
  const postgres = await startPostgres({ version: '18', settings })
  const env = {
    QUICKSTART_DIR: folder,
    QUICKSTART_HOST: postgres.host,
    QUICKSTART_PORT: String(postgres.port),
    QUICKSTART_USER: postgres.user,
    QUICKSTART_PASSWORD: postgres.password
  }
  const worker = new WorkerProcess([CONFIGS, '--watch'], env, join(folder, 'worker.log'))
  let ok = false
  try {
    ok = await play(postgres, folder, screen, worker)
    screen.line(
      ok ? '\nEverything matched.' : `\nSomething did not match. Worker log: ${folder}/worker.log`
    )
    if (terminal) await stayUp(postgres, folder, screen)
    return ok ? 0 : 1
  } finally {
    await worker.stop()
    await postgres.stop()
    if (ok) rmSync(folder, { recursive: true, force: true })
  }
}

process.chdir(projectRoot)
process.exitCode = await main()
