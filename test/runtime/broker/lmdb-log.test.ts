import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { open } from 'lmdb'
import type { Broker, LogRecord } from '../../../runtime/broker/broker.ts'
import { type LmdbBroker, openLmdbBroker } from '../../../runtime/broker/lmdb/lmdb-broker.ts'
import { LmdbProducer } from '../../../runtime/broker/lmdb/lmdb-producer.ts'
import { LogStore } from '../../../runtime/broker/lmdb/log-store.ts'
import { WriteQueue } from '../../../runtime/broker/lmdb/log-transaction.ts'
import { TopicRegistry } from '../../../runtime/broker/lmdb/topic-registry.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const NOW = 1_800_000_000_000

const folder = mkdtempSync(join(tmpdir(), 'millrace-log-'))
after(() => rmSync(folder, { recursive: true, force: true }))

let folders = 0
const newPath = () => join(folder, `log.${folders++}`)

/** Opens a log of its own, with a clock that the test moves. */
async function openLog(path = newPath()): Promise<{ broker: LmdbBroker; clock: { now: number } }> {
  const clock = { now: NOW }
  return { broker: await openLmdbBroker({ path, clock: () => clock.now }), clock }
}

const keyed = (key: string | null, value: string | null, timestamp = NOW): LogRecord => ({
  key,
  value,
  headers: [],
  timestamp
})

async function append(broker: Broker, topic: string, ...records: LogRecord[]): Promise<void> {
  const producer = await broker.producer({ clientId: 'test' })
  await producer.append(topic, 0, records)
}

/** All records of partition 0 as `offset:key=value`. */
async function contents(broker: Broker, topic: string): Promise<string[]> {
  const [start] = await broker.offsets([{ topic, partition: 0 }], 'earliest')
  assert.ok(start)
  const reader = await broker.reader()
  reader.assign([start])
  const found: string[] = []
  for (;;) {
    const batches = await reader.read({ maxBytes: 1 << 20, maxWaitMs: 0 })
    if (batches.length === 0) return found
    for (const { offset, key, value } of batches.flatMap((batch) => batch.records)) {
      found.push(`${offset}:${key}=${value}`)
    }
  }
}

async function compacted(configs: Readonly<Record<string, string>> = {}) {
  const log = await openLog()
  const name = 'compacted'
  const policy = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0', ...configs }
  await log.broker.createTopics([{ name, partitions: 1, configs: policy }])
  return { ...log, name }
}

