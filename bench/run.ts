/**
 * `npm run bench`: measures Kafka Connect with Debezium and Millrace one after the other against the
 * same PostgreSQL and the same Kafka, prints a table and puts it into bench/README.md.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { missingReason } from '../test/support/engines.ts'
import { startKafka } from '../test/support/kafka.ts'
import { startPostgres } from '../test/support/postgres.ts'
import { projectRoot } from '../test/support/source-files.ts'
import { measureSystem, type Sizes } from './measure-system.ts'
import { MillraceSystem } from './millrace-system.ts'
import { ConnectSystem } from './rival/connect-system.ts'
import type { Surroundings, System } from './system.ts'
import { type Column, resultTable } from './table.ts'

const USAGE = `npm run bench -- [options]
  --systems connect,millrace,embedded   what to measure, in this order (default: all three)
  --only source,latency,sink            which measures (default: all)
  --scale 0.1                           share of the full sizes (default 1)
  --keep                                leave bench/README.md as it is
`

const FULL: Sizes = {
  snapshotRows: 1_000_000,
  updates: 500_000,
  singleUpdates: 200_000,
  latencySeconds: 30,
  sinkRows: 300_000,
  idleSeconds: 20
}

const { values } = parseArgs({
  options: {
    systems: { type: 'string', default: 'connect,millrace,embedded' },
    only: { type: 'string', default: 'source,latency,sink' },
    scale: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false }
  }
})

/** What else the machine was doing; a benchmark wants this near 0. */
const loadBefore = loadavg()[0] ?? 0

const say = (text: string) => console.log(`[${new Date().toISOString().slice(11, 19)}] ${text}`)

function scaled(scale: number): Sizes {
  const rows = (count: number) => Math.max(1000, Math.round((count * scale) / 1000) * 1000)
  return {
    snapshotRows: rows(FULL.snapshotRows),
    updates: rows(FULL.updates),
    singleUpdates: rows(FULL.singleUpdates),
    latencySeconds: Math.max(5, Math.round(FULL.latencySeconds * scale)),
    sinkRows: rows(FULL.sinkRows),
    idleSeconds: Math.max(5, Math.round(FULL.idleSeconds * scale))
  }
}

function commit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: projectRoot }).toString().trim()
  return git('rev-parse', '--short=10', 'HEAD')
}

/** The commit is read once: others may commit while this runs. */
const version = `Millrace ${commit()} on Node.js ${process.version}`

function systemNamed(name: string, around: Surroundings): System {
  if (name === 'connect') return new ConnectSystem(around)
  if (name === 'millrace') return new MillraceSystem(around, { version })
  if (name === 'embedded') return new MillraceSystem(around, { version, embedded: true })
  throw new Error(`no system ${name}\n${USAGE}`)
}

function disposable(folder: string): AsyncDisposable {
  return { [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

async function main(): Promise<void> {
  const missing = missingReason('kafka-server')
  if (missing) throw new Error(`The benchmark needs Java and Maven: ${missing}`)
  const sizes = scaled(Number(values.scale))
  const measures = values.only.split(',')
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const settings = { shared_buffers: '512MB', max_wal_size: '8GB', checkpoint_timeout: '30min' }
  await using postgres = await startPostgres({ durable: true, settings })
  await using kafka = await startKafka({ jvm: ['-Xmx1g'] })
  await using _folder = disposable(folder)
  const around = { postgres, kafka, folder }
  const columns: (Column & { version: string })[] = []
  for (const name of values.systems.split(',')) {
    const system = systemNamed(name, around)
    say(`-- ${system.name} (${system.version})`)
    const bench = { system, around, sizes, id: `bench_${name}`, say }
    const figures = await measureSystem(bench, (measure) => measures.includes(measure))
    columns.push({ name: system.name, version: system.version, figures })
  }
  const report = `${facts(columns, sizes)}\n\n${resultTable(columns)}`
  console.log(`\n${report}`)
  if (!values.keep) publish(report)
}

function facts(columns: readonly { version: string }[], sizes: Sizes): string {
  const [cpu] = cpus()
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
  const machine = `${cpus().length} cores (${cpu?.model.trim()}), ${memory} of memory, ${process.platform}`
  const count = (value: number) => value.toLocaleString('en-US')
  return [
    `- Machine: ${machine}; PostgreSQL 18, Kafka 4.3.0 and the worker all on it;` +
      ` load of other programs at the start ${loadBefore.toFixed(1)}.`,
    `- Versions: ${[...new Set(columns.map(({ version }) => version))].join('; ')}.`,
    `- Sizes: snapshot ${count(sizes.snapshotRows)} rows of 7 columns, ${count(sizes.updates)} updates in` +
      ` transactions of 1,000, ${count(sizes.singleUpdates)} single, sink ${count(sizes.sinkRows)} rows.`,
    `- Date: ${new Date().toISOString().slice(0, 10)}.`
  ].join('\n')
}

function publish(report: string): void {
  const file = join(projectRoot, 'bench/README.md')
  const [begin, end] = ['<!-- results -->', '<!-- end of results -->']
  const text = readFileSync(file, 'utf8')
  const [before, rest] = text.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`${file} has no ${begin}`)
  writeFileSync(file, `${before}${begin}\n${report}\n${end}${after}`)
}

if (values.help) console.log(USAGE)
else await main()
