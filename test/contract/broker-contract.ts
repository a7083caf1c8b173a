import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { FencedError } from '../../runtime/api/errors.ts'
import { BrokerFixture, type BrokerUnderTest, record, records, values } from './broker-fixture.ts'
import { readingContract } from './broker-reading-contract.ts'
import { transactionContract } from './broker-transaction-contract.ts'

/**
 * What every broker must do. Topics are made anew for every test, so that the suite can run against
 * a server that others use too.
 *
 * @param options `skip` is a reason not to run, such as a missing server
 */
export function brokerContract(
  name: string,
  under: BrokerUnderTest,
  options: { skip?: string | false } = {}
): void {
  describe(`${name} broker`, { skip: options.skip ?? false, timeout: 300_000 }, () => {
    const fixture = new BrokerFixture(under)
    before(() => fixture.open())
    after(() => fixture.close())
    topicContract(fixture)
    recordContract(fixture)
    offsetContract(fixture)
    groupContract(fixture)
    readingContract(fixture)
    transactionContract(fixture)
  })
}

function topicContract(fixture: BrokerFixture): void {
  describe('topics', () => {
    it('creates a topic once and leaves an existing one as it is', async () => {
      const name = fixture.name()
      const configs = { 'cleanup.policy': 'compact' }
      const spec = { name, partitions: 3, configs, replicationFactor: 1 }
      await fixture.broker.createTopics([spec])
      await fixture.broker.createTopics([{ ...spec, partitions: 9, configs: {} }])
      const [topic, ...more] = await fixture.broker.describeTopics([name])
      assert.equal(topic?.name, name)
      assert.equal(topic.partitions, 3)
      assert.equal(topic.configs['cleanup.policy'], 'compact')
      assert.deepEqual(more, [])
    })

    it('creates and describes many topics, in any client', async () => {
      const names = Array.from({ length: 200 }, () => fixture.name('many'))
      await fixture.broker.createTopics(
        names.map((name) => ({ name, partitions: 1, replicationFactor: 1 }))
      )
      const other = await fixture.another()
      const described = await other.describeTopics(names)
      assert.deepEqual(described.map((topic) => topic.name).sort(), names.toSorted())
      const all = await fixture.broker.describeTopics()
      assert.ok(names.every((name) => all.some((topic) => topic.name === name)))
      await fixture.broker.deleteTopics(names)
    })

    it('leaves out topics that do not exist, or no longer', async () => {
      const [kept, gone] = [await fixture.topic(), await fixture.topic()]
      await fixture.broker.deleteTopics([gone])
      const found = await fixture.broker.describeTopics([fixture.name(), gone, kept])
      assert.deepEqual(
        found.map(({ name }) => name),
        [kept]
      )
    })

    it('refuses names that Kafka refuses', async () => {
      for (const name of ['', '.', '..', 'a/b', 'ü', 'x'.repeat(250)]) {
        await assert.rejects(fixture.broker.createTopics([{ name, partitions: 1 }]), {
          name: 'ConnectError'
        })
      }
    })

    it('says that a topic to write to does not exist', async () => {
      await assert.rejects(fixture.append(fixture.name(), 0, [record('v')]), {
        code: 'UNKNOWN_TOPIC'
      })
    })
  })
}