describe('embedded log: compaction', () => {
  it('keeps the last record of every key at its offset, and the last batch', async () => {
    const { broker, name } = await compacted()
    await append(broker, name, keyed('a', '1'), keyed('b', '1'), keyed('c', '1'))
    await append(broker, name, keyed('a', '2'), keyed('a', '3'))
    await append(broker, name, keyed('b', '2'), keyed(null, 'no key'))
    await append(broker, name, keyed('d', '1'), keyed('d', '2'), keyed('c', '2'))
    const before = broker.stats()
    assert.equal(await broker.maintain(), true)
    assert.deepEqual(await contents(broker, name), [
      '4:a=3',
      '5:b=2',
      '6:null=no key',
      '7:d=1',
      '8:d=2',
      '9:c=2'
    ])
    assert.equal(broker.stats().batches, before.batches - 1)
    assert.ok(broker.stats().bytes < before.bytes)
    const ends = await broker.offsets([{ topic: name, partition: 0 }], 'latest')
    assert.equal(ends[0]?.offset, 10)
    await broker.close()
  })

  it('lets a reader go on from an offset that was compacted away', async () => {
    const { broker, name } = await compacted()
    for (let index = 0; index < 9; index++) await append(broker, name, keyed('a', String(index)))
    await broker.maintain()
    const reader = await broker.reader()
    for (const offset of [0, 3, 7, 8]) {
      reader.assign([{ topic: name, partition: 0, offset }])
      const [batch] = await reader.read({ maxBytes: 1 << 20, maxWaitMs: 0 })
      assert.deepEqual(
        batch?.records.map((record) => record.offset),
        [8],
        `from ${offset}`
      )
      assert.equal(batch.nextOffset, 9)
    }
    await broker.close()
  })

  it('drops a tombstone only after its retention since a compaction saw it', async () => {
    const { broker, name, clock } = await compacted({ 'delete.retention.ms': String(DAY) })
    await append(broker, name, keyed('a', '1'), keyed('b', '1'))
    await append(broker, name, keyed('a', null))
    await append(broker, name, keyed('z', '1'))
    await broker.maintain()
    assert.deepEqual(await contents(broker, name), ['1:b=1', '2:a=null', '3:z=1'])
    clock.now += DAY - 1
    await broker.maintain()
    assert.equal((await contents(broker, name)).length, 3)
    clock.now += 1
    await broker.maintain()
    assert.deepEqual(await contents(broker, name), ['1:b=1', '3:z=1'])
    await broker.close()
  })

  it('waits until enough was written since the last time', async () => {
    const { broker, name } = await compacted({ 'min.cleanable.dirty.ratio': '0.5' })
    for (const key of ['a', 'b', 'c', 'd', 'a', 'e']) await append(broker, name, keyed(key, '1'))
    await broker.maintain()
    assert.equal((await contents(broker, name)).length, 5)
    await append(broker, name, keyed('b', '2'))
    await broker.maintain()
    assert.equal((await contents(broker, name)).length, 6, 'one of six batches is too little')
    for (let index = 0; index < 6; index++) await append(broker, name, keyed('b', String(index)))
    await broker.maintain()
    assert.equal((await contents(broker, name)).length, 5)
    await broker.close()
  })

  it('handles more batches than one step takes', async () => {
    const { broker, name } = await compacted()
    const producer = await broker.producer({ clientId: 'test' })
    for (let index = 0; index < 900; index++) {
      await producer.append(name, 0, [keyed(`key ${index % 3}`, String(index)), keyed('b', 'x')])
    }
    await broker.maintain()
    assert.deepEqual(await contents(broker, name), [
      '1794:key 0=897',
      '1796:key 1=898',
      '1798:key 2=899',
      '1799:b=x'
    ])
    await broker.close()
  })
})

describe('embedded log: retention', () => {
  const create = async (configs: Readonly<Record<string, string>>) => {
    const log = await openLog()
    await log.broker.createTopics([{ name: 'kept', partitions: 1, configs }])
    return log
  }
  const batch = (time: number) => [keyed('k', 'x'.repeat(1000), time), keyed('k', 'y', time)]

  it('deletes whole batches that are too old, seven days by default', async () => {
    const { broker } = await create({})
    for (const time of [NOW - 8 * DAY, NOW - 7 * DAY - 1, NOW - 7 * DAY, NOW - 8 * DAY]) {
      await append(broker, 'kept', ...batch(time))
    }
    await broker.maintain()
    const [start] = await broker.offsets([{ topic: 'kept', partition: 0 }], 'earliest')
    assert.equal(start?.offset, 4)
    assert.equal((await contents(broker, 'kept')).length, 4)
    assert.equal(broker.stats().batches, 2)
    await broker.close()
  })

  it('can delete everything, and offsets go on', async () => {
    const { broker, clock } = await create({ 'retention.ms': String(HOUR) })
    for (let index = 0; index < 450; index++) await append(broker, 'kept', ...batch(NOW))
    clock.now += 2 * HOUR
    await broker.maintain()
    assert.deepEqual(broker.stats(), { topics: 1, partitions: 1, batches: 0, bytes: 0 })
    const producer = await broker.producer({ clientId: 'test' })
    assert.equal(await producer.append('kept', 0, batch(clock.now)), 900)
    await broker.close()
  })

  it('keeps at least retention.bytes', async () => {
    const { broker } = await create({ 'retention.ms': '-1', 'retention.bytes': '3000' })
    for (let index = 0; index < 10; index++) await append(broker, 'kept', ...batch(1000))
    await broker.maintain()
    assert.equal(broker.stats().batches, 3)
    assert.ok(broker.stats().bytes >= 3000)
    await broker.close()
  })

  it('leaves compacted topics alone', async () => {
    const { broker } = await create({ 'cleanup.policy': 'compact' })
    await append(broker, 'kept', keyed('a', '1', 1000))
    await broker.maintain()
    assert.deepEqual(await contents(broker, 'kept'), ['0:a=1'])
    await broker.close()
  })

  it('is the work of one process at a time', async () => {
    const { broker, clock } = await create({})
    assert.ok(await broker.acquireLease('maintenance', 'someone else', HOUR))
    assert.equal(await broker.maintain(), false)
    clock.now += HOUR
    assert.equal(await broker.maintain(), true)
    await broker.close()
  })
})

