import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FencedError } from '../../runtime/api/errors.ts'
import type { Producer } from '../../runtime/broker/broker.ts'
import {
  type BrokerFixture,
  BrokerProcess,
  readCount,
  record,
  records,
  values
} from './broker-fixture.ts'
import { noRemote } from './broker-reading-contract.ts'

const SHORT_WAIT = { maxBytes: 1 << 20, maxWaitMs: 100 }

/** What every broker's transactions must do. */
export function transactionContract(fixture: BrokerFixture): void {
  const open = (transactionalId: string): Promise<Producer> =>
    fixture.broker.producer({ clientId: 'contract', transactionalId })

  describe('transactions', () => {
    it('show their records when committed, over topics and partitions', async () => {
      const [one, two] = [await fixture.topic(2), await fixture.topic()]
      const producer = await open(fixture.name('tx'))
      assert.equal(await producer.append(one, 0, records(2, 'a')), -1)
      await producer.append(one, 1, [record('b')])
      await producer.append(two, 0, [record('c')])
      await producer.append(one, 0, [record('a2')])
      const reader = await fixture.readerAt([
        { topic: one, partition: 0, offset: 0 },
        { topic: one, partition: 1, offset: 0 },
        { topic: two, partition: 0, offset: 0 }
      ])
      assert.deepEqual(found(await reader.read(SHORT_WAIT)), [])
      await producer.commit()
      const all = values(await readCount(reader, 5))
      assert.deepEqual(all.toSorted(), ['a0', 'a1', 'a2', 'b', 'c'])
      assert.deepEqual(
        all.filter((value) => value?.startsWith('a')),
        ['a0', 'a1', 'a2']
      )
      await producer.close()
      await reader.close()
    })

    it('count as written when they have committed, though readers may see them later', async () => {
      const topic = await fixture.topic()
      const place = { topic, partition: 0 }
      const producer = await open(fixture.name('tx'))
      const reader = await fixture.readerAt([{ ...place, offset: 0 }])
      let position = 0
      for (let count = 1; count <= 20; count++) {
        await producer.append(topic, 0, [record(`${count}`)])
        await producer.commit()
        const [end] = await fixture.broker.offsets([place], 'written')
        const seen: (string | null)[] = []
        while (position < (end?.offset ?? 0)) {
          for (const batch of await reader.read(SHORT_WAIT)) {
            seen.push(...values(batch.records))
            position = batch.nextOffset
          }
        }
        assert.deepEqual(seen, [`${count}`])
      }
      await producer.close()
      await reader.close()
    })

    it('hide what was committed after them at most until they end, and `written` tells how far that is', async () => {
      const topic = await fixture.topic()
      const place = { topic, partition: 0 }
      const [early, late] = [await open(fixture.name('early')), await open(fixture.name('late'))]
      await early.append(topic, 0, [record('open')])
      await late.append(topic, 0, [record('committed')])
      await late.commit()
      const [end] = await fixture.broker.offsets([place], 'written')
      await early.abort()
      const reader = await fixture.readerAt([{ ...place, offset: 0 }])
      const seen: (string | null)[] = []
      for (let position = 0; position < (end?.offset ?? 0); ) {
        for (const batch of await reader.read({ maxBytes: 1 << 20, maxWaitMs: 10_000 })) {
          position = batch.nextOffset
          seen.push(...values(batch.records))
        }
      }
      assert.deepEqual(seen, ['committed'])
      for (const producer of [early, late]) await producer.close()
      await reader.close()
    })

    it('leave nothing when aborted or closed', async () => {
      const topic = await fixture.topic()
      const id = fixture.name('tx')
      const producer = await open(id)
      await producer.append(topic, 0, [record('aborted')])
      await producer.abort()
      await producer.append(topic, 0, [record('committed')])
      await producer.commit()
      await producer.append(topic, 0, [record('left open')])
      await producer.close()
      const next = await open(id)
      await next.append(topic, 0, [record('next')])
      await next.commit()
      await next.close()
      assert.deepEqual(values(await fixture.read(topic, 2)), ['committed', 'next'])
    })

    it('may be empty', async () => {
      const producer = await open(fixture.name('tx'))
      await producer.commit()
      await producer.abort()
      await producer.commit()
      await producer.close()
    })

    it('follow one another in order', async () => {
      const topic = await fixture.topic()
      const producer = await open(fixture.name('tx'))
      for (let index = 0; index < 20; index++) {
        await producer.append(topic, 0, [record(`${index}a`), record(`${index}b`)])
        await producer.commit()
      }
      await producer.close()
      assert.deepEqual(
        values(await fixture.read(topic, 40)),
        Array.from({ length: 20 }, (_, index) => [`${index}a`, `${index}b`]).flat()
      )
    })

    it('hold more than one batch takes', async () => {
      const topic = await fixture.topic()
      const producer = await open(fixture.name('tx'))
      const expected: string[] = []
      for (let index = 0; index < 30; index++) {
        const value = `${index}:${'x'.repeat(100_000)}`
        expected.push(value)
        await producer.append(topic, 0, [record(value)])
      }
      await producer.commit()
      await producer.close()
      assert.deepEqual(values(await fixture.read(topic, 30)), expected)
    })

    it('are fenced by a newer producer with the same id', async () => {
      const topic = await fixture.topic()
      const id = fixture.name('tx')
      const old = await open(id)
      await old.append(topic, 0, [record('committed by the old')])
      await old.commit()
      await old.append(topic, 0, [record('open')])
      const other = await fixture.another()
      const young = await other.producer({ clientId: 'young', transactionalId: id })
      await assert.rejects(old.commit(), FencedError)
      await assert.rejects(old.append(topic, 0, [record('late')]), FencedError)
      await young.append(topic, 0, [record('young')])
      await young.commit()
      await old.close()
      await young.close()
      assert.deepEqual(values(await fixture.read(topic, 2)), ['committed by the old', 'young'])
    })

    it('are fenced by another process', { skip: noRemote(fixture) }, async () => {
      assert.ok(fixture.remote)
      const topic = await fixture.topic()
      const id = fixture.name('tx')
      const old = await open(id)
      await old.append(topic, 0, [record('open')])
      const process = await BrokerProcess.start(fixture.remote)
      await process.append(topic, 'from the other', { transactionalId: id })
      await assert.rejects(old.commit(), FencedError)
      await old.close()
      const young = await open(id)
      await young.append(topic, 0, [record('back here')])
      await young.commit()
      await young.close()
      await process.stop()
      assert.deepEqual(values(await fixture.read(topic, 2)), ['from the other', 'back here'])
    })

    it('do not fence those with another id', async () => {
      const topic = await fixture.topic()
      const producers = [await open(fixture.name('tx')), await open(fixture.name('tx'))]
      for (const producer of producers) await producer.append(topic, 0, [record('v')])
      for (const producer of producers) await producer.commit()
      for (const producer of producers) await producer.close()
      assert.deepEqual(values(await fixture.read(topic, 2)), ['v', 'v'])
    })
  })
}

const found = (batches: readonly { records: readonly unknown[] }[]): unknown[] =>
  batches.flatMap((batch) => batch.records)
