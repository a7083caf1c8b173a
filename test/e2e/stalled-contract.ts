import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import type { Broker } from '../../runtime/broker/broker.ts'
import { readAll } from '../support/embedded.ts'
import { Fleet } from '../support/fleet.ts'
import { LaneTopics } from '../support/lanes.ts'
import { canWrite } from '../support/topic-probe.ts'
import { until } from '../support/until.ts'
import type { FleetUnderTest } from './fleet-contract.ts'

/** By lane: its numbers, in order. */
type Numbers = readonly (readonly number[])[]

const LANES = 4
const ROUNDS = 2

/**
 * Without transactions nothing but a worker's own look at its lease keeps it from writing after it has
 * stood still: records may come twice, but none of an older generation may come after a newer one.
 */
export function stalledContract(under: () => Promise<FleetUnderTest>): void {
  it('writes nothing of an older generation after it stood still, without transactions', async () => {
    const { prefix, settings, openBroker } = await under()
    await using cleanup = new AsyncDisposableStack()
    const fleet = cleanup.use(
      await Fleet.start({
        workers: 2,
        settings: { ...settings, 'exactly.once.source.support': 'disabled' }
      })
    )
    const broker = await openBroker(fleet.folder)
    cleanup.defer(() => broker.close())
    const [topic, sink] = [`${prefix}-once`, `${prefix}-once-file`]
    const file = join(fleet.folder, 'once.jsonl')
    await fleet.configure(topic, {
      'connector.class': 'lane-source',
      'tasks.max': String(LANES),
      topic,
      lanes: String(LANES),
      'interval.ms': '20',
      'topic.creation.default.partitions': String(LANES),
      'topic.creation.default.replication.factor': '-1'
    })
    await fleet.configure(sink, { 'connector.class': 'file-sink', topics: topic, file })
    const expected = new Map([
      [topic, LANES],
      [sink, 1]
    ])
    const lanes = cleanup.use(new LaneTopics(broker, new Map([[topic, LANES]])))
    for (let round = 0; round < ROUNDS; round++) {
      const places = await fleet.running(expected)
      const victim = fleet.worker(places.get(`${sink}/0`) ?? '')
      await fleet.standStill(victim, () => canWrite(broker, `${prefix}-probe`))
      await fleet.running(expected)
      victim.resume()
      await victim.says('This worker has lost its place in the group')
      await fleet.running(expected)
    }
    await fleet.call('PUT', `/connectors/${topic}/pause`)
    const linesAre = async () => isDeepStrictEqual(linesOf(file), await recordsOf(broker, topic))
    await until(linesAre, { limitMs: 60_000, what: 'the file has the records of the topic, once' })
    await lanes.catchUp()
    const { gaps, stale, examples } = lanes.faults
    assert.deepEqual({ gaps, stale }, { gaps: 0, stale: 0 }, examples.join())
  })
}

async function recordsOf(broker: Broker, topic: string): Promise<Numbers> {
  const all: number[][] = []
  for (let partition = 0; partition < LANES; partition++) {
    const records = await readAll(broker, topic, partition)
    all.push(records.map(({ value }) => JSON.parse(String(value)).payload.number))
  }
  return all
}

function linesOf(file: string): Numbers {
  const { length } = JSON.parse(readFileSync(`${file}.offsets`, 'utf8'))
  const text = readFileSync(file).subarray(0, length).toString('utf8')
  const all: number[][] = Array.from({ length: LANES }, () => [])
  for (const line of text.trimEnd().split('\n')) {
    const { lane, number } = JSON.parse(line)
    all[lane]?.push(number)
  }
  return all
}
