import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../../../runtime/api/clock.ts'
import type { Broker } from '../../../runtime/broker/broker.ts'
import { CompactedTopic } from '../../../runtime/stores/compacted-topic.ts'
import { ConfigStore } from '../../../runtime/stores/config-store.ts'
import { OffsetStore } from '../../../runtime/stores/offset-store.ts'
import { StatusStore } from '../../../runtime/stores/status-store.ts'
import { embeddedTopics, MemoryLogger, readAll } from '../../support/embedded.ts'
import { type CapturedRecord, capturedRecords } from './internal-topics.ts'

const PARTITIONS = { configs: 1, offsets: 25, status: 5 }

function options(broker: Broker, of: keyof typeof PARTITIONS) {
  const spec = { name: `connect-${of}`, partitions: PARTITIONS[of] }
  return { broker, spec, clock: systemClock, clientId: 'test', logger: new MemoryLogger() }
}

/** Puts what Kafka Connect wrote into a topic of ours, partition by partition. */
async function fill(
  broker: Broker,
  of: keyof typeof PARTITIONS,
  wanted: (record: CapturedRecord) => boolean = () => true
): Promise<void> {
  const { spec } = options(broker, of)
  await broker.createTopics([{ ...spec, configs: { 'cleanup.policy': 'compact' } }])
  const producer = await broker.producer({ clientId: 'fill' })
  for (const { partition, key, payload, ts } of capturedRecords(spec.name).filter(wanted)) {
    await producer.append(spec.name, partition, [
      { key, value: payload, headers: [], timestamp: ts }
    ])
  }
  await producer.close()
}

async function lastRecord(broker: Broker, topic: string, key: string): Promise<string | null> {
  for (let partition = 0; partition < 25; partition++) {
    const found = await readAll(broker, topic, partition).catch(() => [])
    const match = found.findLast((record) => record.key?.toString() === key)
    if (match) return match.value === null ? null : match.value.toString()
  }
  return assert.fail(`no record ${key}`)
}

describe('the offset store', () => {
  it('reads the offsets of Kafka Connect and writes them back byte for byte', async () => {
    await using topics = await embeddedTopics()
    const { broker } = topics
    await fill(broker, 'offsets')
    const store = await OffsetStore.open(options(broker, 'offsets'))
    const last = new Map(
      capturedRecords('connect-offsets').map(({ key, payload, partition }) => [
        key,
        { payload, partition }
      ])
    )
    for (const [key, { payload, partition }] of last) {
      const [connector, source] = JSON.parse(key) as [string, Record<string, string>]
      const offset = store.get(connector, source)
      if (payload === null) assert.equal(offset, null)
      else {
        const [record] = store.records(connector, [{ partition: source, offset }])
        assert.equal(record?.record.key, key)
        assert.equal(record?.record.value, payload)
        if (!key.includes('FILES')) assert.equal(record?.partition, partition)
      }
    }
    await store.close()
  })

  it('finds a partition whose fields another writer ordered differently, and keeps that key', async () => {
    await using topics = await embeddedTopics()
    const { broker } = topics
    const first = await OffsetStore.open(options(broker, 'offsets'))
    const raw = await CompactedTopic.open({ ...options(broker, 'offsets'), onRecord() {} })
    await raw.write([{ key: '["c",{"server":"s","database":"d"}]', value: '{"lsn":1}' }])
    await first.refresh()
    assert.deepEqual(first.get('c', { database: 'd', server: 's' }), { lsn: 1 })
    await first.write('c', [{ partition: { database: 'd', server: 's' }, offset: { lsn: 2 } }])
    const second = await OffsetStore.open(options(broker, 'offsets'))
    assert.deepEqual(second.get('c', { database: 'd', server: 's' }), { lsn: 2 })
    assert.equal(
      await lastRecord(broker, 'connect-offsets', '["c",{"server":"s","database":"d"}]'),
      '{"lsn":2}'
    )
    await Promise.all([first.close(), second.close(), raw.close()])
  })

  it('forgets a partition under all spellings', async () => {
    await using topics = await embeddedTopics()
    const { broker } = topics
    const raw = await CompactedTopic.open({ ...options(broker, 'offsets'), onRecord() {} })
    await raw.write([{ key: '["c",{"b":1,"a":2}]', value: '{"n":1}' }])
    await raw.write([{ key: '["c",{"a":2,"b":1}]', value: '{"n":2}' }])
    const store = await OffsetStore.open(options(broker, 'offsets'))
    assert.ok(store.get('c', { a: 2, b: 1 }))
    await store.write('c', [{ partition: { a: 2, b: 1 }, offset: null }])
    assert.equal(store.get('c', { a: 2, b: 1 }), null)
    const again = await OffsetStore.open(options(broker, 'offsets'))
    assert.deepEqual(again.list('c'), [])
    await Promise.all([store.close(), again.close(), raw.close()])
  })

  it('keeps int64 exact and refuses nested values', async () => {
    await using topics = await embeddedTopics()
    const store = await OffsetStore.open(options(topics.broker, 'offsets'))
    const offset = { position: 9_223_372_036_854_775_807n, ok: true, name: 'ä"\\', none: null }
    await store.write('c', [{ partition: { p: 1 }, offset }])
    assert.deepEqual(store.get('c', { p: 1 }), offset)
    const nested = { deep: { er: 1 } } as unknown as { deep: string }
    assert.throws(() => store.records('c', [{ partition: { p: 1 }, offset: nested }]), {
      code: 'BAD_OFFSET'
    })
    await store.close()
  })
})

