import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Housekeeping } from '../../../runtime/herder/housekeeping.ts'
import { embeddedTopics, readAll } from '../../support/embedded.ts'
import { until } from '../../support/until.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

it('removes what retention does not keep, every minute, until it is closed', async () => {
  await using topics = await embeddedTopics()
  const { broker } = topics
  const configs = { 'retention.ms': '1000' }
  await broker.createTopics([{ name: 'short', partitions: 1, configs }])
  const producer = await broker.producer({ clientId: 'test' })
  const old = { key: null, value: 'old', headers: [], timestamp: Date.now() - 3_600_000 }
  await producer.append('short', 0, [old])
  await producer.append('short', 0, [{ ...old, value: 'new', timestamp: Date.now() + 3_600_000 }])

  const due: { ms: number; run: () => void }[] = []
  const clock = {
    now: () => 0,
    wallTime: () => 0,
    after(ms: number, run: () => void) {
      const timer = { ms, run }
      due.push(timer)
      return () => due.splice(due.indexOf(timer), 1)
    },
    atNext: () => () => {}
  }
  const housekeeping = new Housekeeping({ broker, clock, logger: silent })
  assert.deepEqual(
    due.map(({ ms }) => ms),
    [60_000]
  )
  due.shift()?.run()
  await until(() => due.length === 1)
  const kept = await readAll(broker, 'short')
  assert.deepEqual(
    kept.map((record) => String(record.value)),
    ['new']
  )
  await housekeeping.close()
  assert.deepEqual(due, [])
})
