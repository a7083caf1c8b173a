import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fileSink from '../../../connectors/file/sink.ts'
import fileSource from '../../../connectors/file/source.ts'
import stdoutSink from '../../../connectors/stdout/sink.ts'
import { systemClock } from '../../../runtime/api/clock.ts'
import { defineSource } from '../../../runtime/api/connector.ts'
import type { Broker } from '../../../runtime/broker/broker.ts'
import {
  alterSinkOffsets,
  alterSourceOffsets,
  requireStopped,
  resetSinkOffsets,
  resetSourceOffsets,
  type StoppedSink,
  type StoppedSource,
  sinkOffsets
} from '../../../runtime/herder/connector-offsets.ts'
import type { GivenOffset } from '../../../runtime/herder/herder.ts'
import { OffsetStore } from '../../../runtime/stores/offset-store.ts'
import { type EmbeddedTopics, embeddedTopics } from '../../support/embedded.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const anySource = defineSource({
  summary: 'A source that stores any offset.',
  config: {},
  createTask: () => {
    throw new Error('tests of offsets create no tasks')
  }
})

const ALTERED = 'The offsets for this connector have been altered successfully'
const RESET = 'The offsets for this connector have been reset successfully'
const EXTERNALLY =
  /^The Connect framework-managed offsets for this connector have been (altered|reset) successfully\. However, if this connector manages offsets externally, they will need to be manually \1 in the system that the connector uses\.$/

describe('offsets of a connector that runs', () => {
  it('are left alone', () => {
    requireStopped('a', true)
    assert.throws(() => requireStopped('a', false), {
      status: 400,
      message:
        "Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the specified connector by issuing a 'PUT' request to the '/connectors/a/stop' endpoint"
    })
  })
})