function recordContract(fixture: BrokerFixture): void {
  describe('records', () => {
    it('come back in order with their offsets', async () => {
      const topic = await fixture.topic()
      assert.equal(await fixture.append(topic, 0, records(3, 'a')), 0)
      assert.equal(await fixture.append(topic, 0, records(2, 'b')), 3)
      const found = await fixture.read(topic, 5)
      assert.deepEqual(values(found), ['a0', 'a1', 'a2', 'b0', 'b1'])
      assert.deepEqual(
        found.map(({ offset }) => offset),
        [0, 1, 2, 3, 4]
      )
    })

    it('are not written when the guard of the producer throws', async () => {
      const topic = await fixture.topic()
      let allowed = true
      const guard = () => {
        if (!allowed) throw new FencedError('not now')
      }
      const producer = await fixture.broker.producer({ clientId: 'guarded', guard })
      await producer.append(topic, 0, [record('before')])
      allowed = false
      await assert.rejects(producer.append(topic, 0, [record('never')]), FencedError)
      allowed = true
      await producer.append(topic, 0, [record('after')])
      await producer.close()
      assert.deepEqual(values(await fixture.read(topic, 2)), ['before', 'after'])
    })

    it('keep key, value, headers and timestamp exactly', async () => {
      const topic = await fixture.topic()
      const headers = [
        { key: 'b', value: 'first' },
        { key: 'a', value: null },
        { key: 'b', value: '' },
        { key: 'ü', value: Buffer.from([0, 255]) }
      ]
      const key = Buffer.from([1, 0, 255])
      await fixture.append(topic, 0, [record('größe €', { key, headers, timestamp: time(7) })])
      const [found] = await fixture.read(topic, 1)
      assert.deepEqual(found?.key, key)
      assert.equal(found?.value?.toString(), 'größe €')
      assert.equal(found?.timestamp, time(7))
      assert.deepEqual(
        found?.headers.map((header) => [header.key, header.value?.toString('latin1') ?? null]),
        [
          ['b', 'first'],
          ['a', null],
          ['b', ''],
          ['ü', '\u0000\u00ff']
        ]
      )
    })

    it('tell empty keys and values from null', async () => {
      const topic = await fixture.topic()
      const list = [record(null, { key: 'k' }), record('', { key: '' }), record('v')]
      await fixture.append(topic, 0, list)
      const found = await fixture.read(topic, 3)
      assert.deepEqual(
        found.map(({ key, value }) => [key?.toString() ?? null, value?.toString() ?? null]),
        [
          ['k', null],
          ['', ''],
          [null, 'v']
        ]
      )
    })

    it('may be nearly as large as a batch', async () => {
      const topic = await fixture.topic()
      const large = 'x'.repeat(900_000)
      await fixture.append(topic, 0, [record(large), record('small'), record(large)])
      const found = await fixture.read(topic, 3)
      assert.deepEqual(
        found.map(({ value }) => value?.length),
        [900_000, 5, 900_000]
      )
    })

    it('are split into batches that the broker takes', async () => {
      const topic = await fixture.topic()
      const many = Array.from({ length: 5000 }, (_, index) => record(`${index}:${'x'.repeat(600)}`))
      assert.equal(await fixture.append(topic, 0, many), 0)
      const found = await fixture.read(topic, 5000)
      assert.deepEqual(
        values(found),
        many.map(({ value }) => value)
      )
    })

    it('stay in their partitions', async () => {
      const topic = await fixture.topic(3)
      await fixture.append(topic, 0, [record('zero')])
      await fixture.append(topic, 2, [record('two')])
      assert.deepEqual(values(await fixture.read(topic, 1, 0, 0)), ['zero'])
      assert.deepEqual(values(await fixture.read(topic, 1, 0, 2)), ['two'])
      const [empty] = await fixture.broker.offsets([{ topic, partition: 1 }], 'latest')
      assert.equal(empty?.offset, 0)
    })
  })
}

