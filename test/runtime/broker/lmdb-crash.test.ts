import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { after, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Broker } from '../../../runtime/broker/broker.ts'
import { openLmdbBroker } from '../../../runtime/broker/lmdb/lmdb-broker.ts'
import { Random } from '../../support/random.ts'

const SEED = 20_260_101
const script = fileURLToPath(new URL('log-writer.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'millrace-crash-'))
after(() => rmSync(folder, { recursive: true, force: true }))

async function openLog(name: string): Promise<{ broker: Broker; path: string }> {
  const path = join(folder, name)
  const broker = await openLmdbBroker({ path })
  await broker.createTopics([
    { name: 'data', partitions: 2, configs: { 'retention.ms': '-1' } },
    { name: 'offsets', partitions: 1, configs: { 'cleanup.policy': 'compact' } }
  ])
  return { broker, path }
}

/** The numbers in a partition by writer, after checking that offsets have no gap. */
async function numbers(
  broker: Broker,
  topic: string,
  partition: number
): Promise<Map<string, number[]>> {
  const [end] = await broker.offsets([{ topic, partition }], 'latest')
  const reader = await broker.reader()
  reader.assign([{ topic, partition, offset: 0 }])
  const found = new Map<string, number[]>()
  let next = 0
  for (;;) {
    const batches = await reader.read({ maxBytes: 8 << 20, maxWaitMs: 0 })
    if (batches.length === 0) break
    for (const { offset, key, value } of batches.flatMap((batch) => batch.records)) {
      assert.equal(offset, next++)
      const list = found.get(String(key)) ?? []
      found.set(String(key), list)
      list.push(Number(value))
    }
  }
  assert.ok(end && next >= end.offset, `the records end at ${next}, the log at ${end?.offset}`)
  return found
}

/** Checks that every transaction of a stopped writer is there in full and in order; the last one. */
async function lastNumber(broker: Broker, writer: string): Promise<number> {
  const list = (await numbers(broker, 'offsets', 0)).get(writer) ?? []
  assert.deepEqual(
    list,
    list.map((_, index) => index)
  )
  assert.deepEqual((await numbers(broker, 'data', 1)).get(writer), list)
  assert.deepEqual(
    (await numbers(broker, 'data', 0)).get(writer),
    list.flatMap((number) => [number, number])
  )
  return list.length - 1
}

const args = (path: string, transactionalId: string, padding = 2000): string[] => [
  script,
  JSON.stringify({ path, transactionalId, padding })
]

/** The lines of a child, as they come. */
const linesOf = (child: ChildProcess) => {
  assert.ok(child.stdout)
  return createInterface({ input: child.stdout })[Symbol.asyncIterator]()
}

describe('embedded log after a crash', { timeout: 300_000 }, () => {
  it('has all that was acknowledged, and nothing by half, after kill -9', async () => {
    const { broker, path } = await openLog('killed')
    const random = new Random(SEED)
    let last = -1
    for (let round = 0; round < 20; round++) {
      const child = spawn(process.execPath, args(path, 'w'), {
        stdio: ['ignore', 'pipe', 'inherit']
      })
      const exit = once(child, 'exit')
      const lines = linesOf(child)
      let acknowledged = last
      const enough = random.below(60)
      for (let count = 0; count <= enough; count++) {
        acknowledged = Number((await lines.next()).value)
      }
      // Between two acknowledgements, wherever the writer is then.
      await delay(random.next() * 3)
      child.kill('SIGKILL')
      await exit
      for (let line = await lines.next(); !line.done; line = await lines.next()) {
        acknowledged = Number(line.value)
      }
      last = await lastNumber(broker, 'w')
      assert.ok(last >= acknowledged, `round ${round}: ${acknowledged} was lost, ${last} is last`)
      assert.ok(last <= acknowledged + 1, `round ${round}: more than one was in flight`)
    }
    await broker.close()
  })

  it('is not held up by a worker thread terminated while it writes', async (test) => {
    const { broker, path } = await openLog('terminated')
    const random = new Random(SEED)
    const steady = new Worker(script, {
      workerData: { path, transactionalId: 'steady', padding: 2000 }
    })
    test.after(() => steady.terminate())
    await once(steady, 'message')
    let last = -1
    for (let round = 0; round < 15; round++) {
      const worker = new Worker(script, {
        workerData: { path, transactionalId: 'w', padding: 20_000 }
      })
      let acknowledged = last
      worker.on('message', (line) => {
        acknowledged = Number(line)
      })
      await once(worker, 'message')
      await delay(random.next() * 10)
      await worker.terminate()
      const producer = await broker.producer({ clientId: 'main' })
      await producer.append('data', 0, [{ key: 'main', value: '0', headers: [], timestamp: 0 }])
      last = await lastNumber(broker, 'w')
      assert.ok(last >= acknowledged)
    }
    await broker.close()
  })

  it('keeps the order of every writer when several write at once', async () => {
    const { broker, path } = await openLog('shared')
    const ids = ['one', 'two', 'three']
    const children = ids.map((id) =>
      spawn(process.execPath, args(path, id), { stdio: ['ignore', 'pipe', 'inherit'] })
    )
    const acknowledged = await Promise.all(
      children.map(async (child) => {
        const exit = once(child, 'exit')
        const lines = linesOf(child)
        let number = -1
        while (number < 150) number = Number((await lines.next()).value)
        child.kill('SIGKILL')
        await exit
        return number
      })
    )
    for (const [index, id] of ids.entries()) {
      assert.ok((await lastNumber(broker, id)) >= (acknowledged[index] ?? 0))
    }
    await broker.close()
  })

  it('tells a full disk apart, has nothing by half, and goes on when there is room', async () => {
    const { broker, path } = await openLog('full')
    // A limit on the size of files stands for the disk: writes beyond it fail.
    const limited = ['-c', 'trap "" XFSZ; ulimit -f 8000; exec "$0" "$@"', process.execPath]
    const child = spawn('sh', [...limited, ...args(path, 'w', 100_000)], {
      stdio: ['ignore', 'pipe', 'ignore']
    })
    const exit = once(child, 'exit')
    const lines: string[] = []
    assert.ok(child.stdout)
    for await (const line of createInterface({ input: child.stdout })) lines.push(line)
    assert.deepEqual(await exit, [0, null])
    assert.equal(lines.at(-1), 'DISK_FULL')
    const acknowledged = Number(lines.at(-2))
    assert.ok(acknowledged > 3)
    assert.equal(await lastNumber(broker, 'w'), acknowledged)

    const next = spawn(process.execPath, args(path, 'w'), {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const ended = once(next, 'exit')
    assert.equal((await linesOf(next).next()).value, String(acknowledged + 1))
    next.kill('SIGKILL')
    await ended
    await lastNumber(broker, 'w')
    await broker.close()
  })
})
