import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Broker } from '../../../runtime/broker/broker.ts'
import { type BrokerSettings, openBroker } from '../../../runtime/broker/open-broker.ts'
import { eachRecord, MemoryLogger } from '../../support/embedded.ts'
import { requireEngine } from '../../support/engines.ts'
import { sharedKafka, uniqueName } from '../../support/kafka.ts'
import { Random } from '../../support/random.ts'
import { projectRoot } from '../../support/source-files.ts'
import { WorkerProcess } from '../../support/worker-process.ts'

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

interface KillRun {
  readonly seed: number
  readonly kills: number
  readonly folder: string
  readonly topic: string
  /** Worker keys that choose the broker. */
  readonly workerKeys: readonly string[]
  readonly broker: BrokerSettings
}

function writeConfig({ folder, topic, workerKeys }: KillRun): string {
  const file = join(folder, 'worker.yaml')
  writeFileSync(
    file,
    [
      ...workerKeys,
      'key.converter: string',
      'value.converter: string',
      '---',
      `name: ${topic}`,
      'config:',
      `  connector.class: ${join(projectRoot, 'test/support/connectors/number-source.ts')}`,
      `  topic: ${topic}`
    ].join('\n')
  )
  return file
}

/** @returns how many numbers the topic holds, each in its place */
async function countNumbers(broker: Broker, topic: string): Promise<number> {
  let count = 0
  await eachRecord(broker, { topic, partition: 0 }, ({ value, offset }) => {
    const number = Number(value?.toString())
    if (number !== count) assert.fail(`number ${number} at offset ${offset}, not ${count}`)
    count++
  })
  return count
}

async function surviveKills(run: KillRun): Promise<void> {
  const random = new Random(run.seed)
  const worker = new WorkerProcess([writeConfig(run)], {}, join(run.folder, 'worker.log'))
  for (let kill = 0; kill < run.kills; kill++) {
    // Some of the instants are in the middle of the start.
    const started = worker.start().catch(() => 0)
    if (random.next() < 0.7) await started
    await pause(random.below(400))
    await worker.kill()
    await started
  }
  // The last transaction may still be open: a start fences it.
  await worker.start()
  await worker.stop()
  const broker = await openBroker(run.broker, new MemoryLogger())
  const count = await countNumbers(broker, run.topic)
  await broker.close()
  assert.ok(count > 1000, `${count} numbers written`)
}

describe('a worker that is killed at any instant', () => {
  it('leaves every number in an embedded topic once and in order', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-kill-'))
    const path = join(folder, 'topics')
    await surviveKills({
      seed: 42,
      kills: 20,
      folder,
      topic: 'numbers',
      workerKeys: [`data.dir: ${path}`],
      broker: { kind: 'lmdb', path }
    })
    rmSync(folder, { recursive: true, force: true })
  })

  it('leaves every number in a Kafka topic once and in order', requireEngine('kafka'), async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-kill-'))
    const { bootstrap } = await sharedKafka()
    const topic = uniqueName('numbers')
    await surviveKills({
      seed: 43,
      kills: 8,
      folder,
      topic,
      workerKeys: [
        `bootstrap.servers: ${bootstrap}`,
        ...['config', 'offset', 'status'].map((of) => `${of}.storage.topic: ${topic}-${of}s`)
      ],
      broker: { kind: 'kafka', config: { 'bootstrap.servers': bootstrap } }
    })
    rmSync(folder, { recursive: true, force: true })
  })
})