describe('the config store', () => {
  it('writes what Kafka Connect writes, in its order', async () => {
    await using topics = await embeddedTopics()
    const { broker } = topics
    const store = await ConfigStore.open(options(broker, 'configs'))
    await store.lead('leader')
    await store.putConnector('x', { 'connector.class': 'c', file: '${env:F}' }, 'STOPPED')
    await store.putTaskConfigs('x', [{ a: '1' }], false)
    await store.putFencedTasks('x', 1)
    await store.putTargetState('x', 'STARTED')
    await store.removeConnector('x')
    const written = (await readAll(broker, 'connect-configs')).map(
      ({ key, value }) => `${key} ${value}`
    )
    assert.deepEqual(written, [
      'target-state-x {"state":"PAUSED","state.v2":"STOPPED"}',
      'connector-x {"properties":{"connector.class":"c","file":"${env:F}","name":"x"}}',
      'task-x-0 {"properties":{"a":"1"}}',
      'commit-x {"tasks":1}',
      'tasks-fencing-x {"task-count":1}',
      'target-state-x {"state":"STARTED","state.v2":"STARTED"}',
      'connector-x null',
      'target-state-x null'
    ])
    await store.close()
  })

  it('sees at once what it wrote, and tells its listeners', async () => {
    await using topics = await embeddedTopics()
    const store = await ConfigStore.open(options(topics.broker, 'configs'))
    await store.lead('leader')
    let calls = 0
    store.onChange(() => calls++)
    await store.putConnector('x', { 'connector.class': 'c' })
    assert.deepEqual(store.connector('x')?.config, { 'connector.class': 'c', name: 'x' })
    assert.equal(calls, 1)
    await store.close()
  })

  it('follows what another worker writes', async () => {
    await using topics = await embeddedTopics()
    const reader = await ConfigStore.open(options(topics.broker, 'configs'))
    const writer = await ConfigStore.open(options(topics.broker, 'configs'))
    await writer.lead('leader')
    const seen = new Promise<void>((resolve) => reader.onChange(() => resolve()))
    reader.follow()
    await writer.putConnector('x', { 'connector.class': 'c' })
    await seen
    assert.equal(reader.connector('x')?.targetState, 'STARTED')
    await Promise.all([reader.close(), writer.close()])
  })

  it('refuses a topic from which records would expire', async () => {
    await using topics = await embeddedTopics()
    const { broker } = topics
    const configs = { 'cleanup.policy': 'delete' }
    await broker.createTopics([{ name: 'connect-configs', partitions: 1, configs }])
    await assert.rejects(ConfigStore.open(options(broker, 'configs')), {
      code: 'INTERNAL_TOPIC_NOT_COMPACTED'
    })
  })
})

describe('the status store', () => {
  it('reads the statuses of Kafka Connect and writes them back byte for byte', async () => {
    await using topics = await embeddedTopics()
    const { broker } = topics
    // Almost all were deleted in the end: without the deletions there is more to compare.
    await fill(broker, 'status', ({ payload }) => payload !== null)
    const store = await StatusStore.open(options(broker, 'status'))
    const last = new Map(
      capturedRecords('connect-status')
        .filter(({ payload }) => payload !== null)
        .map((record) => [record.key, record.payload])
    )
    let compared = 0
    for (const [key, payload] of last) {
      const [, kind, name = ''] = /^status-(connector|task)-(.*)$/.exec(key) ?? []
      if (payload === null || kind === undefined) continue
      const dash = name.lastIndexOf('-')
      const [task, id] = [name.slice(0, dash), Number(name.slice(dash + 1))]
      const status = kind === 'task' ? store.task(task, id) : store.connector(name)
      assert.ok(status, key)
      if (kind === 'task') await store.put(task, id, status)
      else await store.put(name, -1, status)
      assert.equal(await lastRecord(broker, 'connect-status', key), payload)
      compared++
    }
    assert.ok(compared > 50, `${compared} compared`)
    await store.close()
  })

  it('notes a topic once, and forgets it and a status', async () => {
    await using topics = await embeddedTopics()
    const { broker } = topics
    const store = await StatusStore.open(options(broker, 'status'))
    const use = { topic: 't', connector: 'c', task: 0, discoverTimestamp: 1_700_000_000_000 }
    await store.addTopic(use)
    await store.addTopic(use)
    await store.put('c', 0, {
      state: 'RUNNING',
      trace: null,
      workerId: 'w:1',
      generation: 7,
      version: null
    })
    assert.deepEqual(store.topics('c'), ['t'])
    assert.equal(store.highestGeneration, 7)
    assert.equal(
      await lastRecord(broker, 'connect-status', 'status-topic-t:connector-c'),
      '{"topic":{"name":"t","connector":"c","task":0,"discoverTimestamp":1700000000000}}'
    )
    await store.put('c', 0, null)
    await store.resetTopics('c')
    const again = await StatusStore.open(options(broker, 'status'))
    assert.deepEqual([again.topics('c'), again.task('c', 0)], [[], null])
    await Promise.all([store.close(), again.close()])
  })

  it('does not let a worker that lost a task overwrite its new owner', async () => {
    await using topics = await embeddedTopics()
    const store = await StatusStore.open(options(topics.broker, 'status'))
    const owner = { trace: null, workerId: 'new:1', generation: 8, version: null } as const
    await store.put('c', 0, { ...owner, state: 'RUNNING' })
    await store.putSafely('c', 0, {
      ...owner,
      state: 'UNASSIGNED',
      workerId: 'old:1',
      generation: 7
    })
    assert.equal(store.task('c', 0)?.state, 'RUNNING')
    await store.close()
  })
})
