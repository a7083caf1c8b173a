import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../../runtime/api/clock.ts'
import type { Broker } from '../../../runtime/broker/broker.ts'
import { openLmdbBroker } from '../../../runtime/broker/lmdb/lmdb-broker.ts'
import { ConfigStore } from '../../../runtime/stores/config-store.ts'
import { OffsetStore } from '../../../runtime/stores/offset-store.ts'
import { type ConnectState, StatusStore } from '../../../runtime/stores/status-store.ts'
import { tempFolder } from '../config/temp-folder.ts'
import { millrace } from './millrace.ts'

const logger = { debug() {}, info() {}, warn() {}, error() {} }

const store = (broker: Broker, name: string, partitions = 5) => ({
  broker,
  clock: systemClock,
  spec: { name, partitions },
  clientId: 'test',
  logger
})

/** A folder in which a worker ran the source `shop` and the sink `warehouse`. */
async function workerFolder(path: string, state: ConnectState): Promise<void> {
  const broker = await openLmdbBroker({ path })
  const offsets = await OffsetStore.open(store(broker, 'connect-offsets'))
  await offsets.write('shop', [
    { partition: { server: 'shop' }, offset: { lsn: 9007199254740993n } }
  ])
  await offsets.write('other', [{ partition: { server: 'other' }, offset: { lsn: 1 } }])
  const status = await StatusStore.open(store(broker, 'connect-status'))
  for (const name of ['shop', 'warehouse']) {
    await status.put(name, 0, {
      state,
      trace: null,
      workerId: 'w',
      generation: 1,
      version: null
    })
  }
  await broker.createTopics([{ name: 'orders', partitions: 1 }])
  const producer = await broker.producer({ clientId: 'test' })
  const records = Array.from({ length: 10 }, () => ({
    key: null,
    value: 'v',
    headers: [],
    timestamp: 1
  }))
  await producer.append('orders', 0, records)
  await broker.commitGroupOffsets('connect-warehouse', [
    { topic: 'orders', partition: 0, offset: 7 }
  ])
  await producer.close()
  await offsets.close()
  await status.close()
  await broker.close()
}

test('shows where a source and a sink stand, exactly', async (t) => {
  const dir = await tempFolder(t, {})
  await workerFolder(dir, 'UNASSIGNED')
  const show = (...args: string[]) => millrace(['offsets', 'show', ...args, '--data-dir', dir])
  assert.match((await show('shop')).out, /\{"server":"shop"\} +\{"lsn":9007199254740993\}\n$/)
  assert.match(
    (await show('warehouse')).out,
    /group connect-warehouse\nTOPIC +PARTITION +OFFSET +END +BEHIND\norders +0 +7 +10 +3\n$/
  )
  assert.equal(
    (await show('warehouse', '--json')).out,
    '{"connector":"warehouse","source":[],"group":"connect-warehouse","sink":[{"topic":"orders","partition":0,"offset":7,"end":10,"lag":3}]}\n'
  )
  const missing = await show('nobody')
  assert.match(missing.err, /no offsets are stored for nobody/)
  assert.equal(missing.code, 2)
})

test('changes nothing without --yes', async (t) => {
  const dir = await tempFolder(t, {})
  await workerFolder(dir, 'UNASSIGNED')
  const before = await millrace(['offsets', 'show', 'shop', '--data-dir', dir])
  const { out } = await millrace(['offsets', 'reset', 'shop', '--data-dir', dir])
  assert.match(out, /would forget \{"server":"shop"\}.*\nnothing was changed/)
  assert.equal((await millrace(['offsets', 'show', 'shop', '--data-dir', dir])).out, before.out)
})

test('forgets the offsets of one source and leaves the others', async (t) => {
  const dir = await tempFolder(t, {})
  await workerFolder(dir, 'UNASSIGNED')
  const { code } = await millrace(['offsets', 'reset', 'shop', '--yes', '--data-dir', dir])
  assert.equal(code, 0)
  assert.equal((await millrace(['offsets', 'show', 'shop', '--data-dir', dir])).code, 2)
  assert.equal((await millrace(['offsets', 'show', 'other', '--data-dir', dir])).code, 0)
})

test('shows and forgets offsets in a topic of the connector, too', async (t) => {
  const dir = await tempFolder(t, {})
  await workerFolder(dir, 'UNASSIGNED')
  const broker = await openLmdbBroker({ path: dir })
  const configs = await ConfigStore.open(store(broker, 'connect-configs', 1))
  await configs.lead('test')
  await configs.putConnector('shop', { 'offsets.storage.topic': 'shop-offsets' })
  const own = await OffsetStore.open(store(broker, 'shop-offsets'))
  await own.write('shop', [{ partition: { server: 'shop' }, offset: { lsn: 7 } }])
  for (const one of [own, configs, broker]) await one.close()
  const show = () => millrace(['offsets', 'show', 'shop', '--data-dir', dir])
  assert.match((await show()).out, /\{"server":"shop"\} +\{"lsn":7\}\n$/)
  await millrace(['offsets', 'reset', 'shop', '--yes', '--data-dir', dir])
  assert.equal((await show()).code, 2)
})

test('moves a sink to a position', async (t) => {
  const dir = await tempFolder(t, {})
  await workerFolder(dir, 'UNASSIGNED')
  const to = async (position: string) =>
    (
      await millrace([
        'offsets',
        'reset',
        'warehouse',
        '--to',
        position,
        '--yes',
        '--data-dir',
        dir
      ])
    ).out
  assert.equal(await to('4'), 'move orders [0] from 7 to 4\n')
  assert.equal(await to('end'), 'move orders [0] from 4 to 10\n')
  assert.equal(await to('beginning'), 'move orders [0] from 10 to 0\n')
})

test('refuses to reset what may be running, but with --force', async (t) => {
  const dir = await tempFolder(t, {})
  await workerFolder(dir, 'RUNNING')
  const args = ['offsets', 'reset', 'shop', '--yes', '--data-dir', dir]
  const refused = await millrace(args)
  assert.match(refused.err, /shop has not been stopped: task 0 is RUNNING/)
  assert.equal(refused.code, 2)
  assert.equal((await millrace([...args, '--force'])).code, 0)
})
