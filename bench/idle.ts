/**
 * `npm run bench:idle`: three workers of a group with 30 idle tasks, compiled as they are in the package,
 * on embedded topics and on Kafka; prints the share of a core, the wakes of all threads and the memory
 * that each takes.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startKafka } from '../test/support/kafka.ts'
import { type PostgresServer, startPostgres } from '../test/support/postgres.ts'
import { sinkKeys, sourceKeys } from '../test/support/scenario.ts'
import { projectRoot } from '../test/support/source-files.ts'
import { until } from '../test/support/until.ts'
import { WorkerProcess } from '../test/support/worker-process.ts'
import { threadUsage, usageBetween } from './process-usage.ts'

const { values } = parseArgs({
  options: {
    topics: { type: 'string', default: 'embedded,kafka' },
    seconds: { type: 'string', default: '60' },
    /** Lets them come to rest first: statuses, first garbage collections. */
    settle: { type: 'string', default: '20' },
    workers: { type: 'string', default: '3' },
    /** How many of each: file source, file sink, PostgreSQL source, PostgreSQL sink. */
    tasks: { type: 'string', default: '12,12,3,3' },
    /** Runs TypeScript, as in development: Node's type stripper takes some 40 MiB of each worker. */
    source: { type: 'boolean', default: false },
    /** Keeps the workers after the measurement, to look at them, until Ctrl-C. */
    hold: { type: 'boolean', default: false }
  }
})

type Config = Readonly<Record<string, unknown>>

/** Connectors of one task each, none of which has anything to do. */
async function idleConnectors(postgres: PostgresServer, folder: string) {
  const [sources = 0, sinks = 0, captures = 0, writers = 0] = values.tasks.split(',').map(Number)
  const connectors = new Map<string, Config>()
  const range = (count: number) => Array.from({ length: count }, (_, n) => n)
  for (const n of range(sources)) {
    const file = join(folder, `in-${n}.txt`)
    writeFileSync(file, 'one line\n')
    const topic = `lines-${n}`
    connectors.set(`file-source-${n}`, { 'connector.class': 'FileStreamSource', file, topic })
  }
  for (const n of range(sinks)) {
    const file = join(folder, `out-${n}.txt`)
    const topics = `lines-${n % Math.max(1, sources)}`
    connectors.set(`file-sink-${n}`, { 'connector.class': 'FileStreamSink', file, topics })
  }
  for (const n of range(captures)) {
    const database = await postgres.createDatabase()
    await postgres.query('CREATE TABLE t (id int PRIMARY KEY, v text)', [], database)
    await postgres.query("INSERT INTO t VALUES (1, 'a')", [], database)
    connectors.set(`postgres-source-${n}`, sourceKeys(postgres, database))
  }
  for (const n of range(writers)) {
    const prefix = sourceOf(connectors, n)
    const database = await postgres.createDatabase()
    connectors.set(`postgres-sink-${n}`, sinkKeys(postgres, { prefix, database }))
  }
  return connectors
}

function sourceOf(connectors: ReadonlyMap<string, Config>, n: number): string {
  return String(connectors.get(`postgres-source-${n}`)?.['topic.prefix'] ?? 'none')
}

interface Usage {
  readonly cpuPercent: number
  readonly wakesPerSecond: number
  readonly pssMiB: number
  readonly rssMiB: number
  readonly threads: number
}

function memory(pid: number): { pssMiB: number; rssMiB: number; threads: number } {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const field = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(rollup)?.[1] ?? Number.NaN) / 1024
  const threads = /^Threads:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return { pssMiB: field('Pss'), rssMiB: field('Rss'), threads: Number(threads) }
}

async function measure(workers: readonly WorkerProcess[]): Promise<Usage[]> {
  const seconds = Number(values.seconds)
  const pids = workers.map(({ pid }) => pid)
  const before = pids.map(threadUsage)
  const began = performance.now()
  await pause(seconds)
  const ms = performance.now() - began
  return pids.map((pid, index) => {
    const { cpuMs, sleeps } = usageBetween(before[index] ?? new Map(), threadUsage(pid))
    return {
      cpuPercent: (100 * cpuMs) / ms,
      wakesPerSecond: (1000 * sleeps) / ms,
      ...memory(pid)
    }
  })
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000))

async function create(url: string, connectors: ReadonlyMap<string, Config>): Promise<void> {
  for (const [name, config] of connectors) {
    const answer = await fetch(`${url}/connectors/${name}/config`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(config)
    })
    if (!answer.ok) throw new Error(`${name}: ${await answer.text()}`)
  }
}

/** How many tasks run; any that fails ends the benchmark. */
async function running(url: string): Promise<number> {
  const answer = await fetch(`${url}/connectors?expand=status`)
  const all = (await answer.json()) as Record<string, { status: { tasks: { state: string }[] } }>
  const tasks = Object.values(all).flatMap(({ status }) => status.tasks)
  if (tasks.some(({ state }) => state === 'FAILED')) throw new Error(JSON.stringify(all, null, 1))
  return tasks.filter(({ state }) => state === 'RUNNING').length
}

async function run(name: string, place: string, postgres: PostgresServer): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-idle-'))
  mkdirSync(join(folder, 'logs'))
  const file = join(folder, 'worker.yaml')
  const topics = place === '' ? `data.dir: ${folder}/data` : `bootstrap.servers: ${place}`
  writeFileSync(file, `${topics}\nlisteners: http://127.0.0.1:0\n`)
  const workers = Array.from(
    { length: Number(values.workers) },
    (_, n) => new WorkerProcess([file], {}, join(folder, 'logs', `${n}.log`), 'worker', main)
  )
  try {
    for (const worker of workers) await worker.start()
    const connectors = await idleConnectors(postgres, folder)
    const [first] = workers
    if (first === undefined) return
    await create(first.url, connectors)
    await until(async () => (await running(first.url)) === connectors.size, { limitMs: 120_000 })
    await pause(Number(values.settle))
    report(name, await measure(workers))
    if (values.hold) await new Promise(() => setInterval(() => {}, 1000))
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
}

function report(name: string, usages: readonly Usage[]): void {
  console.log(`| ${name} | % of a core | wakes a second | PSS, MiB | RSS, MiB | threads |`)
  console.log('| --- | ---: | ---: | ---: | ---: | ---: |')
  usages.forEach((usage, n) => {
    const { cpuPercent, wakesPerSecond, pssMiB, rssMiB, threads } = usage
    const usedUp = [cpuPercent.toFixed(2), wakesPerSecond.toFixed(1)]
    const held = [pssMiB.toFixed(0), rssMiB.toFixed(0), threads]
    console.log(`| worker ${n + 1} | ${[...usedUp, ...held].join(' | ')} |`)
  })
  const sum = (of: (usage: Usage) => number) => usages.reduce((all, usage) => all + of(usage), 0)
  const cpu = sum(({ cpuPercent }) => cpuPercent).toFixed(2)
  const wakes = sum(({ wakesPerSecond }) => wakesPerSecond).toFixed(1)
  console.log(`| together | ${cpu} | ${wakes} | | | |\n`)
}

const main = values.source ? 'runtime/cli/main.ts' : 'dist/runtime/cli/main.js'
if (!values.source) {
  execFileSync(process.execPath, [join(projectRoot, 'test/support/build.ts')], { stdio: 'inherit' })
}

await using postgres = await startPostgres()
for (const topics of values.topics.split(',')) {
  if (topics === 'embedded') await run('embedded topics', '', postgres)
  else {
    await using kafka = await startKafka({ jvm: ['-Xmx512m'] })
    await run('Kafka', kafka.bootstrap, postgres)
  }
}
