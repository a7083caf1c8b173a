import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { RawConfig } from '../../runtime/api/config.ts'
import { FencedError, isRetriable } from '../../runtime/api/errors.ts'
import type { SinkRecord } from '../../runtime/api/record.ts'
import { parseAs } from '../../runtime/worker/plugin-parts.ts'
import { Random } from '../support/random.ts'
import type { SinkDatabase, SinkServer } from '../support/sink-databases.ts'
import { type RunningSink, sinkRecord, startSink } from '../support/sink-harness.ts'

const partitions = [
  { topic: 't', partition: 0 },
  { topic: 't', partition: 1 }
]

/** A record that is appended: written twice, it shows. */
const line = (offset: number, partition = 0) =>
  sinkRecord({ offset, partition, value: { n: offset } })

/** What sinks into tables promise about delivery, whatever the database. */
export function deliveryContract(database: SinkDatabase): void {
  describe(`delivery of the ${database.name} sink`, database.requirement, () => {
    let server: SinkServer
    before(async () => {
      server = await database.start()
    })
    after(async () => {
      await server.stop()
    })

    async function prepare(config: RawConfig = {}) {
      const target = await server.create()
      const raw = {
        ...target.config,
        'insert.mode': 'insert',
        'primary.key.mode': 'none',
        'delete.enabled': 'false',
        ...config
      }
      const start = (options: { generation?: number; connector?: string } = {}) =>
        startSink(database.plugin, raw, { partitions, tolerate: false, ...options })
      const written = async () =>
        (await target.run('select n from t order by n')).map(({ n }) => Number(n))
      return { ...target, start, written, raw }
    }

    /** Puts until it succeeds, as the runtime does. */
    async function putRetrying(sink: RunningSink, records: readonly SinkRecord[]): Promise<number> {
      for (let tries = 1; ; tries++) {
        try {
          await sink.put(records)
          return tries
        } catch (error) {
          if (!isRetriable(error) || tries === 5) throw error
        }
      }
    }

    it('gives back the positions that it stored with the rows', async () => {
      const { start, written } = await prepare()
      const first = await start()
      assert.deepEqual(first.stored, [])
      await first.put([line(0), line(1), line(5, 1)])
      await first.task.stop()
      const second = await start({ generation: 2 })
      assert.deepEqual(
        [...second.stored].sort((a, b) => a.partition - b.partition),
        [
          { topic: 't', partition: 0, offset: 2 },
          { topic: 't', partition: 1, offset: 6 }
        ]
      )
      assert.deepEqual(await written(), [0, 1, 5])
      await second.task.stop()
    })

    it('stores positions of deliveries without any record', async () => {
      const { start } = await prepare()
      const first = await start()
      await first.task.put([], [{ topic: 't', partition: 0, offset: 9 }])
      await first.task.stop()
      const second = await start()
      assert.deepEqual(second.stored, [{ topic: 't', partition: 0, offset: 9 }])
      await second.task.stop()
    })

    it('keeps the positions of connectors apart', async () => {
      const { start } = await prepare()
      const one = await start({ connector: 'one' })
      await one.put([line(0)])
      const other = await start({ connector: 'other' })
      assert.deepEqual(other.stored, [])
      await one.put([line(1)])
      await one.task.stop()
      await other.task.stop()
    })

    it('fences a task whose partitions somebody else has claimed', async () => {
      const { start, written } = await prepare()
      const stale = await start({ generation: 1 })
      await stale.put([line(0)])
      const owner = await start({ generation: 2 })
      await assert.rejects(stale.put([line(1)]), FencedError)
      await owner.put([line(1)])
      await assert.rejects(stale.put([line(2)]), FencedError)
      assert.deepEqual(await written(), [0, 1])
      await stale.task.stop()
      await owner.task.stop()
    })

    it('fences the older of two tasks of one generation', async () => {
      const { start } = await prepare()
      const stale = await start({ generation: 3 })
      const owner = await start({ generation: 3 })
      await assert.rejects(stale.put([line(0)]), FencedError)
      await owner.put([line(0)])
      await stale.task.stop()
      await owner.task.stop()
    })

    it('refuses a claim of an older generation, and takes nothing with it', async () => {
      const { start } = await prepare()
      const owner = await start({ generation: 5 })
      await assert.rejects(start({ generation: 4 }), (error) => {
        assert.ok(error instanceof FencedError)
        assert.match(error.hint ?? '', /DELETE FROM .millrace_offsets. WHERE connector = 'sink'/)
        return true
      })
      await owner.put([line(0), line(0, 1)])
      await owner.task.stop()
    })

    it('fences also when the stale task connects anew', async () => {
      const { start, cut } = await prepare()
      const stale = await start()
      await stale.put([line(0)])
      const owner = await start({ generation: 2 })
      await cut()
      await assert.rejects(putRetrying(stale, [line(1)]), FencedError)
      await putRetrying(owner, [line(1)])
      await stale.task.stop()
      await owner.task.stop()
    })

    it('goes on after a lost connection', async () => {
      const { start, written, cut } = await prepare()
      const sink = await start()
      await sink.put([line(0)])
      await cut()
      await putRetrying(sink, [line(1), line(2)])
      assert.deepEqual(await written(), [0, 1, 2])
      await sink.task.stop()
    })

    it('does not write again what was committed before the answer got lost', async () => {
      const { start, written, cut } = await prepare()
      const sink = await start()
      await sink.put([line(0), line(1)])
      // The runtime never heard of the commit: it delivers the same records again.
      await cut()
      await putRetrying(sink, [line(0), line(1)])
      await cut()
      await putRetrying(sink, [line(1), line(2)])
      assert.deepEqual(await written(), [0, 1, 2])
      await sink.task.stop()
    })

    it('writes every record once while its connection is cut again and again', async () => {
      const { start, written, cut } = await prepare({ 'batch.size': '50' })
      const sink = await start()
      await sink.put([line(0)])
      const random = new Random(3)
      let offset = 1
      for (let round = 0; round < 20; round++) {
        const records = Array.from({ length: 200 }, () => line(offset++))
        for (let cuts = 3; ; cuts--) {
          const putting = sink.put(records).then(
            () => null,
            (error: unknown) => error
          )
          for (let turns = random.below(30); turns > 0; turns--) await nextTurn()
          if (cuts > 0) await cut()
          const error = await putting
          if (error === null) break
          if (!isRetriable(error)) throw error
        }
      }
      assert.deepEqual(
        await written(),
        Array.from({ length: offset }, (_, n) => n)
      )
      await sink.task.stop()
    })

    it('writes all of a delivery or nothing', async () => {
      const { start, run, written } = await prepare()
      const sink = await start()
      await sink.put([line(0)])
      await run('alter table t add constraint small check (n < 100)')
      await assert.rejects(sink.put([line(1), line(100), line(2)]), { name: 'DataError' })
      assert.deepEqual(await written(), [0])
      const [position] = await run(
        'select next_offset as n from millrace_offsets where next_offset is not null'
      )
      assert.equal(Number(position?.['n']), 1)
      await sink.task.stop()
    })

    it('makes tables that two tasks want at the same time', async () => {
      const { start, written } = await prepare()
      const sinks = await Promise.all(['a', 'b', 'c', 'd'].map((connector) => start({ connector })))
      await Promise.all(sinks.map((sink, at) => sink.put([line(at)])))
      assert.deepEqual(await written(), [0, 1, 2, 3])
      for (const sink of sinks) await sink.task.stop()
    })

    it('can do without the table for offsets', async () => {
      const { start, hasTable, written } = await prepare({ 'exactly.once.enabled': 'false' })
      const sink = await start()
      assert.deepEqual(sink.stored, [])
      await sink.put([line(0)])
      assert.deepEqual(await written(), [0])
      assert.equal(await hasTable('millrace_offsets'), false)
      await sink.task.stop()
    })

    it('goes on from other offsets when they are changed, and fences who still writes', async () => {
      const { start, written, raw } = await prepare()
      const { plugin } = database
      const config = parseAs(plugin.config, raw)
      const alter = async (changes: Parameters<NonNullable<typeof plugin.alterOffsets>>[3]) =>
        await plugin.alterOffsets?.(config, raw, 'connector', changes)
      await alter('reset')
      const first = await start({ connector: 'connector' })
      await first.put([line(5), line(7, 1)])
      await alter([
        { topic: 't', partition: 0, offset: 2 },
        { topic: 't', partition: 1, offset: null }
      ])
      await assert.rejects(first.put([line(6)]), FencedError)
      await first.task.stop()
      const second = await start({ connector: 'connector' })
      assert.deepEqual(second.stored, [{ topic: 't', partition: 0, offset: 2 }])
      await second.task.stop()
      await alter('reset')
      const third = await start({ connector: 'connector' })
      assert.deepEqual(third.stored, [])
      await third.task.stop()
      assert.deepEqual(await written(), [5, 7])
    })
  })
}
