import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Kafka, logLevel } from 'kafkajs'
import { ConnectError, FencedError, isRetriable } from '../../../runtime/api/errors.ts'
import type { Broker, LogRecord, StoredRecord } from '../../../runtime/broker/broker.ts'
import { openKafkaBroker } from '../../../runtime/broker/kafka/kafka-broker.ts'
import { brokerContract } from '../../contract/broker-contract.ts'
import { requireEngine } from '../../support/engines.ts'
import { sharedKafka, uniqueName } from '../../support/kafka.ts'
import { projectRoot } from '../../support/source-files.ts'

let bootstrap: string
let broker: Broker

/** Not long ago: retention goes by the records' own time. */
const TIMESTAMP = Date.now() - 1000

const record = (value: string | null): LogRecord => ({
  key: 'key',
  value,
  headers: [],
  timestamp: TIMESTAMP
})
const textsOf = (records: readonly StoredRecord[]) => records.map(({ value }) => String(value))

async function newTopic(configs: Record<string, string> = {}, partitions = 1): Promise<string> {
  const name = uniqueName('kafka-broker')
  await broker.createTopics([{ name, partitions, configs }])
  return name
}

/** Reads until there are as many records, or a position beyond which none of them can be. */
async function readValues(topic: string, count: number): Promise<string[]> {
  const reader = await broker.reader()
  reader.assign([{ topic, partition: 0, offset: 0 }])
  const values: string[] = []
  while (values.length < count) {
    const batches = await reader.read({ maxBytes: 1e6, maxWaitMs: 10_000 })
    assert.notEqual(batches.length, 0, `only ${values.length} of ${count} records came`)
    for (const { records } of batches) values.push(...textsOf(records))
  }
  await reader.close()
  return values
}

const remoteConfig = { 'bootstrap.servers': '' }

brokerContract(
  'kafka',
  {
    open: async () => {
      remoteConfig['bootstrap.servers'] = (await sharedKafka()).bootstrap
      return openKafkaBroker(remoteConfig)
    },
    remote: {
      module: join(projectRoot, 'runtime/broker/kafka/kafka-broker.ts'),
      open: 'openKafkaBroker',
      argument: remoteConfig
    }
  },
  requireEngine('kafka')
)

