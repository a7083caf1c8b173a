import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { isRetriable } from '../../../runtime/api/errors.ts'
import type { Broker, LogRecord, Producer } from '../../../runtime/broker/broker.ts'
import { openKafkaBroker } from '../../../runtime/broker/kafka/kafka-broker.ts'
import { requireEngine } from '../../support/engines.ts'
import { type KafkaServer, startKafka } from '../../support/kafka.ts'

const BATCH = 20
const TOTAL = 2000

let server: KafkaServer

const record = (value: number): LogRecord => ({
  key: 'position',
  value: String(value),
  headers: [],
  timestamp: 0
})

/** All values of a topic up to its end now; tries again while the broker is away. */
async function valuesOf(broker: Broker, topic: string): Promise<number[]> {
  for (;;) {
    const reader = await broker.reader()
    try {
      const [end] = await broker.offsets([{ topic, partition: 0 }], 'latest')
      const values: number[] = []
      reader.assign([{ topic, partition: 0, offset: 0 }])
      for (let next = 0; next < (end?.offset ?? 0); ) {
        const [batch] = await reader.read({ maxBytes: 1e6, maxWaitMs: 1000 })
        if (batch === undefined) continue
        for (const { value } of batch.records) values.push(Number(value))
        next = batch.nextOffset
      }
      return values
    } catch (error) {
      if (!isRetriable(error)) throw error
    } finally {
      await reader.close()
    }
  }
}

/** As a source task does: records and position in one transaction, after an error from the position. */
async function produceAll(
  broker: Broker,
  producer: Producer,
  { topic, beforeCommit }: { topic: string; beforeCommit: (next: number) => Promise<void> }
): Promise<number> {
  let failures = 0
  for (let next = 0; next < TOTAL; ) {
    try {
      for (let sent = 0; sent < BATCH; sent++)
        await producer.append(topic, 0, [record(next + sent)])
      await beforeCommit(next)
      await producer.append(`${topic}-positions`, 0, [record(next + BATCH)])
      await producer.commit()
      next += BATCH
    } catch (error) {
      if (!isRetriable(error)) throw error
      failures++
      await untilDone(() => producer.abort())
      next = (await valuesOf(broker, `${topic}-positions`)).at(-1) ?? 0
    }
  }
  return failures
}

/**
 * Waits for the markers of the last transaction. Kafka may forget them when it is killed before it
 * wrote them (see `Transaction.start`); here it is killed within the transaction after that.
 */
async function untilVisible(broker: Broker, topic: string, next: number): Promise<void> {
  for (const [name, last] of [
    [topic, next - 1],
    [`${topic}-positions`, next]
  ] as const) {
    while ((await valuesOf(broker, name)).at(-1) !== last) {}
  }
}

async function untilDone(step: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await step()
    } catch (error) {
      if (!isRetriable(error)) throw error
    }
  }
}

describe('kafka broker through SIGKILL of the server', requireEngine('kafka-server'), () => {
  before(async () => {
    server = await startKafka()
  })
  after(() => server?.stop())

  for (const patienceMs of [60_000, 300]) {
    it(`loses and doubles nothing within a transaction, with ${patienceMs} ms of patience`, async () => {
      const topic = `orders-${patienceMs}`
      const broker = await openKafkaBroker({
        'bootstrap.servers': server.bootstrap,
        'delivery.timeout.ms': String(patienceMs)
      })
      const setUp = await openKafkaBroker({ 'bootstrap.servers': server.bootstrap })
      const topics = [topic, `${topic}-positions`]
      await setUp.createTopics(topics.map((name) => ({ name, partitions: 1 })))
      await (await setUp.producer({ clientId: 'b', transactionalId: `${topic}-warm` })).close()
      await setUp.close()
      const producer = await broker.producer({ clientId: 'a', transactionalId: topic })
      let restarted = Promise.resolve()
      let restarts = 0
      const failures = await produceAll(broker, producer, {
        topic,
        beforeCommit: async (next) => {
          if (next < 500 * (restarts + 1) || restarts === 2) return
          restarts++
          await restarted
          await untilVisible(broker, topic, next)
          restarted = server.kill().then(() => server.start())
        }
      })
      await restarted
      assert.equal(restarts, 2)
      if (patienceMs < 1000) assert.ok(failures > 0)
      const expected = Array.from({ length: TOTAL }, (_, index) => index)
      assert.deepEqual(await valuesOf(broker, topic), expected)
      await producer.close()
      await broker.close()
    })
  }

  it('writes each record once without transactions too, and a waiting reader goes on', async () => {
    const topic = 'plain'
    const broker = await openKafkaBroker({ 'bootstrap.servers': server.bootstrap })
    await broker.createTopics([{ name: topic, partitions: 1 }])
    const producer = await broker.producer({ clientId: 'a' })
    const reader = await broker.reader()
    reader.assign([{ topic, partition: 0, offset: 0 }])
    const seen: number[] = []
    const reading = (async () => {
      while (seen.at(-1) !== 199) {
        try {
          const batches = await reader.read({ maxBytes: 1e6, maxWaitMs: 500 })
          for (const { records } of batches)
            for (const { value } of records) seen.push(Number(value))
        } catch (error) {
          if (!isRetriable(error)) throw error
        }
      }
    })()
    let restarted = Promise.resolve()
    for (let next = 0; next < 200; next++) {
      if (next === 100) restarted = server.kill().then(() => server.start())
      await producer.append(topic, 0, [record(next)])
    }
    await Promise.all([restarted, reading])
    assert.deepEqual(
      seen,
      Array.from({ length: 200 }, (_, index) => index)
    )
    await broker.close()
  })
})
