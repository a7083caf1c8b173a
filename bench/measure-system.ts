import { setTimeout as delay } from 'node:timers/promises'
import { type Growth, watchGrowth } from './growth.ts'
import { measureLatency } from './latency.ts'
import { memoryMiB, UsageWatch } from './process-usage.ts'
import { sinkRecord } from './sink-records.ts'
import type { Surroundings, System, TextRecord, TopicProbe } from './system.ts'

/** How much work each measure does. */
export interface Sizes {
  readonly snapshotRows: number
  readonly updates: number
  readonly singleUpdates: number
  readonly latencySeconds: number
  readonly sinkRows: number
  readonly idleSeconds: number
}

/** Name of a measure to its figure; which are there depends on the system. */
export type Figures = Record<string, number>

export interface Bench {
  readonly system: System
  readonly around: Surroundings
  readonly sizes: Sizes
  /** Part of every database, slot and topic name, so that systems do not meet. */
  readonly id: string
  readonly say: (text: string) => void
}

/** Runs every measure against one system, one after the other; the worker is stopped at the end. */
export async function measureSystem(
  bench: Bench,
  only: (name: string) => boolean
): Promise<Figures> {
  const { system, say } = bench
  const figures: Figures = {}
  await using _stop = system
  figures['ready'] = await system.start()
  using usage = new UsageWatch(() => system.pid)
  await delay(5000)
  figures['memory idle'] = memoryMiB(system.pid).now
  say(`ready in ${Math.round(figures['ready'])} ms, ${Math.round(figures['memory idle'])} MiB`)
  await using probe = await system.openTopics()
  const tools = { ...bench, probe, usage, figures }
  try {
    if (only('source')) await measureSource(tools)
    if (only('latency')) await measureCommitLatency(tools)
    if (only('sink')) await measureSink(tools)
  } catch (cause) {
    throw new Error(`${system.name} failed; its log ends with:\n${system.log}`, { cause })
  }
  figures['memory peak'] = usage.peakMiB
  say(`peak memory ${Math.round(figures['memory peak'])} MiB`)
  return figures
}

interface Tools extends Bench {
  readonly probe: TopicProbe
  readonly usage: UsageWatch
  readonly figures: Figures
}

async function measureSource(tools: Tools): Promise<void> {
  const { system, sizes, probe, usage, figures, id } = tools
  const server = tools.around.database
  const database = `${id}_source`
  const topic = server.topic(database)
  await server.createOrders(database, sizes.snapshotRows)
  const grow = (from: number, records: number) =>
    watchGrowth(
      () => probe.endOffset(topic),
      () => usage.cpuMs,
      { from, to: from + records }
    )
  const note = (name: string, growth: Growth) => {
    figures[name] = growth.rate
    figures[`${name} cpu`] = growth.cpuMicros
    tools.say(`${name}: ${Math.round(growth.rate)}/s, ${growth.cpuMicros.toFixed(1)} us CPU each`)
  }
  await system.createConnector(database, server.sourceConfig(database))
  note('snapshot', await grow(0, sizes.snapshotRows))
  await server.streaming(database)

  const before = usage.cpuMs
  await delay(sizes.idleSeconds * 1000)
  figures['idle cpu'] = (usage.cpuMs - before) / sizes.idleSeconds / 10
  tools.say(`idle CPU ${figures['idle cpu'].toFixed(2)} %`)

  const rows = sizes.snapshotRows
  const workloads = [
    { name: 'streaming 1000', updates: sizes.updates, perTransaction: 1000 },
    { name: 'streaming 1', updates: sizes.singleUpdates, perTransaction: 1 }
  ]
  for (const { name, updates, perTransaction } of workloads) {
    await system.stopConnector(database)
    const from = await probe.endOffset(topic)
    await server.updateOrders(database, { updates, perTransaction, rows })
    await system.resumeConnector(database)
    note(name, await grow(from, updates))
  }
  const expected = rows + sizes.updates + sizes.singleUpdates
  await expectRecords(probe, topic, expected)
  await system.deleteConnector(database)
  await server.release(database)
}

async function expectRecords(probe: TopicProbe, topic: string, expected: number): Promise<void> {
  let count = 0
  await using _consumer = await probe.follow(topic, () => {
    count++
  })
  for (let quiet = 0, last = 0; quiet < 60; quiet = count > last ? 0 : quiet + 1) {
    last = count
    await delay(500)
    if (count >= expected && quiet >= 4) break
  }
  if (count !== expected) throw new Error(`${topic} has ${count} records, expected ${expected}`)
}

async function measureCommitLatency(tools: Tools): Promise<void> {
  const { system, sizes, probe, figures, id } = tools
  const server = tools.around.database
  const database = `${id}_latency`
  const topic = server.topic(database)
  await server.createOrders(database, 1000)
  await system.createConnector(database, server.sourceConfig(database))
  while ((await probe.endOffset(topic)) < 1000) await delay(100)
  await server.streaming(database)
  const pace = { database, topic, perSecond: 100 }
  await measureLatency(server, probe, { ...pace, seconds: 5, first: 1_000_000 })
  const latency = await measureLatency(server, probe, {
    ...pace,
    seconds: sizes.latencySeconds,
    first: 2_000_000
  })
  figures['latency p50'] = latency.p50
  figures['latency p99'] = latency.p99
  tools.say(
    `latency p50 ${latency.p50.toFixed(1)}, p95 ${latency.p95.toFixed(1)}, p99 ${latency.p99.toFixed(1)} ms`
  )
  await system.deleteConnector(database)
}

async function measureSink(tools: Tools): Promise<void> {
  const { system, sizes, probe, usage, figures, id } = tools
  const server = tools.around.database
  const topic = `${id}_sink`
  const database = `${id}_target`
  await server.createDatabase(database)
  await probe.fill(topic, sinkRecords(sizes.sinkRows))
  await system.createConnector(topic, server.sinkConfig({ topic, database }))
  const read = () => server.highestId(database)
  const growth = await watchGrowth(read, () => usage.cpuMs, { from: 0, to: sizes.sinkRows })
  const count = await server.countCopies(database)
  if (count !== sizes.sinkRows) throw new Error(`${count} rows arrived`)
  figures['sink'] = growth.rate
  figures['sink cpu'] = growth.cpuMicros
  tools.say(`sink: ${Math.round(growth.rate)}/s, ${growth.cpuMicros.toFixed(1)} us CPU each`)
  await system.deleteConnector(topic)
}

function* sinkRecords(rows: number): Generator<TextRecord[]> {
  for (let id = 1; id <= rows; id += 500) {
    const length = Math.min(500, rows - id + 1)
    yield Array.from({ length }, (_, index) => sinkRecord(id + index))
  }
}
