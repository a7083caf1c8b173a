import assert from 'node:assert/strict'
import type { Broker } from '../../runtime/broker/broker.ts'
import { openLmdbBroker } from '../../runtime/broker/lmdb/lmdb-broker.ts'
import { compareRecords, masked } from '../support/golden-compare.ts'
import { type GoldenDatabase, SENTINEL } from '../support/golden-database.ts'
import { type MeantDifference, notMeant } from '../support/golden-meant.ts'
import {
  loadEvents,
  loadScenario,
  type Scenario,
  type TextRecord
} from '../support/golden-scenario.ts'
import { readTopic } from '../support/read-topic.ts'
import { EMBEDDED_WORKER, Scenario as Folder } from '../support/scenario.ts'
import { splitAtMarks } from '../support/sql-script.ts'
import { until } from '../support/until.ts'

/** Machines under load take their time; what is waited for comes. */
const SLOW = { limitMs: 90_000 }

export interface WorkerRun {
  /** Scenarios without marks; all are captured by one worker at once. */
  readonly scenarios: readonly string[]
  readonly meant: readonly MeantDifference[]
  /** What `source.version` is in the captures, and what it has to be here. */
  readonly versions: readonly [theirs: string, ours: string]
  databaseOf(scenario: Scenario): GoldenDatabase
}

/**
 * The golden tests call the connector's task. Here a worker runs the captured configurations as they are,
 * Java class names and all, so that the bytes that lie in its topics are compared.
 */
export async function holdWorkerToCaptures(run: WorkerRun): Promise<void> {
  const captures = run.scenarios.map((name) => {
    const scenario = loadScenario(name)
    return { scenario, database: run.databaseOf(scenario) }
  })
  for (const { scenario, database } of captures) {
    await database.create()
    await database.run(scenario.before)
  }
  const files = captures.map(({ scenario: { name }, database: { config } }) => [
    `${name}.json`,
    JSON.stringify({ name, config })
  ])
  await using folder = new Folder({ 'worker.yaml': EMBEDDED_WORKER, ...Object.fromEntries(files) })
  const streaming = new Set<unknown>()
  folder.worker.onLine((line) => {
    if (line.msg === 'progress' && line['phase'] === 'streaming') streaming.add(line['connector'])
  })
  await folder.worker.start()
  const broker = await openLmdbBroker({ path: folder.topicsPath })
  try {
    await until(() => streaming.size === captures.length, SLOW)
    for (const { scenario, database } of captures) await change(scenario, database)
    await until(async () => {
      const described = await broker.describeTopics()
      return described.filter(({ name }) => isSentinel(name)).length === captures.length
    }, SLOW)
    await folder.worker.stop()
    for (const { scenario } of captures) {
      const { name } = scenario
      const [theirs, ours] = run.versions
      const expected = masked(scenario, loadEvents(name), theirs)
      const got = masked(scenario, await recordsOf(broker, scenario), ours)
      assert.deepEqual(notMeant(run.meant, name, compareRecords(expected, got)), [])
    }
  } finally {
    await broker.close()
  }
}

function isSentinel(topic: string): boolean {
  return topic.endsWith(`.${SENTINEL}.${SENTINEL}`)
}

/** Makes the changes of a capture, and a last one by which their arrival is known. */
async function change({ after }: Scenario, database: GoldenDatabase): Promise<void> {
  const [part, ...more] = splitAtMarks(after)
  assert.deepEqual(more, [], 'a capture without marks')
  await database.run(part?.script ?? '')
  await database.sendSentinel()
}

async function recordsOf(broker: Broker, { config }: Scenario): Promise<TextRecord[]> {
  const prefix = config['topic.prefix']
  const records: TextRecord[] = []
  for (const { name } of await broker.describeTopics()) {
    if (name !== prefix && !name.startsWith(`${prefix}.`)) continue
    if (isSentinel(name)) continue
    for (const { key, value, headers } of await readTopic(broker, name)) {
      // A change of the schema of the sentinels' database.
      if (name === prefix && key?.includes(SENTINEL)) continue
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
