import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Broker } from '../../../runtime/broker/broker.ts'
import { openLmdbBroker } from '../../../runtime/broker/lmdb/lmdb-broker.ts'
import { eachRecord } from '../../support/embedded.ts'
import { Random } from '../../support/random.ts'
import { projectRoot } from '../../support/source-files.ts'
import { WorkerProcess } from '../../support/worker-process.ts'

const KILLS = 20
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

function writeConfig(folder: string): string {
  const file = join(folder, 'worker.yaml')
  writeFileSync(
    file,
    [
      `data.dir: ${join(folder, 'topics')}`,
      'key.converter: string',
      'value.converter: string',
      '---',
      'name: numbers',
      'config:',
      `  connector.class: ${join(projectRoot, 'test/support/connectors/number-source.ts')}`,
      '  topic: numbers'
    ].join('\n')
  )
  return file
}

/** @returns how many numbers the topic holds, each at its own offset */
async function countNumbers(broker: Broker): Promise<number> {
  let count = 0
  await eachRecord(broker, { topic: 'numbers', partition: 0 }, ({ value }) => {
    const number = Number(value?.toString())
    if (number !== count) assert.fail(`number ${number} stands at offset ${count}`)
    count++
  })
  return count
}

describe('a worker that is killed at any instant', () => {
  it('leaves every number in the topic once and in order', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-kill-'))
    const random = new Random(42)
    const worker = new WorkerProcess([writeConfig(folder)], {}, join(folder, 'worker.log'))
    for (let kill = 0; kill < KILLS; kill++) {
      // Some of the instants are in the middle of the start.
      const started = worker.start().catch(() => 0)
      if (random.next() < 0.7) await started
      await pause(random.below(400))
      await worker.kill()
      await started
    }
    const broker = await openLmdbBroker({ path: join(folder, 'topics') })
    const count = await countNumbers(broker)
    await broker.close()
    assert.ok(count > 1000, `${count} numbers written`)
    rmSync(folder, { recursive: true, force: true })
  })
})
