import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../../../runtime/api/clock.ts'
import { openKafkaBroker } from '../../../runtime/broker/kafka/kafka-broker.ts'
import { OffsetStore } from '../../../runtime/stores/offset-store.ts'
import { MemoryLogger } from '../../support/embedded.ts'
import { requireEngine } from '../../support/engines.ts'
import { sharedKafka, uniqueName } from '../../support/kafka.ts'

const PARTITION = { filename: 'a' }

describe('stored offsets on Kafka', requireEngine('kafka'), () => {
  it('are read although an older transaction of another task hides them', async () => {
    const { bootstrap } = await sharedKafka()
    const broker = await openKafkaBroker({ 'bootstrap.servers': bootstrap })
    const spec = { name: uniqueName('offsets'), partitions: 1 }
    const logger = new MemoryLogger()
    const store = await OffsetStore.open({
      broker,
      clock: systemClock,
      clientId: 'test',
      logger,
      spec
    })
    const other = { clientId: 'other', transactionalId: uniqueName('other') }
    const hanging = await broker.producer(other)
    const record = { key: '["other",{}]', value: '{}', headers: [], timestamp: 0 }
    await hanging.append(spec.name, 0, [record])
    const producer = await broker.producer({
      clientId: 'own',
      transactionalId: uniqueName('own')
    })
    const [own] = store.records('own', [{ partition: PARTITION, offset: { position: 7 } }])
    assert.ok(own)
    await producer.append(spec.name, own.partition, [own.record])
    await producer.commit()

    const refreshed = store.refresh()
    // The next task of that name: what the last one left open ends now.
    const next = await broker.producer(other)
    await refreshed
    assert.deepEqual(store.get('own', PARTITION), { position: 7 })
    assert.equal(store.get('other', {}), null)
    for (const one of [hanging, next, producer]) await one.close()
    await store.close()
    await broker.close()
  })
})