describe('kafka broker beyond the contract', requireEngine('kafka'), () => {
  before(async () => {
    bootstrap = (await sharedKafka()).bootstrap
    broker = await openKafkaBroker({ 'bootstrap.servers': bootstrap })
  })
  after(() => broker?.close())

  it('writes what kafkajs reads, and leaves out what was aborted', async () => {
    const topic = await newTopic()
    const producer = await broker.producer({ clientId: 'a', transactionalId: topic })
    await producer.append(topic, 0, [record('lost')])
    await producer.abort()
    const headers = [
      { key: 'h', value: 'é' },
      { key: 'h', value: null }
    ]
    await producer.append(topic, 0, [{ ...record(null), headers }, record('kept')])
    await producer.commit()
    await producer.close()

    const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING })
    const consumer = kafka.consumer({ groupId: uniqueName('group') })
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    const seen: unknown[] = []
    await new Promise<void>((resolve, reject) => {
      const eachMessage = async ({ message }: { message: { value: Buffer | null } }) => {
        seen.push(message)
        if (message.value?.toString() === 'kept') resolve()
      }
      consumer.run({ eachMessage }).catch(reject)
    })
    await consumer.disconnect()
    const [first] = seen as { key: Buffer; value: null; timestamp: string; headers: object }[]
    assert.equal(seen.length, 2)
    assert.equal(String(first?.key), 'key')
    assert.equal(first?.value, null)
    assert.equal(first?.timestamp, String(TIMESTAMP))
    assert.deepEqual(first?.headers, { h: [Buffer.from('é'), null] })
  })

  it('reads what kafkajs wrote, packed or in transactions', async () => {
    const topic = await newTopic()
    const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING })
    const writer = kafka.producer({ transactionalId: topic, maxInFlightRequests: 1 })
    await writer.connect()
    const lost = await writer.transaction()
    await lost.send({ topic, messages: [{ value: 'lost' }] })
    await lost.abort()
    const kept = await writer.transaction()
    await kept.send({ topic, messages: [{ value: 'a' }, { value: 'b', headers: { h: 'x' } }] })
    await kept.commit()
    await writer.send({ topic, compression: 1, messages: [{ value: 'packed' }] })
    await writer.disconnect()
    assert.deepEqual(await readValues(topic, 3), ['a', 'b', 'packed'])
  })

  it('does not return the records of aborted transactions that were sent before', async () => {
    const topic = await newTopic()
    // Without room to buffer, an append is sent and acknowledged when it returns.
    const hasty = await openKafkaBroker({ 'bootstrap.servers': bootstrap, 'buffer.memory': '1' })
    const producer = await hasty.producer({ clientId: 'a', transactionalId: topic })
    const other = await hasty.producer({ clientId: 'b', transactionalId: `${topic}-other` })
    for (let round = 0; round < 3; round++) {
      await other.append(topic, 0, [record(`other-${round}`)])
      await producer.append(topic, 0, [record(`lost-${round}`)])
      await producer.abort()
      await other.commit()
      await producer.append(topic, 0, [record(`kept-${round}`)])
      await producer.commit()
    }
    const expected = [0, 1, 2].flatMap((round) => [`other-${round}`, `kept-${round}`])
    assert.deepEqual((await readValues(topic, 6)).sort(), expected.sort())
    await hasty.close()
  })

  it('fences the older of two producers, whatever it does next', async () => {
    const topic = await newTopic()
    const older = await broker.producer({ clientId: 'a', transactionalId: topic })
    await older.append(topic, 0, [record('stale')])
    const newer = await broker.producer({ clientId: 'b', transactionalId: topic })
    await newer.append(topic, 0, [record('fresh')])
    await assert.rejects(older.commit(), FencedError)
    await assert.rejects(older.append(topic, 0, [record('stale')]), FencedError)
    await assert.rejects(older.abort(), FencedError)
    await newer.commit()
    assert.deepEqual(await readValues(topic, 1), ['fresh'])
    await older.close()
    await newer.append(topic, 0, [record('fresh too')])
    await newer.commit()
    await newer.close()
  })

  for (const transactional of [true, false]) {
    const kind = transactional ? 'a transaction' : 'an append'
    it(`splits ${kind} that is larger than the topic takes, in order`, async () => {
      const topic = await newTopic({ 'max.message.bytes': '20000' })
      const id = transactional ? { transactionalId: topic } : {}
      const producer = await broker.producer({ clientId: 'a', ...id })
      const values = Array.from({ length: 400 }, (_, index) => `${index}`.padStart(500, '.'))
      await producer.append(topic, 0, values.slice(0, 300).map(record))
      await producer.append(topic, 0, values.slice(300).map(record))
      await producer.commit()
      assert.deepEqual(await readValues(topic, 400), values)
      await producer.close()
    })

    it(`names topic, size and key when one record of ${kind} is too large`, async () => {
      const topic = await newTopic({ 'max.message.bytes': '20000' })
      const id = transactional ? { transactionalId: topic } : {}
      const producer = await broker.producer({ clientId: 'a', ...id })
      const attempt = async () => {
        await producer.append(topic, 0, [record('x'.repeat(30_000))])
        await producer.commit()
      }
      await assert.rejects(attempt(), (error) => {
        assert.ok(error instanceof ConnectError && !isRetriable(error))
        assert.equal(error.code, 'RECORD_TOO_LARGE')
        assert.ok(error.message.includes(topic) && /\b300\d\d bytes/.test(error.message))
        assert.match(String(error.hint), /max\.message\.bytes/)
        return true
      })
      await producer.append(topic, 0, [record('small')])
      await producer.commit()
      assert.deepEqual(await readValues(topic, 1), ['small'])
      await producer.close()
    })
  }

  for (const compression of ['gzip', 'zstd']) {
    it(`writes and reads batches packed with ${compression}`, async () => {
      const topic = await newTopic({ 'max.message.bytes': '2000' })
      const packing = await openKafkaBroker({
        'bootstrap.servers': bootstrap,
        'compression.type': compression
      })
      const producer = await packing.producer({ clientId: 'a' })
      await producer.append(topic, 0, [record('z'.repeat(50_000)), record('end')])
      assert.deepEqual(await readValues(topic, 2), ['z'.repeat(50_000), 'end'])
      await packing.close()
    })
  }

  it('recovers from a transaction that Kafka aborted for its age', async () => {
    const topic = await newTopic()
    const hasty = await openKafkaBroker({
      'bootstrap.servers': bootstrap,
      'transaction.timeout.ms': '100'
    })
    const producer = await hasty.producer({ clientId: 'a', transactionalId: topic })
    await producer.append(topic, 0, [record('late')])
    // The abort marker is the second thing in the topic; Kafka looks for old transactions every 10 s.
    await stableOffset(topic, 2)
    await assert.rejects(producer.commit(), (error) => {
      assert.ok(error instanceof ConnectError && isRetriable(error), String(error))
      return true
    })
    await producer.abort()
    await producer.append(topic, 0, [record('again')])
    await producer.commit()
    assert.deepEqual(await readValues(topic, 1), ['again'])
    await hasty.close()
  })
})

/** Waits until what can be read of a topic ends there. */
async function stableOffset(topic: string, offset: number): Promise<void> {
  for (;;) {
    const [end] = await broker.offsets([{ topic, partition: 0 }], 'latest')
    if (end && end.offset >= offset) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
