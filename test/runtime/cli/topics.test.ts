import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import type { Broker, LogRecord } from '../../../runtime/broker/broker.ts'
import { openLmdbBroker } from '../../../runtime/broker/lmdb/lmdb-broker.ts'
import { requireEngine } from '../../support/engines.ts'
import { sharedKafka, uniqueName } from '../../support/kafka.ts'
import { tempFolder } from '../config/temp-folder.ts'
import { millrace, startMillrace } from './millrace.ts'

const record = (n: number): LogRecord => ({
  key: n % 5 === 0 ? null : `k${n}`,
  // Long enough that a large topic takes many transactions to copy.
  value: n % 7 === 0 ? null : `v${n}`.padEnd(300, '.'),
  headers:
    n % 3 === 0
      ? [
          { key: 'h', value: `${n}` },
          { key: 'none', value: null }
        ]
      : [],
  timestamp: 1_700_000_000_000 + n * 1000
})

/** Appends records numbered `from` up to `to`, each to partition number modulo 2. */
async function fill(path: string, topic: string, from: number, to: number): Promise<void> {
  const broker = await openLmdbBroker({ path })
  // The records are old: without this Kafka deletes their copies whenever it looks.
  const configs = { 'retention.ms': '-1' }
  await broker.createTopics([{ name: topic, partitions: 2, configs }])
  await append(broker, topic, from, to)
  await broker.close()
}

async function append(broker: Broker, topic: string, from: number, to: number): Promise<void> {
  const producer = await broker.producer({ clientId: 'test' })
  for (const partition of [0, 1]) {
    const numbers = Array.from({ length: to - from }, (_, i) => from + i)
    const mine = numbers.filter((n) => n % 2 === partition)
    if (mine.length > 0) await producer.append(topic, partition, mine.map(record))
  }
  await producer.close()
}

const tail = (topic: string, ...args: string[]) =>
  millrace(['topics', 'tail', topic, '--no-follow', ...args])

/** Everything in a topic but offsets, which a copy need not keep, in order within partitions. */
async function content(topic: string, ...place: string[]): Promise<string[]> {
  const { out, err, code } = await tail(topic, '--format', '%p %T %K:%k %S:%s %h\\n', ...place)
  assert.equal(code, 0, err)
  return out
    .trimEnd()
    .split('\n')
    .toSorted((a, b) => Number(a.slice(0, 1)) - Number(b.slice(0, 1)))
}

test('lists topics', async (t) => {
  const dir = await tempFolder(t, {})
  await fill(dir, 'orders', 0, 9)
  const list = await millrace(['topics', 'list', '--data-dir', dir])
  assert.match(list.out, /^TOPIC +PARTITIONS +OFFSETS +CLEANUP\norders +2 +9 +delete\n$/)
  const json = await millrace(['topics', 'list', '--data-dir', dir, '--json'])
  const [listed] = JSON.parse(json.out)
  assert.deepEqual(listed.offsets, [
    { start: 0, end: 5 },
    { start: 0, end: 4 }
  ])
})

test('reads a topic from a position, to a limit, in some partitions', async (t) => {
  const dir = await tempFolder(t, {})
  await fill(dir, 'orders', 0, 20)
  const read = async (...args: string[]) => {
    const format = ['--format', '%p/%o ', '--data-dir', dir]
    return (await tail('orders', ...format, ...args)).out.trim().split(' ').toSorted()
  }
  assert.equal((await read()).length, 20)
  assert.deepEqual(await read('--from', '-2'), ['0/8', '0/9', '1/8', '1/9'])
  assert.deepEqual(await read('--from', '9', '-p', '1'), ['1/9'])
  assert.deepEqual(await read('--from', '2023-11-14T22:13:38Z'), ['0/9', '1/9'])
  assert.deepEqual(await read('--from', 'end'), [''])
  assert.equal((await read('-n', '3')).length, 3)
})

test('says which topic was meant', async (t) => {
  const dir = await tempFolder(t, {})
  await fill(dir, 'orders', 0, 1)
  const { code, err } = await tail('odrers', '--data-dir', dir)
  assert.match(err, /there is no topic odrers \(write orders\)/)
  assert.equal(code, 2)
})

