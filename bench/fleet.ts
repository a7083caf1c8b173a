/**
 * `npm run bench:fleet`: three workers with 12 connectors and 30 tasks, of Kafka Connect and of Millrace
 * one after the other. How long it takes until everything runs elsewhere when one of them is told to
 * stop or is killed, and how long to restart all three, one by one.
 */
import { appendFileSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Fleet, type Member } from '../test/support/fleet.ts'
import { type KafkaServer, startKafka } from '../test/support/kafka.ts'
import { machine, publish, version } from './report.ts'
import { startConnectFleet } from './rival/connect-fleet.ts'

const WORKERS = 3
const SOURCES = 6
const SINKS = 6
const SINK_TASKS = 4
/** Lines that every source file gets in a tenth of a second. */
const LINES = 20

const { values } = parseArgs({
  options: {
    systems: { type: 'string', default: 'connect,millrace,embedded' },
    /** How often a worker is stopped, and how often killed. */
    rounds: { type: 'string', default: '6' },
    /** Leaves bench/README.md as it is. */
    keep: { type: 'boolean', default: false }
  }
})

/** What else the machine was doing; a benchmark wants this near 0. */
const loadBefore = loadavg()[0] ?? 0

const say = (text: string) => console.log(`[${new Date().toISOString().slice(11, 19)}] ${text}`)

interface Seconds {
  readonly name: string
  readonly stopped: readonly number[]
  readonly killed: readonly number[]
  readonly rolled: number
}

/** Everything at its default, but that no worker is waited for: Kafka Connect would for five minutes. */
function startFleet(system: string, kafka: KafkaServer): Promise<Fleet<Member>> {
  if (system === 'connect') {
    return startConnectFleet(WORKERS, {
      bootstrap: kafka.bootstrap,
      group: 'bench-connect',
      settings: { 'scheduled.rebalance.max.delay.ms': '0' }
    })
  }
  if (system === 'embedded') {
    return Fleet.start({ workers: WORKERS, settings: { 'data.dir': 'FOLDER/topics' } })
  }
  if (system !== 'millrace') throw new Error(`no system ${system}`)
  const topics = ['config', 'offset', 'status'].map((of) => {
    return [`${of}.storage.topic`, `bench-millrace-${of}s`]
  })
  const settings = { 'bootstrap.servers': kafka.bootstrap, 'group.id': 'bench-millrace' }
  return Fleet.start({
    workers: WORKERS,
    settings: { ...settings, ...Object.fromEntries(topics) }
  })
}

const NAMES: Readonly<Record<string, string>> = {
  connect: 'Kafka Connect',
  millrace: 'Millrace',
  embedded: 'Millrace, embedded topics'
}

/** Creates the connectors and gives the sources something to read. @returns how many tasks each has */
async function load(fleet: Fleet<Member>, system: string, cleanup: DisposableStack) {
  const expected = new Map<string, number>()
  const text = 'org.apache.kafka.connect.storage.StringConverter'
  const converters = { 'key.converter': text, 'value.converter': text }
  const file = (name: string) => join(fleet.folder, `${name}.txt`)
  for (let number = 0; number < SOURCES; number++) {
    const name = `${system}-source-${number}`
    writeFileSync(file(name), '')
    await fleet.configure(name, {
      ...converters,
      'connector.class': 'org.apache.kafka.connect.file.FileStreamSourceConnector',
      file: file(name),
      topic: name,
      'topic.creation.default.partitions': '1',
      'topic.creation.default.replication.factor': '1'
    })
    expected.set(name, 1)
  }
  for (let number = 0; number < SINKS; number++) {
    const name = `${system}-sink-${number}`
    await fleet.configure(name, {
      ...converters,
      'connector.class': 'org.apache.kafka.connect.file.FileStreamSinkConnector',
      'tasks.max': String(SINK_TASKS),
      file: file(name),
      topics: `${system}-source-${number}`
    })
    expected.set(name, SINK_TASKS)
  }
  let written = 0
  const writing = setInterval(() => {
    const lines = Array.from({ length: LINES }, () => `line ${written++}\n`).join('')
    for (let number = 0; number < SOURCES; number++) {
      appendFileSync(file(`${system}-source-${number}`), lines)
    }
  }, 100)
  cleanup.defer(() => clearInterval(writing))
  return expected
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

async function measure(system: string, kafka: KafkaServer): Promise<Seconds> {
  const name = NAMES[system] ?? system
  await using fleet = await startFleet(system, kafka)
  using cleanup = new DisposableStack()
  const expected = await load(fleet, system, cleanup)
  await fleet.running(expected)
  say(`-- ${name}: ${expected.size} connectors run`)
  const replaced = async (how: 'stop' | 'kill', round: number) => {
    const victim = fleet.workers[round % WORKERS]
    if (victim === undefined) throw new Error('no worker')
    let gone: Promise<void> | undefined
    const taken = await seconds(() => {
      gone = victim[how]()
      return fleet.running(expected)
    })
    await gone
    await victim.start()
    await fleet.running(expected)
    say(`${how} of a worker: ${taken.toFixed(2)} s`)
    return taken
  }
  const stopped: number[] = []
  const killed: number[] = []
  for (let round = 0; round < Number(values.rounds); round++) {
    stopped.push(await replaced('stop', round))
    killed.push(await replaced('kill', round))
  }
  const rolled = await seconds(async () => {
    for (const worker of fleet.workers) {
      await worker.stop()
      await fleet.running(expected)
      await worker.start()
      await fleet.running(expected)
    }
  })
  say(`rolling restart: ${rolled.toFixed(1)} s`)
  return { name, stopped, killed, rolled }
}

function table(columns: readonly Seconds[]): string {
  const sorted = (list: readonly number[]) => list.toSorted((a, b) => a - b)
  const median = (list: readonly number[]) =>
    sorted(list)[Math.floor(list.length / 2)] ?? Number.NaN
  const most = (list: readonly number[]) => Math.max(...list)
  const rows: readonly [string, (column: Seconds) => number][] = [
    ['SIGTERM to all running elsewhere, median', ({ stopped }) => median(stopped)],
    ['The same, longest', ({ stopped }) => most(stopped)],
    ['SIGKILL to all running elsewhere, median', ({ killed }) => median(killed)],
    ['The same, longest', ({ killed }) => most(killed)],
    ['Rolling restart of all three', ({ rolled }) => rolled]
  ]
  const head = ['seconds', ...columns.map(({ name }) => name)]
  const align = ['---', ...columns.map(() => '---:')]
  const cells = rows.map(([label, of]) => [
    label,
    ...columns.map((column) => of(column).toFixed(2))
  ])
  return [head, align, ...cells].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

await using kafka = await startKafka({ jvm: ['-Xmx1g'] })
const columns: Seconds[] = []
for (const system of values.systems.split(',')) columns.push(await measure(system, kafka))
const facts = [
  `- Machine: ${machine()}; Kafka 4.3.0 and all workers on it; load of other programs at the start ${loadBefore.toFixed(1)}.`,
  `- Versions: Kafka Connect 4.3.0; ${version}. ${values.rounds} rounds of each.`,
  `- Date: ${new Date().toISOString().slice(0, 10)}.`
].join('\n')
const report = `${facts}\n\n${table(columns)}`
console.log(`\n${report}`)
if (!values.keep) publish('fleet', report)