function offsetContract(fixture: BrokerFixture): void {
  const at = async (topic: string, spec: 'earliest' | 'latest' | { timestamp: number }) =>
    (await fixture.broker.offsets([{ topic, partition: 0 }], spec))[0]?.offset

  describe('offsets', () => {
    it('are those of both ends, in the order asked', async () => {
      const [one, two] = [await fixture.topic(2), await fixture.topic()]
      await fixture.append(one, 1, records(4))
      const places = [
        { topic: two, partition: 0 },
        { topic: one, partition: 1 },
        { topic: one, partition: 0 }
      ]
      const latest = await fixture.broker.offsets(places, 'latest')
      assert.deepEqual(
        latest,
        places.map((place, index) => ({ ...place, offset: index === 1 ? 4 : 0 }))
      )
      const earliest = await fixture.broker.offsets(places, 'earliest')
      assert.deepEqual(
        earliest.map(({ offset }) => offset),
        [0, 0, 0]
      )
    })

    it('are found by time: the first record at or after it', async () => {
      const topic = await fixture.topic()
      const stamped = (...seconds: number[]) =>
        seconds.map((second) => record('v', { timestamp: time(second) }))
      await fixture.append(topic, 0, stamped(0, 10, 20))
      await fixture.append(topic, 0, stamped(5, 30))
      await fixture.append(topic, 0, stamped(30, 40))
      const expected = [
        [-1, 0],
        [0, 0],
        [1, 1],
        [20, 2],
        [21, 4],
        [30, 4],
        [31, 6],
        [41, 7]
      ] as const
      for (const [second, offset] of expected) {
        assert.equal(await at(topic, { timestamp: time(second) }), offset, `second ${second}`)
      }
    })

    it('begin after the records that were deleted', async () => {
      const topic = await fixture.topic()
      await fixture.append(topic, 0, records(3, 'a'))
      await fixture.append(topic, 0, records(3, 'b'))
      await fixture.broker.deleteRecords([{ topic, partition: 0, offset: 4 }])
      assert.equal(await at(topic, 'earliest'), 4)
      assert.deepEqual(values(await fixture.read(topic, 2, 4)), ['b1', 'b2'])
      await fixture.broker.deleteRecords([{ topic, partition: 0, offset: 2 }])
      assert.equal(await at(topic, 'earliest'), 4)
      await fixture.broker.deleteRecords([{ topic, partition: 0, offset: 6 }])
      assert.equal(await at(topic, 'earliest'), 6)
      assert.equal(await fixture.append(topic, 0, [record('c')]), 6)
      assert.deepEqual(values(await fixture.read(topic, 1, 6)), ['c'])
    })
  })
}

function groupContract(fixture: BrokerFixture): void {
  describe('group offsets', () => {
    it('are committed, replaced, read by any client and deleted with the group', async () => {
      const topic = await fixture.topic(2)
      const group = fixture.name('connect-group')
      assert.deepEqual(await fixture.broker.groupOffsets(group), [])
      const offsets = [
        { topic, partition: 0, offset: 5 },
        { topic, partition: 1, offset: 6 }
      ]
      await fixture.broker.commitGroupOffsets(group, offsets)
      await fixture.broker.commitGroupOffsets(group, [{ topic, partition: 0, offset: 7 }])
      const other = await fixture.another()
      const found = await other.groupOffsets(group)
      assert.deepEqual(
        found.toSorted((left, right) => left.partition - right.partition),
        [
          { topic, partition: 0, offset: 7 },
          { topic, partition: 1, offset: 6 }
        ]
      )
      await other.deleteGroup(group)
      assert.deepEqual(await fixture.broker.groupOffsets(group), [])
      await other.deleteGroup(group)
    })

    it('of single partitions can be forgotten, known or not', async () => {
      const topic = await fixture.topic(2)
      const group = fixture.name('connect-group')
      await fixture.broker.deleteGroupOffsets(group, [{ topic, partition: 0 }])
      await fixture.broker.commitGroupOffsets(group, [
        { topic, partition: 0, offset: 5 },
        { topic, partition: 1, offset: 6 }
      ])
      await fixture.broker.deleteGroupOffsets(group, [
        { topic, partition: 0 },
        { topic: fixture.name('missing'), partition: 3 }
      ])
      assert.deepEqual(await fixture.broker.groupOffsets(group), [
        { topic, partition: 1, offset: 6 }
      ])
    })

    it('are those of one group only', async () => {
      const topic = await fixture.topic()
      const group = fixture.name('g')
      const longer = `${group}-longer`
      await fixture.broker.commitGroupOffsets(longer, [{ topic, partition: 0, offset: 1 }])
      assert.deepEqual(await fixture.broker.groupOffsets(group), [])
      await fixture.broker.deleteGroup(group)
      assert.equal((await fixture.broker.groupOffsets(longer)).length, 1)
    })
  })
}

/** Seconds after a time in the recent past: brokers may refuse the future. */
const start = Date.now() - 3_600_000
function time(second: number): number {
  return start + second * 1000
}
