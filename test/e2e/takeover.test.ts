import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { requireEngine } from '../support/engines.ts'
import { Takeover } from './takeover-fixture.ts'

/** How soon Kafka Connect stores offsets when it does not write exactly once. */
const FLUSH = { 'offset.flush.interval.ms': '500' }
const SOURCES = ['running', 'paused', 'stopped', 'own']
/** What Kafka Connect says when it cannot make sense of an internal topic, or of its group. */
const TROUBLE = /ERROR (?!WorkerTask)|WARN \w*BackingStore/

describe(
  'a worker with the internal topics of Kafka Connect',
  requireEngine('kafka-server'),
  () => {
    for (const support of ['enabled', 'disabled']) {
      it(`goes on from a stopped cluster, and Kafka Connect from it (exactly-once ${support})`, async () => {
        await using both = await Takeover.start({
          ...FLUSH,
          'exactly.once.source.support': support
        })
        const before = await runAll(both)
        await both.connect.pause()

        for (const name of SOURCES) both.write(name, 10, 20)
        await both.startMillrace({ listeners: 'http://127.0.0.1:0' })
        for (const name of ['running', 'own']) await both.copied(name, 20)
        await allStates(both)
        await both.sunk(20)
        for (const [name, { config, offsets }] of Object.entries(await both.everything())) {
          assert.deepEqual(config, before[name]?.config)
          if (!/running|own|sink/.test(name)) assert.deepEqual(offsets, before[name]?.offsets, name)
        }
        await both.ask('PUT', `/connectors/${both.name('paused')}/resume`)
        await both.copied('paused', 20)
        await both.source('new')
        const after = await both.everything()
        await both.stopMillrace()

        for (const name of [...SOURCES, 'later']) both.write(name, 20, 30)
        both.write('new', 0, 10)
        await both.connect.start()
        for (const name of ['running', 'paused', 'own']) await both.copied(name, 30)
        await both.copied('new', 10)
        await both.ask('PUT', `/connectors/${both.name('stopped')}/resume`)
        await both.copied('stopped', 30)
        await both.sunk(30)
        await both.reaches('broken', 'RUNNING FAILED')
        for (const [name, { config }] of Object.entries(await both.everything())) {
          assert.deepEqual(config, after[name]?.config, name)
        }
        assert.doesNotMatch(both.connect.log, TROUBLE)
      })
    }

    it('lets Kafka Connect alone while it runs, and takes over from one that was killed while it wrote', async () => {
      await using both = await Takeover.start({})
      const count = await writeUntilBusy(both, ['a', 'b'])
      await assert.rejects(
        both.startMillrace({ listeners: 'http://127.0.0.1:0' }),
        /GROUP_PROTOCOL/
      )
      assert.equal(await both.states('a'), 'RUNNING RUNNING')
      both.write('a', count, count * 2)
      both.write('b', count, count * 2)
      await both.until('it writes', async () => (await both.read('a')).length > count)
      await both.connect.kill()
      const workers = [{}, { listeners: 'http://127.0.0.1:0' }]
      await Promise.all(workers.map((changed) => both.startMillrace(changed)))
      for (const name of ['a', 'b']) await both.copied(name, count * 2)
    })

    it('waits for open transactions of a killed worker whose group had another name', async () => {
      await using both = await Takeover.start({ 'producer.transaction.timeout.ms': '10000' })
      const count = await writeUntilBusy(both, ['a', 'b'])
      await both.connect.kill()
      await both.startMillrace({ 'group.id': both.name('other') })
      for (const name of ['a', 'b']) await both.copied(name, count)
    })
  }
)

/** Connectors in every state, ten lines read by those that read; what is known of them then. */
async function runAll(both: Takeover) {
  for (const name of SOURCES) {
    const topic = { 'offsets.storage.topic': both.topic('offsets') }
    await both.source(name, name === 'own' ? topic : {})
  }
  await both.source('later', {}, 'STOPPED')
  await both.sink('sink', 'running', { 'tasks.max': '3' })
  const json = 'org.apache.kafka.connect.json.JsonConverter'
  await both.sink('broken', 'running', { 'value.converter': json })
  for (const name of SOURCES) both.write(name, 0, 10)
  for (const name of SOURCES) await both.copied(name, 10)
  await both.ask('PUT', `/connectors/${both.name('paused')}/pause`)
  await both.ask('PUT', `/connectors/${both.name('stopped')}/stop`)
  await allStates(both)
  await both.sunk(10)
  await both.until('offsets are stored', async () => {
    const all = await both.everything()
    return ['sink', ...SOURCES].every((name) => all[both.name(name)]?.offsets.length === 1)
  })
  return both.everything()
}

async function allStates(both: Takeover): Promise<void> {
  await both.reaches('running', 'RUNNING RUNNING')
  await both.reaches('paused', 'PAUSED PAUSED')
  await both.reaches('stopped', 'STOPPED')
  await both.reaches('later', 'STOPPED')
  await both.reaches('sink', 'RUNNING RUNNING RUNNING RUNNING')
  await both.reaches('broken', 'RUNNING FAILED')
}

/** Has Kafka Connect copy so much that it is in the middle of it when this returns. */
async function writeUntilBusy(both: Takeover, names: readonly string[]): Promise<number> {
  const count = 20_000
  for (const name of names) {
    both.write(name, 0, count)
    await both.source(name, { 'batch.size': '20' })
  }
  await both.until('it writes', async () => (await both.read(names[0] ?? '')).length > 0)
  return count
}