test('follows a topic that another process writes, until it is interrupted', async (t) => {
  const dir = await tempFolder(t, {})
  await fill(dir, 'orders', 0, 1)
  const args = ['topics', 'tail', 'orders', '--data-dir', dir, '--format', '%o:%k\\n', '-p', '1']
  const child = startMillrace(args)
  const lines = createInterface({ input: child.stdout })
  await fill(dir, 'orders', 1, 2)
  assert.deepEqual(await once(lines, 'line'), ['0:k1'])
  child.kill('SIGINT')
  assert.deepEqual(await once(child, 'exit'), [0, null])
})

test('copies a topic with keys, values, headers, timestamps and partitions, and goes on where it was', async (t) => {
  const dir = await tempFolder(t, {})
  const [from, to] = [join(dir, 'from'), join(dir, 'to')]
  await fill(from, 'orders', 0, 100)
  const copy = () => millrace(['topics', 'copy', 'orders', '--from', from, '--to', to])
  assert.equal((await copy()).out, 'orders: 100 records copied\n')
  assert.equal((await copy()).out, 'orders: 0 records copied\n')
  await fill(from, 'orders', 100, 130)
  assert.equal((await copy()).out, 'orders: 30 records copied\n')
  const copied = await content('orders', '--data-dir', to)
  assert.equal(copied.length, 130)
  assert.deepEqual(copied, await content('orders', '--data-dir', from))
})

test('refuses to mix copied records with others', async (t) => {
  const dir = await tempFolder(t, {})
  const [from, to] = [join(dir, 'from'), join(dir, 'to')]
  await fill(from, 'orders', 0, 3)
  await fill(to, 'orders', 3, 4)
  const args = ['topics', 'copy', 'orders', '--from', from, '--to', to]
  const refused = await millrace(args)
  assert.match(refused.err, /orders has records at the target/)
  assert.equal(refused.code, 2)
  assert.equal((await millrace([...args, '--append'])).out, 'orders: 3 records copied\n')
})

test('copies every record once when it is killed and started again', async (t) => {
  const dir = await tempFolder(t, {})
  const [from, to] = [join(dir, 'from'), join(dir, 'to')]
  await fill(from, 'orders', 0, 60_000)
  const args = ['topics', 'copy', 'orders', '--from', from, '--to', to]
  let kills = 0
  while (kills < 4) {
    const child = startMillrace(args)
    const exit = once(child, 'exit')
    const target = await openLmdbBroker({ path: to })
    const before = await size(target)
    const runs = () => child.exitCode === null && child.signalCode === null
    // Kill it as soon as a transaction of its own is there.
    while (runs() && (await size(target)) === before) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    child.kill('SIGKILL')
    const [code] = await exit
    await target.close()
    if (code === 0) break
    kills++
  }
  assert.ok(kills > 0)
  assert.equal((await millrace(args)).code, 0)
  assert.deepEqual(
    await content('orders', '--data-dir', to),
    await content('orders', '--data-dir', from)
  )
})

async function size(broker: Broker): Promise<number> {
  if ((await broker.describeTopics(['orders'])).length === 0) return 0
  const both = [0, 1].map((partition) => ({ topic: 'orders', partition }))
  const ends = await broker.offsets(both, 'latest')
  return ends.reduce((sum, { offset }) => sum + offset, 0)
}

test('copies from embedded to Kafka and back', requireEngine('kafka'), async (t) => {
  const { bootstrap } = await sharedKafka()
  const dir = await tempFolder(t, {})
  const [from, to] = [join(dir, 'from'), join(dir, 'to')]
  const topic = uniqueName('copied')
  await fill(from, topic, 0, 200)
  const there = await millrace(['topics', 'copy', topic, '--from', from, '--to', bootstrap])
  assert.equal(there.out, `${topic}: 200 records copied\n`, there.err)
  const back = await millrace(['topics', 'copy', topic, '--from', bootstrap, '--to', to])
  assert.equal(back.out, `${topic}: 200 records copied\n`, back.err)
  const original = await content(topic, '--data-dir', from)
  assert.deepEqual(await content(topic, '--bootstrap-servers', bootstrap), original)
  assert.deepEqual(await content(topic, '--data-dir', to), original)
})
