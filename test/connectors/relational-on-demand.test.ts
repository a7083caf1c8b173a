import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Notifications } from '../../connectors/relational/notifications.ts'
import { OnDemand, type OnDemandConfig } from '../../connectors/relational/on-demand.ts'
import type { SourceRecord } from '../../runtime/api/record.ts'
import { Struct, string, structOf } from '../../runtime/api/schema.ts'
import { Random } from '../support/random.ts'
import { SimulatedDatabase, TABLES } from './incremental-simulation.ts'
import { settled } from './incremental-task.ts'

const signalRow = structOf([
  ['id', string()],
  ['type', string()],
  ['data', string({ optional: true })]
])

function started(options: Partial<OnDemandConfig>) {
  const database = new SimulatedDatabase(new Random(3))
  database.load(10)
  database.streamed = database.log.length
  const warnings: string[] = []
  const logger = {
    debug() {},
    info() {},
    warn: (text: string) => void warnings.push(text),
    error() {}
  }
  const config: OnDemandConfig = {
    'signal.data.collection': 'shop.signals',
    'signal.enabled.channels': ['source'],
    'signal.file': '',
    'signal.poll.interval.ms': 100,
    'incremental.snapshot.chunk.size': 3,
    'incremental.snapshot.watermarking.strategy': 'insert_insert',
    'read.only': false,
    'notification.enabled.channels': [],
    'notification.sink.topic.name': null,
    ...options
  }
  const onDemand = new OnDemand({
    config,
    source: database,
    writer: database,
    positions: database,
    notifications: new Notifications({ config, name: 'shop', logger, now: () => 1 }),
    logger,
    captured: () => TABLES,
    offset: () => ({}),
    read: ({ id }, { values }) => ({
      topic: id,
      partition: null,
      keySchema: null,
      key: null,
      valueSchema: null,
      value: values,
      headers: [],
      timestamp: null
    }),
    wake: () => {}
  })
  const out: SourceRecord[] = []
  const insert = (id: string, type: string, data: string | null) =>
    onDemand.rowChanged('shop.signals', null, new Struct(signalRow, [id, type, data]), out)
  /** Lets the database answer, and the stream follow it. */
  const run = async () => {
    for (let i = 0; i < 100; i++) {
      await onDemand.poll(i, out)
      database.step()
      await settled()
      for (; database.streamed < database.log.length; database.streamed++) {
        const entry = database.log[database.streamed]
        if (entry?.kind === 'signal')
          insert(entry.id, `snapshot-window-${entry.id.split('-').at(-1)}`, '{}')
      }
    }
  }
  return { database, onDemand, out, warnings, insert, run }
}

const KEYED = '{"data-collections": ["shop.keyed"]}'

describe('snapshots on demand', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'on-demand-'))
  })
  after(() => rm(folder, { recursive: true }))

  for (const [name, options] of [
    ['marked in the signal table', {}],
    ['placed by positions of the log', { 'read.only': true }]
  ] as const) {
    test(`a row of the signal table starts one, ${name}`, async () => {
      const { database, onDemand, out, insert, run } = started(options)
      insert('s1', 'execute-snapshot', KEYED)
      assert.ok('incremental_snapshot_collections' in onDemand.offsetFields())
      await run()
      assert.equal(out.length, database.rows.get('shop.keyed')?.length)
      assert.deepEqual(onDemand.offsetFields(), {})
      await onDemand.stopped()
    })
  }

  test('rows that are changed or deleted are no signals, nor any when the channel is off', async () => {
    const { onDemand, insert } = started({ 'signal.enabled.channels': [] })
    insert('s1', 'execute-snapshot', KEYED)
    const row = new Struct(signalRow, ['s1', 'execute-snapshot', KEYED])
    onDemand.rowChanged('shop.signals', row, row, [])
    onDemand.rowChanged('shop.signals', row, null, [])
    assert.deepEqual(onDemand.offsetFields(), {})
  })

  test('a line of the file is removed when the offset with what it asked for is durable', async () => {
    const path = join(folder, 'signals.txt')
    const text = `{"id": "b1", "type": "execute-snapshot", "data": {"type": "blocking", "data-collections": ["shop.keyed"]}}\n`
    const { onDemand } = started({ 'signal.enabled.channels': ['file'], 'signal.file': path })
    const old = onDemand.offsetFields()
    await writeFile(path, text)
    assert.equal(onDemand.dueIn(1000), 0)
    await onDemand.poll(1000, [])
    assert.equal(onDemand.dueIn(1000), 100)
    assert.equal(onDemand.mustStore, true)
    await onDemand.committed(old)
    const offset = onDemand.offsetFields()
    assert.equal(onDemand.mustStore, false)
    await onDemand.poll(1100, [])
    assert.equal(await readFile(path, 'utf8'), text)
    await onDemand.committed(offset)
    assert.equal(await readFile(path, 'utf8'), '')

    const next = started({ 'signal.enabled.channels': ['file'], 'signal.file': path }).onDemand
    next.resume(offset)
    assert.equal(next.blocking?.id, 'b1')
    next.blockingDone()
    assert.deepEqual(next.offsetFields(), {})
  })

  test('without a place for marks, an incremental one is refused in the log', async () => {
    const path = join(folder, 'refused.txt')
    await writeFile(path, `{"id": "s1", "type": "execute-snapshot", "data": ${KEYED}}\n`)
    const { onDemand, warnings } = started({
      'signal.data.collection': null,
      'signal.enabled.channels': ['file'],
      'signal.file': path
    })
    await onDemand.poll(1, [])
    assert.match(warnings.join(), /signal\.data\.collection/)
    assert.equal(onDemand.blocking, null)
  })
})
