import assert from 'node:assert/strict'
import { it } from 'node:test'
import { systemClock } from '../../../runtime/api/clock.ts'
import type { Producer } from '../../../runtime/broker/broker.ts'
import { openKafkaBroker } from '../../../runtime/broker/kafka/kafka-broker.ts'
import { OffsetStore } from '../../../runtime/stores/offset-store.ts'
import { MemoryLogger } from '../../support/embedded.ts'
import { requireEngine } from '../../support/engines.ts'
import { sharedKafka, uniqueName } from '../../support/kafka.ts'

const PARTITION = { table: 'orders' }

it(
  'knows an offset that was committed behind the open transaction of another task',
  requireEngine('kafka'),
  async () => {
    const { bootstrap } = await sharedKafka()
    await using cleanup = new AsyncDisposableStack()
    const broker = await openKafkaBroker({ 'bootstrap.servers': bootstrap })
    cleanup.defer(() => broker.close())
    const spec = { name: uniqueName('offsets'), partitions: 1, replicationFactor: 1 }
    const logger = new MemoryLogger()
    const options = { broker, spec, clock: systemClock, clientId: 'test', logger }
    const store = await OffsetStore.open(options)
    cleanup.defer(() => store.close())
    const task = (name: string) =>
      broker.producer({ clientId: name, transactionalId: uniqueName(name) })
    const append = async (producer: Producer, connector: string, lsn: number) => {
      for (const { partition, record } of store.records(connector, [
        { partition: PARTITION, offset: { lsn } }
      ])) {
        await producer.append(spec.name, partition, [record])
      }
    }
    const [slow, quick] = await Promise.all([task('slow'), task('quick')])
    cleanup.defer(() => Promise.all([slow.close(), quick.close()]).then(() => {}))
    await append(slow, 'slow', 1)
    await append(quick, 'quick', 2)
    await quick.commit()

    // A store that is opened now does not wait: who opens it may be the one to end what is open.
    const other = await OffsetStore.open(options)
    cleanup.defer(() => other.close())
    let isKnown = false
    const known = store.refresh().then(() => {
      isKnown = true
    })
    // A round trip to the broker and back: what does not wait for the open transaction is over by then.
    for (let round = 0; round < 5; round++) await broker.clusterId()
    assert.equal(isKnown, false, 'it waits for the open transaction')
    await slow.abort()
    await known
    assert.deepEqual(store.get('quick', PARTITION), { lsn: 2 })
    assert.equal(store.get('slow', PARTITION), null)
  }
)
