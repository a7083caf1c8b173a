import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type BrokerFixture,
  BrokerProcess,
  readCount,
  record,
  records,
  values
} from './broker-fixture.ts'

const NO_WAIT = { maxBytes: 1 << 20, maxWaitMs: 0 }
const LONG_WAIT = { maxBytes: 1 << 20, maxWaitMs: 120_000 }

/** What every broker's reader must do. */
export function readingContract(fixture: BrokerFixture): void {
  describe('reading', () => {
    it('returns nothing when there is nothing, and goes on where it was', async () => {
      const topic = await fixture.topic()
      const reader = await fixture.readerAt([{ topic, partition: 0, offset: 0 }])
      assert.deepEqual(await reader.read({ ...NO_WAIT, maxWaitMs: 20 }), [])
      await fixture.append(topic, 0, records(2, 'a'))
      assert.deepEqual(values(await readCount(reader, 2)), ['a0', 'a1'])
      await fixture.append(topic, 0, records(1, 'b'))
      assert.deepEqual(values(await readCount(reader, 1)), ['b0'])
      await reader.close()
    })

    it('returns nothing when no partition is assigned', async () => {
      const reader = await fixture.broker.reader()
      assert.deepEqual(await reader.read({ ...NO_WAIT, maxWaitMs: 5 }), [])
      await reader.close()
    })

    it('starts within a batch, and again where it is assigned anew', async () => {
      const topic = await fixture.topic()
      await fixture.append(topic, 0, records(10))
      const reader = await fixture.readerAt([{ topic, partition: 0, offset: 7 }])
      assert.deepEqual(values(await readCount(reader, 3)), ['v7', 'v8', 'v9'])
      reader.assign([{ topic, partition: 0, offset: 2 }])
      assert.equal((await readCount(reader, 8)).at(0)?.offset, 2)
      await reader.close()
    })

    it('says where to go on, and where the end is', async () => {
      const topic = await fixture.topic()
      await fixture.append(topic, 0, records(4))
      const reader = await fixture.readerAt([{ topic, partition: 0, offset: 1 }])
      const [batch, ...more] = await reader.read(LONG_WAIT)
      assert.deepEqual(more, [])
      assert.equal(batch?.topic, topic)
      assert.equal(batch.partition, 0)
      assert.equal(batch.nextOffset, 4)
      assert.equal(batch.endOffset, 4)
      await reader.close()
    })

    it('refuses a position beyond the end or before the beginning', async () => {
      const topic = await fixture.topic()
      await fixture.append(topic, 0, records(3))
      await fixture.broker.deleteRecords([{ topic, partition: 0, offset: 2 }])
      for (const offset of [0, 4, 1000]) {
        const reader = await fixture.readerAt([{ topic, partition: 0, offset }])
        await assert.rejects(reader.read(NO_WAIT), { code: 'OFFSET_OUT_OF_RANGE' })
        await reader.close()
      }
    })

    it('keeps to the bytes asked for, but returns one batch however large', async () => {
      const topic = await fixture.topic()
      for (let index = 0; index < 8; index++) {
        await fixture.append(topic, 0, [record('x'.repeat(10_000))])
      }
      const reader = await fixture.readerAt([{ topic, partition: 0, offset: 0 }])
      const counts: number[] = []
      while (counts.reduce((sum, count) => sum + count, 0) < 8) {
        const batches = await reader.read({
          maxBytes: counts.length < 2 ? 100 : 25_000,
          maxWaitMs: 5000
        })
        counts.push(batches.flatMap((batch) => batch.records).length)
      }
      assert.deepEqual(counts.slice(0, 2), [1, 1])
      assert.ok(Math.max(...counts) <= 2, `read ${counts}`)
      await reader.close()
    })

    it('lets partitions take turns', async () => {
      const [busy, quiet] = [await fixture.topic(2), await fixture.topic()]
      for (let index = 0; index < 20; index++) {
        for (const partition of [0, 1]) {
          await fixture.append(busy, partition, [record('x'.repeat(20_000))])
        }
      }
      await fixture.append(quiet, 0, [record('small')])
      const reader = await fixture.readerAt([
        { topic: busy, partition: 0, offset: 0 },
        { topic: busy, partition: 1, offset: 0 },
        { topic: quiet, partition: 0, offset: 0 }
      ])
      const order: string[] = []
      while (!order.includes(`${quiet}/0`) || !order.includes(`${busy}/1`)) {
        const batches = await reader.read({ maxBytes: 20_000, maxWaitMs: 5000 })
        for (const { topic, partition } of batches) order.push(`${topic}/${partition}`)
        assert.ok(order.length < 15, `starved: ${order}`)
      }
      await reader.close()
    })

    it('is woken by an append of this process', async () => {
      const topic = await fixture.topic()
      const reader = await fixture.readerAt([{ topic, partition: 0, offset: 0 }])
      const reading = readCount(reader, 1)
      await fixture.append(topic, 0, [record('now')])
      assert.deepEqual(values(await reading), ['now'])
      await reader.close()
    })

    it('is woken by an append of another process', { skip: noRemote(fixture) }, async () => {
      assert.ok(fixture.remote)
      const topic = await fixture.topic()
      const other = await BrokerProcess.start(fixture.remote)
      const reader = await fixture.readerAt([{ topic, partition: 0, offset: 0 }])
      for (let round = 0; round < 20; round++) {
        const reading = readCount(reader, 1)
        await other.append(topic, `round ${round}`)
        assert.deepEqual(values(await reading), [`round ${round}`])
      }
      await reader.close()
      await other.stop()
    })

    it('ends when the signal is aborted', async () => {
      const topic = await fixture.topic()
      const reader = await fixture.readerAt([{ topic, partition: 0, offset: 0 }])
      const controller = new AbortController()
      const reading = reader.read({ ...LONG_WAIT, signal: controller.signal })
      setImmediate(() => controller.abort())
      assert.deepEqual(await reading, [])
      assert.deepEqual(await reader.read({ ...LONG_WAIT, signal: controller.signal }), [])
      await fixture.append(topic, 0, [record('later')])
      assert.deepEqual(values(await readCount(reader, 1)), ['later'])
      await reader.close()
    })
  })
}

export function noRemote(fixture: BrokerFixture): string | false {
  return fixture.remote === undefined ? 'this broker has no other process' : false
}
