import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { openLmdbBroker } from '../../runtime/broker/lmdb/lmdb-broker.ts'
import { readTopic } from '../support/read-topic.ts'
import { projectRoot } from '../support/source-files.ts'
import { until } from '../support/until.ts'
import { WorkerProcess } from '../support/worker-process.ts'

/** The first block of a language in the page that shows how to write a connector. */
function shown(language: string): string {
  const page = readFileSync(join(projectRoot, 'docs/writing-a-connector.md'), 'utf8')
  const block = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(page)?.[1]
  assert.ok(block, `the page shows ${language}`)
  return block
}

it('runs the connector of the documentation, over a kill', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-written-'))
  const api = pathToFileURL(join(projectRoot, 'runtime/api')).href
  const code = shown('ts').replace(/'millrace\/api\/(\w+)'/g, `'${api}/$1.ts'`)
  assert.ok(code.split('\n').length <= 45, 'about forty lines')
  writeFileSync(join(folder, 'clock-source.ts'), code)
  writeFileSync(join(folder, 'clock.yaml'), shown('yaml').replace('100', '5'))
  const path = join(folder, 'topics')
  writeFileSync(join(folder, 'worker.yaml'), `data.dir: ${path}\n`)
  const files = [join(folder, 'worker.yaml'), join(folder, 'clock.yaml')]
  const worker = new WorkerProcess(files, {}, join(folder, 'worker.log'))

  await worker.start()
  const broker = await openLmdbBroker({ path })
  const written = async () =>
    (await readTopic(broker, 'ticks')).map((record) => String(record.value))
  await until(async () => (await written()).length >= 20)
  await worker.kill()
  const before = (await written()).length
  await worker.start()
  await until(async () => (await written()).length >= before + 20)
  await worker.stop()

  const counts = (await written()).map((text) => JSON.parse(text).payload.count)
  assert.deepEqual(
    counts,
    counts.map((_, index) => index + 1)
  )
  await broker.close()
  rmSync(folder, { recursive: true, force: true })
})
