import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { RawConfig } from '../../runtime/api/config.ts'
import type { SourceConnector } from '../../runtime/api/connector.ts'
import type { SourceOffset } from '../../runtime/api/record.ts'
import { startSource } from '../support/task-harness.ts'

/** A source system of its own for each test. */
export interface SourceFixture {
  readonly config: RawConfig
  /** Makes the next so many entries, numbered on from 0. */
  produce(count: number): Promise<void>
  /** The number of the entry that a record was made from. */
  numberOf(value: unknown): number
}

export interface SourceContract {
  readonly plugin: SourceConnector
  prepare(): Promise<SourceFixture>
}

/** What every source has to do. Call it inside a `describe`. */
export function sourceContract({ plugin, prepare }: SourceContract): void {
  it('stops without having started, and twice', async () => {
    const { config } = await prepare()
    const idle = startSource(plugin, config)
    await idle.task.stop()
    await idle.task.stop()
    const started = startSource(plugin, config)
    await started.start(null)
    await started.task.stop()
    await started.task.stop()
  })

  it('ends a waiting poll soon after it is told to stop', async () => {
    const { config, produce, numberOf } = await prepare()
    const source = startSource(plugin, config)
    await produce(1)
    await source.start(null)
    await source.read(1, numberOf)
    const waiting = source.task.poll()
    source.abort()
    assert.equal((await waiting).flatMap(({ records }) => records).length, 0)
    await source.task.stop()
  })

  it('reads everything, in order, with what comes later', async () => {
    const { config, produce, numberOf } = await prepare()
    const source = startSource(plugin, config)
    await produce(50)
    await source.start(null)
    const first = await source.read(50, numberOf)
    await produce(50)
    const second = await source.read(50, numberOf)
    assert.deepEqual(
      [...first, ...second],
      Array.from({ length: 100 }, (_, n) => n)
    )
    await source.task.stop()
  })

  it('goes on after any of its offsets, with nothing twice and nothing missing', async () => {
    const { config, produce, numberOf } = await prepare()
    const first = startSource(plugin, config)
    await produce(30)
    await first.start(null)
    const offsets: { offset: SourceOffset; next: number }[] = []
    let read = 0
    while (read < 30) {
      for (const { records, sourceOffset } of await first.task.poll()) {
        read += records.length
        if (sourceOffset) offsets.push({ offset: sourceOffset, next: read })
      }
    }
    await first.task.stop()
    assert.ok(offsets.length > 0)
    await produce(5)
    for (const { offset, next } of offsets) {
      const again = startSource(plugin, config)
      await again.start(offset)
      const rest = await again.read(35 - next, numberOf)
      assert.deepEqual(
        rest,
        Array.from({ length: 35 - next }, (_, at) => next + at)
      )
      await again.task.stop()
    }
  })
}
