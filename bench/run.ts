/**
 * `npm run bench`: measures Kafka Connect with Debezium and Millrace one after the other against the
 * same database and the same Kafka, prints a table and puts it into bench/README.md.
 */
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { missingReason } from '../test/support/engines.ts'
import { startKafka } from '../test/support/kafka.ts'
import type { BenchDatabase } from './databases/bench-database.ts'
import { startMariadbBench } from './databases/mariadb-bench.ts'
import { startPostgresBench } from './databases/postgres-bench.ts'
import { measureSystem, type Sizes } from './measure-system.ts'
import { MillraceSystem } from './millrace-system.ts'
import { machine, publish, version } from './report.ts'
import { ConnectSystem } from './rival/connect-system.ts'
import type { Surroundings, System } from './system.ts'
import { type Column, resultTable } from './table.ts'

const USAGE = `npm run bench -- [options]
  --database postgres                   or mariadb: what is captured (default postgres)
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
    database: { type: 'string', default: 'postgres' },
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

function systemNamed(name: string, around: Surroundings): System {
  if (name === 'connect') return new ConnectSystem(around)
  if (name === 'millrace') return new MillraceSystem(around, { version })
  if (name === 'embedded') return new MillraceSystem(around, { version, embedded: true })
  throw new Error(`no system ${name}\n${USAGE}`)
}

function startDatabase(bootstrap: string): Promise<BenchDatabase> {
  if (values.database === 'postgres') return startPostgresBench()
  if (values.database === 'mariadb') return startMariadbBench(bootstrap)
  throw new Error(`no database ${values.database}\n${USAGE}`)
}

function disposable(folder: string): AsyncDisposable {
  return { [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

async function main(): Promise<void> {
  const isMariadb = values.database === 'mariadb'
  const missing = missingReason('kafka-server') ?? (isMariadb ? missingReason('mariadb') : null)
  if (missing) throw new Error(`The benchmark needs Java and Maven, and the database: ${missing}`)
  const sizes = scaled(Number(values.scale))
  const measures = values.only.split(',')
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  await using kafka = await startKafka({ jvm: ['-Xmx1g'] })
  await using database = await startDatabase(kafka.bootstrap)
  await using _folder = disposable(folder)
  const around = { database, kafka, folder }
  const columns: (Column & { version: string })[] = []
  for (const name of values.systems.split(',')) {
    const system = systemNamed(name, around)
    say(`-- ${system.name} (${system.version})`)
    const bench = { system, around, sizes, id: `bench_${name}`, say }
    const figures = await measureSystem(bench, (measure) => measures.includes(measure))
    columns.push({ name: system.name, version: system.version, figures })
  }
  const report = `${facts(columns, sizes, database)}\n\n${resultTable(columns)}`
  console.log(`\n${report}`)
  if (!values.keep) publish(isMariadb ? 'results of mariadb' : 'results', report)
}

function facts(
  columns: readonly { version: string }[],
  sizes: Sizes,
  database: BenchDatabase
): string {
  const count = (value: number) => value.toLocaleString('en-US')
  return [
    `- Machine: ${machine()}; ${database.name}, Kafka 4.3.0 and the worker all on it;` +
      ` load of other programs at the start ${loadBefore.toFixed(1)}.`,
    `- Versions: ${[...new Set(columns.map(({ version }) => version))].join('; ')}.`,
    `- Sizes: snapshot ${count(sizes.snapshotRows)} rows of 7 columns, ${count(sizes.updates)} updates in` +
      ` transactions of 1,000, ${count(sizes.singleUpdates)} single, sink ${count(sizes.sinkRows)} rows.`,
    `- Date: ${new Date().toISOString().slice(0, 10)}.`
  ].join('\n')
}

if (values.help) console.log(USAGE)
else await main()