describe('embedded log', () => {
  it('finds records by time in a log with many batches', async () => {
    const { broker } = await openLog()
    await broker.createTopics([{ name: 'long', partitions: 1 }])
    const producer = await broker.producer({ clientId: 'test' })
    const padding = 'x'.repeat(300_000)
    const times: number[] = []
    for (let index = 0; index < 40; index++) {
      const late = index % 7 === 3 ? -5000 : 0
      times.push(NOW + index * 1000 + late, NOW + index * 1000 + 500)
      const pair = times.slice(-2).map((time) => keyed('k', padding, time))
      await producer.append('long', 0, pair)
    }
    for (let time = NOW - 6000; time < NOW + 41_000; time += 250) {
      const first = times.findIndex((one) => one >= time)
      const [found] = await broker.offsets([{ topic: 'long', partition: 0 }], { timestamp: time })
      assert.equal(found?.offset, first < 0 ? 80 : first, `at ${time - NOW}`)
    }
    await broker.close()
  })

  it('refuses a record larger than the max.message.bytes of its topic', async () => {
    const { broker } = await openLog()
    const configs = { 'max.message.bytes': '2000' }
    await broker.createTopics([{ name: 'small', partitions: 1, configs }])
    await append(broker, 'small', keyed('k', 'x'.repeat(1500)), keyed('k', 'x'.repeat(1500)))
    assert.equal(broker.stats().batches, 2)
    await assert.rejects(append(broker, 'small', keyed('k', 'x'.repeat(2000))), {
      code: 'RECORD_TOO_LARGE',
      message: /topic small .* 2000/
    })
    await broker.close()
  })

  it('gives a new topic with an old name nothing of the old one', async () => {
    const { broker } = await openLog()
    const spec = { name: 'again', partitions: 1 }
    await broker.createTopics([spec])
    await append(broker, 'again', keyed('k', 'old'))
    await broker.commitGroupOffsets('g', [{ topic: 'again', partition: 0, offset: 1 }])
    const reader = await broker.reader()
    reader.assign([{ topic: 'again', partition: 0, offset: 0 }])
    await reader.read({ maxBytes: 1, maxWaitMs: 0 })
    await broker.deleteTopics(['again'])
    await assert.rejects(reader.read({ maxBytes: 1, maxWaitMs: 0 }), { code: 'UNKNOWN_TOPIC' })
    await broker.createTopics([spec])
    assert.deepEqual(await contents(broker, 'again'), [])
    assert.deepEqual(await broker.groupOffsets('g'), [])
    assert.equal(broker.stats().bytes, 0)
    await broker.close()
  })

  it('names topic, partition and offset of a damaged batch', async () => {
    const path = newPath()
    const { broker } = await openLog(path)
    await broker.createTopics([{ name: 'damaged', partitions: 1 }])
    await append(broker, 'damaged', keyed('k', 'one'))
    await append(broker, 'damaged', keyed('k', 'two'))
    const root = open<Buffer, Buffer>({
      path,
      keyEncoding: 'binary',
      encoding: 'binary',
      noSubdir: false,
      overlappingSync: false
    })
    const log = root.openDB<Buffer, Buffer>('log', { keyEncoding: 'binary', encoding: 'binary' })
    const [, second] = [...log.getRange()]
    assert.ok(second)
    const bytes = Buffer.from(second.value)
    bytes.writeUInt8(0x21, bytes.length - 2)
    await log.put(second.key, bytes)
    await assert.rejects(contents(broker, 'damaged'), {
      code: 'CORRUPT_BATCH',
      message: /offset 1 of topic damaged, partition 0/
    })
    await log.put(second.key, bytes.subarray(0, 50))
    await assert.rejects(contents(broker, 'damaged'), { code: 'CORRUPT_BATCH' })
    await broker.close()
    await root.close()
  })

  it('refuses a folder that a newer version wrote', async () => {
    const path = newPath()
    const { broker } = await openLog(path)
    await broker.close()
    const root = open<Buffer, Buffer>({
      path,
      keyEncoding: 'binary',
      encoding: 'binary',
      noSubdir: false,
      overlappingSync: false
    })
    const options = { keyEncoding: 'binary', encoding: 'binary', useVersions: true } as const
    const meta = root.openDB<Buffer, Buffer>('meta', options)
    await meta.put(Buffer.from('\0format'), Buffer.from([0, 0, 0, 9]), 2)
    await root.close()
    await assert.rejects(openLmdbBroker({ path }), {
      code: 'LOG_FORMAT_TOO_NEW',
      message: /format 9/
    })
  })

  it('says that a folder cannot be written to', async () => {
    const file = newPath()
    writeFileSync(file, '')
    await assert.rejects(openLmdbBroker({ path: join(file, 'log') }), {
      code: 'DATA_DIR_NOT_WRITABLE',
      message: new RegExp(file)
    })
  })

  it('gives a lease to one holder, counting its holders', async () => {
    const { broker, clock } = await openLog()
    const first = await broker.acquireLease('leader', 'a', 1000)
    assert.deepEqual(first, { holder: 'a', expiresAt: NOW + 1000, fence: 1 })
    assert.equal(await broker.acquireLease('leader', 'b', 1000), null)
    clock.now += 500
    const renewed = await broker.acquireLease('leader', 'a', 1000)
    assert.deepEqual(renewed, { holder: 'a', expiresAt: NOW + 1500, fence: 1 })
    clock.now += 1000
    assert.equal((await broker.acquireLease('leader', 'b', 1000))?.fence, 2)
    await broker.releaseLease('leader', 'a')
    assert.equal(await broker.acquireLease('leader', 'a', 1000), null)
    await broker.releaseLease('leader', 'b')
    assert.equal((await broker.acquireLease('leader', 'a', 1000))?.fence, 3)
    await broker.close()
  })

  it('finds what was committed by one that was killed before it could tell', async () => {
    const path = newPath()
    const { broker } = await openLog(path)
    await broker.createTopics([{ name: 'quiet', partitions: 1 }])
    const reader = await broker.reader()
    reader.assign([{ topic: 'quiet', partition: 0, offset: 0 }])
    const limits = { maxBytes: 1 << 20, maxWaitMs: 60_000 }
    // The watch tells of this one, and is trusted from then on.
    const told = reader.read(limits)
    await append(broker, 'quiet', keyed('a', '1'))
    assert.equal((await told)[0]?.nextOffset, 1)
    const untold = reader.read(limits)
    const store = await LogStore.open(path)
    const parts = {
      store,
      queue: new WriteQueue(store, () => {}),
      topics: new TopicRegistry(store)
    }
    await new LmdbProducer(parts).append('quiet', 0, [keyed('b', '2')])
    assert.equal((await untold)[0]?.nextOffset, 2)
    await store.close()
    await broker.close()
  })

  it('ends waiting reads and refuses calls when it is closed', async () => {
    const { broker } = await openLog()
    await broker.createTopics([{ name: 't', partitions: 1 }])
    const reader = await broker.reader()
    reader.assign([{ topic: 't', partition: 0, offset: 0 }])
    const reading = reader.read({ maxBytes: 1000, maxWaitMs: 60_000 })
    await broker.close()
    assert.deepEqual(await reading, [])
    await assert.rejects(broker.createTopics([{ name: 'u', partitions: 1 }]), {
      code: 'BROKER_CLOSED'
    })
    await assert.rejects(broker.describeTopics(), { code: 'BROKER_CLOSED' })
    assert.deepEqual(await reader.read({ maxBytes: 1, maxWaitMs: 0 }), [])
  })
})