describe('offsets of a stopped connector', () => {
  let topics: EmbeddedTopics
  let broker: Broker
  let store: OffsetStore
  before(async () => {
    topics = await embeddedTopics()
    broker = topics.broker
    const spec = { name: 'offsets', partitions: 25 }
    const clock = systemClock
    store = await OffsetStore.open({ broker, spec, clientId: 'test', logger: silent, clock })
    await broker.createTopics([{ name: 't', partitions: 2 }])
  })
  after(async () => {
    await store.close()
    await topics[Symbol.asyncDispose]()
  })

  describe('that is a source', () => {
    let fences = 0
    const source = (name: string, plugin = fileSource): StoppedSource => ({
      name,
      plugin,
      raw: { file: 'in.txt', topic: 't' },
      store,
      fence: async () => void fences++
    })
    const stored = (name: string) => store.list(name)
    const refuses = async (given: GivenOffset, message: string, plugin = fileSource) => {
      const alter = alterSourceOffsets(source('refused', plugin), [given])
      await assert.rejects(alter, { name: 'RequestError', status: 400, message })
      assert.deepEqual(stored('refused'), [])
    }
    const partition = { filename: 'in.txt' }

    it('are stored and forgotten, after older tasks were fenced', async () => {
      fences = 0
      const changes = [
        { partition, offset: { position: 14 } },
        { partition: { filename: 'old.txt', x: 1 }, offset: { position: 3n, y: 'z' } },
        { partition, offset: { position: 7 } }
      ]
      assert.equal(await alterSourceOffsets(source('a'), changes), ALTERED)
      assert.equal(fences, 1)
      assert.deepEqual(
        stored('a')
          .map(({ offset }) => offset?.['position'])
          .toSorted(),
        [3, 7]
      )
      assert.equal(await alterSourceOffsets(source('a'), [{ partition, offset: null }]), ALTERED)
      assert.equal(stored('a').length, 1)
      assert.equal(await resetSourceOffsets(source('a')), RESET)
      assert.deepEqual(stored('a'), [])
      assert.equal(await resetSourceOffsets(source('a')), RESET)
    })

    it('are refused in the words of Kafka Connect', async () => {
      const position = (value: unknown) => ({ partition, offset: { position: value } })
      const long = "The value for the 'position' key in the offset is expected to be a Long value"
      const key = "Partition objects should contain the key 'filename'"
      await refuses(
        { partition: null, offset: { position: 1 } },
        'Partition objects cannot be null'
      )
      await refuses(
        { partition, offset: {} },
        "Offset objects should either be null or contain the key 'position'"
      )
      await refuses(position('x'), long)
      await refuses(position(1.5), long)
      await refuses(position(null), long)
      await refuses(
        position(-5),
        "The value for the 'position' key in the offset should be a non-negative value"
      )
      await refuses({ partition: {}, offset: { position: 1 } }, key)
      await refuses({ partition: { nope: 1 }, offset: { position: 1 } }, key)
      const field = 'Offsets may only contain primitive types as values, but field'
      await refuses(position({ a: 1 }), `${field} position contains MAP`)
      await refuses(
        { partition: { server: ['x'] }, offset: null },
        `${field} server contains ARRAY`,
        anySource
      )
    })

    it('may be anything where the connector does not check them', async () => {
      const changes = [{ partition: { server: 'nope' }, offset: { lsn: 'x' } }]
      assert.match(await alterSourceOffsets(source('b', anySource), changes), EXTERNALLY)
      assert.deepEqual(stored('b'), changes)
      assert.match(await resetSourceOffsets(source('b', anySource)), EXTERNALLY)
    })
  })

  describe('that is a sink', () => {
    const sink = (group: string, plugin = fileSink): StoppedSink => ({
      name: 'snk',
      plugin,
      raw: { file: 'no-such-file' },
      broker,
      group
    })
    const place = (partition: unknown, topic: unknown = 't') => ({
      kafka_topic: topic,
      kafka_partition: partition
    })
    const refuses = async (given: object, message: string) => {
      const alter = alterSinkOffsets(sink('refused'), [given as GivenOffset])
      await assert.rejects(alter, { name: 'RequestError', status: 400, message })
      assert.deepEqual(await broker.groupOffsets('refused'), [])
    }

    it('move, and are forgotten', async () => {
      const group = sink('connect-a')
      const changes = [
        { partition: place(0), offset: { kafka_offset: 1 } },
        { partition: { ...place('1'), x: 1 }, offset: { kafka_offset: '999999' } },
        { partition: place(0), offset: { kafka_offset: 5 } },
        { partition: place(7, 'elsewhere'), offset: null }
      ]
      assert.equal(await alterSinkOffsets(group, changes), ALTERED)
      assert.deepEqual(await sinkOffsets(broker, 'connect-a'), [
        { partition: { kafka_partition: 0, kafka_topic: 't' }, offset: { kafka_offset: 5 } },
        { partition: { kafka_partition: 1, kafka_topic: 't' }, offset: { kafka_offset: 999999 } }
      ])
      const forgotten = [{ partition: place(0), offset: null }]
      assert.equal(await alterSinkOffsets(group, forgotten), ALTERED)
      assert.equal((await sinkOffsets(broker, 'connect-a')).length, 1)
      assert.equal(await resetSinkOffsets(group), RESET)
      assert.deepEqual(await sinkOffsets(broker, 'connect-a'), [])
      assert.equal(await resetSinkOffsets(sink('connect-never-ran')), RESET)
      assert.match(await resetSinkOffsets(sink('connect-a', stdoutSink)), EXTERNALLY)
    })

    it('are refused in the words of Kafka Connect', async () => {
      const offset = { kafka_offset: 1 }
      const keys = "must contain the keys 'kafka_topic' and 'kafka_partition'"
      const number = (value: string) =>
        `Failed to parse the following Kafka partition value in the provided offsets: '${value}'. Partition values for sink connectors need to be integers.`
      const position = (value: string) =>
        `Failed to parse the following Kafka offset value in the provided offsets: '${value}'. Offset values for sink connectors need to be integers.`
      const withOffset = (given: unknown) => ({ partition: place(0), offset: given })
      await refuses(
        { partition: null, offset },
        'The partition for a sink connector offset cannot be null or missing'
      )
      await refuses(
        { partition: { kafka_topic: 't' }, offset },
        `The partition for a sink connector offset ${keys}`
      )
      await refuses(
        { partition: place(0, null), offset },
        'Kafka topic names must be valid strings and may not be null'
      )
      await refuses(
        { partition: place(null), offset },
        'Kafka partitions must be valid numbers and may not be null'
      )
      await refuses({ partition: place('x'), offset }, number('x'))
      await refuses({ partition: place({ a: [1, 'b'] }), offset }, number('{a=[1, b]}'))
      await refuses({ partition: place(2 ** 31), offset }, number('2147483648'))
      await refuses(
        withOffset({ offset: 0 }),
        "The offset for a sink connector should either be null or contain the key 'kafka_offset'"
      )
      await refuses(withOffset({ kafka_offset: 'x' }), position('x'))
      await refuses(withOffset({ kafka_offset: 1.5 }), position('1.5'))
      await refuses(withOffset({ kafka_offset: null }), position('null'))
    })

    it('are refused where Kafka Connect answers 500', async () => {
      const failed = 'Failed to alter consumer group offsets for connector snk'
      const at = (partition: number, topic: string, offset = 1) => ({
        partition: place(partition, topic),
        offset: { kafka_offset: offset }
      })
      await refuses(at(0, 'zzz'), `${failed}: there is no topic zzz`)
      await refuses(at(99, 't'), `${failed}: topic t has no partition 99, only 2`)
      await refuses(at(-1, 't'), 'A Kafka partition cannot be negative: -1')
      await refuses(at(0, 't', -1), 'A Kafka offset cannot be negative: -1')
    })
  })
})
