import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { RawConfig } from '../../runtime/api/config.ts'
import type { SinkConnector } from '../../runtime/api/connector.ts'
import { FencedError } from '../../runtime/api/errors.ts'
import type { SinkRecord } from '../../runtime/api/record.ts'
import { parsed, sinkRecord, startSink } from '../support/sink-harness.ts'

/** A target of its own for each test. */
export interface SinkFixture {
  readonly config: RawConfig
  /** The `n` of all records that the target has, in order. */
  written(): Promise<number[]>
}

export interface SinkContract {
  readonly plugin: SinkConnector
  prepare(): Promise<SinkFixture>
  /** Whether the target keeps the offsets itself. */
  readonly exactlyOnce: boolean
}

const partitions = [
  { topic: 't', partition: 0 },
  { topic: 't', partition: 1 }
]

const numbered = (from: number, count: number, partition = 0): SinkRecord[] =>
  Array.from({ length: count }, (_, at) =>
    sinkRecord({ offset: from + at, partition, value: { n: partition * 1000 + from + at } })
  )

/** What every sink has to do. Call it inside a `describe`. */
export function sinkContract({ plugin, prepare, exactlyOnce }: SinkContract): void {
  it('stops without having started, and twice', async () => {
    const { config } = await prepare()
    const idle = plugin.createTask(parsed(plugin, config) as never, config)
    await idle.stop()
    await idle.stop()
    const sink = await startSink(plugin, config, { partitions })
    await sink.task.stop()
    await sink.task.stop()
  })

  it('has written records, in order, when put resolves', async () => {
    const { config, written } = await prepare()
    const sink = await startSink(plugin, config, { partitions })
    await sink.put(numbered(0, 3))
    assert.deepEqual(await written(), [0, 1, 2])
    await sink.put(numbered(3, 500))
    assert.deepEqual(
      await written(),
      Array.from({ length: 503 }, (_, n) => n)
    )
    await sink.task.stop()
  })

  it('takes a delivery without records', async () => {
    const { config, written } = await prepare()
    const sink = await startSink(plugin, config, { partitions })
    await sink.task.put([], [])
    await sink.put(numbered(0, 1))
    assert.deepEqual(await written(), [0])
    await sink.task.stop()
  })

  if (exactlyOnce) exactlyOnceContract({ plugin, prepare, exactlyOnce })
}

function exactlyOnceContract({ plugin, prepare }: SinkContract): void {
  it('knows after a restart how far it came', async () => {
    const { config, written } = await prepare()
    const first = await startSink(plugin, config, { partitions })
    assert.deepEqual(first.stored, [])
    await first.put([...numbered(0, 2), ...numbered(7, 1, 1)])
    // It is not stopped: a worker that is killed stops nothing.
    const second = await startSink(plugin, config, { partitions, generation: 2 })
    assert.deepEqual(
      [...second.stored].sort((a, b) => a.partition - b.partition),
      [
        { topic: 't', partition: 0, offset: 2 },
        { topic: 't', partition: 1, offset: 8 }
      ]
    )
    await second.put(numbered(2, 1))
    assert.deepEqual(await written(), [0, 1, 2, 1007])
    await first.task.stop()
    await second.task.stop()
  })

  it('fences a task that has been replaced', async () => {
    const { config, written } = await prepare()
    const stale = await startSink(plugin, config, { partitions })
    await stale.put(numbered(0, 1))
    const owner = await startSink(plugin, config, { partitions, generation: 2 })
    await assert.rejects(stale.put(numbered(1, 1)), FencedError)
    await owner.put(numbered(1, 1))
    await assert.rejects(startSink(plugin, config, { partitions, generation: 1 }), FencedError)
    assert.deepEqual(await written(), [0, 1])
    await stale.task.stop()
    await owner.task.stop()
  })

  it('stores the position of a delivery without records', async () => {
    const { config } = await prepare()
    const first = await startSink(plugin, config, { partitions })
    await first.task.put([], [{ topic: 't', partition: 1, offset: 5 }])
    await first.task.stop()
    const second = await startSink(plugin, config, { partitions })
    assert.deepEqual(second.stored, [{ topic: 't', partition: 1, offset: 5 }])
    await second.task.stop()
  })
}
