import assert from 'node:assert/strict'
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import plugin from '../../connectors/file/sink.ts'
import { FencedError } from '../../runtime/api/errors.ts'
import * as s from '../../runtime/api/schema.ts'
import { sinkRecord, startSink } from '../support/sink-harness.ts'

describe('the file sink', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-sink-'))
  let files = 0
  after(() => rmSync(folder, { recursive: true }))

  const newFile = () => join(folder, `${++files}.jsonl`)
  const content = (file: string) => readFileSync(file, 'utf8')

  it('writes structs as JSON with exact values, and text as it is', async () => {
    const file = newFile()
    const row = s.struct({
      id: s.int64(),
      price: s.decimal(2),
      raw: s.bytes(),
      gone: s.string({ optional: true })
    })
    const sink = await startSink(plugin, { file })
    await sink.put([
      sinkRecord({
        offset: 0,
        valueSchema: row,
        value: new s.Struct(row, [2n ** 60n, '1.50', Buffer.from('hi'), null])
      }),
      sinkRecord({ offset: 1, value: 'plain "text"' }),
      sinkRecord({ offset: 2, value: { m: new Map([['k', [1, Number.NaN]]]) } }),
      sinkRecord({ offset: 3, value: null })
    ])
    assert.equal(
      content(file),
      '{"id":1152921504606846976,"price":"1.50","raw":"aGk=","gone":null}\nplain "text"\n{"m":{"k":[1,"NaN"]}}\nnull\n'
    )
    await sink.task.stop()
  })

  it('prints to the standard output where there is no file', async (t) => {
    const printed: string[] = []
    t.mock.method(process.stdout, 'write', (text: string, done?: () => void) => {
      printed.push(text)
      done?.()
      return true
    })
    const sink = await startSink(plugin, {})
    await sink.put([sinkRecord({ offset: 0, value: 'one' }), sinkRecord({ offset: 1, value: {} })])
    t.mock.restoreAll()
    await sink.task.stop()
    assert.ok(printed.includes('one\n{}\n'), printed.join())
  })

  it('sets text with line breaks aside, unless it writes JSON', async () => {
    const file = newFile()
    const records = [
      sinkRecord({ offset: 0, value: 'two\nlines' }),
      sinkRecord({ offset: 1, value: 'one' })
    ]
    const sink = await startSink(plugin, { file })
    await sink.put(records)
    assert.deepEqual(
      sink.rejected.map(({ record }) => record.offset),
      [0]
    )
    assert.equal(content(file), 'one\n')
    await sink.task.stop()
    const asJson = newFile()
    const json = await startSink(plugin, { file: asJson, format: 'json' })
    await json.put(records)
    assert.equal(content(asJson), '"two\\nlines"\n"one"\n')
    await json.task.stop()
  })

  it('cuts off what was written but not committed', async () => {
    const file = newFile()
    const first = await startSink(plugin, { file })
    await first.put([sinkRecord({ offset: 0, value: 'a' })])
    await first.task.stop()
    appendFileSync(file, 'half a li')
    const second = await startSink(plugin, { file })
    assert.equal(content(file), 'a\n')
    assert.deepEqual(second.stored, [{ topic: 't', partition: 0, offset: 1 }])
    await second.put([sinkRecord({ offset: 1, value: 'b' })])
    assert.equal(content(file), 'a\nb\n')
    await second.task.stop()
  })

  it('keeps what was in the file before, and appends to it', async () => {
    const file = newFile()
    writeFileSync(file, 'from before\n')
    const first = await startSink(plugin, { file })
    // Killed in the middle of its very first write: that must not count as content from before.
    appendFileSync(file, 'a\n')
    const second = await startSink(plugin, { file })
    await second.put([sinkRecord({ offset: 0, value: 'a' })])
    assert.equal(content(file), 'from before\na\n')
    await first.task.stop()
    await second.task.stop()
  })

  it('does not write again what is delivered again', async () => {
    const file = newFile()
    const sink = await startSink(plugin, { file })
    const records = [0, 1].map((offset) => sinkRecord({ offset, value: `${offset}` }))
    await sink.put(records)
    await sink.put([...records, sinkRecord({ offset: 2, value: '2' })])
    assert.equal(content(file), '0\n1\n2\n')
    await sink.task.stop()
  })

  it('refuses a file that has lost committed lines, and says how to go on', async () => {
    const file = newFile()
    const first = await startSink(plugin, { file })
    await first.put([sinkRecord({ offset: 0, value: 'abc' })])
    await first.task.stop()
    truncateSync(file, 1)
    await assert.rejects(startSink(plugin, { file }), {
      code: 'FILE_CHANGED',
      message: /has 1 bytes, but 4 were committed/
    })
    writeFileSync(file, 'abc\n')
    writeFileSync(`${file}.offsets`, '{"length":4')
    await assert.rejects(startSink(plugin, { file }), { code: 'FILE_OFFSETS_BROKEN' })
  })

  it('names a missing folder', async () => {
    const file = join(folder, 'nowhere', 'x.jsonl')
    await assert.rejects(startSink(plugin, { file }), {
      code: 'FILE_UNUSABLE',
      hint: /Create its folder/
    })
    assert.equal(existsSync(`${file}.offsets`), false)
  })

  it('leaves the file to the task that has the partitions', async () => {
    const file = newFile()
    const writer = await startSink(plugin, { file })
    const idle = await startSink(plugin, { file }, { partitions: [] })
    await writer.put([sinkRecord({ offset: 0, value: 'a' })])
    await idle.task.stop()
    await writer.task.stop()
    assert.equal(content(file), 'a\n')
  })

  it('takes a file over from a writer that is in the middle of a delivery', async () => {
    const file = newFile()
    const line = (offset: number) => sinkRecord({ offset, value: `${offset}` })
    let writer = await startSink(plugin, { file })
    let next = 0
    for (let generation = 2; generation <= 30; generation++) {
      const late = writer.put([line(next)]).catch((error: unknown) => {
        assert.ok(error instanceof FencedError, String(error))
      })
      const young = await startSink(plugin, { file }, { generation })
      await late
      next = young.stored[0]?.offset ?? 0
      await young.put([line(next)])
      next++
      await writer.task.stop()
      writer = young
    }
    await writer.task.stop()
    assert.equal(content(file), Array.from({ length: next }, (_, index) => `${index}\n`).join(''))
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.new')),
      []
    )
  })

  it('goes on from other offsets when they are changed, and fences who still writes', async () => {
    const file = newFile()
    const alter = async (changes: Parameters<NonNullable<typeof plugin.alterOffsets>>[3]) =>
      await plugin.alterOffsets?.({ file, format: 'auto' }, { file }, 'c', changes)
    await alter('reset')
    const sink = await startSink(plugin, { file })
    await sink.put([sinkRecord({ offset: 5, value: 'a' })])
    await alter([
      { topic: 't', partition: 0, offset: 2 },
      { topic: 't', partition: 1, offset: null }
    ])
    await assert.rejects(sink.put([sinkRecord({ offset: 6, value: 'b' })]), FencedError)
    await sink.task.stop()
    const again = await startSink(plugin, { file })
    assert.deepEqual(again.stored, [{ topic: 't', partition: 0, offset: 2 }])
    await again.task.stop()
    await alter('reset')
    const anew = await startSink(plugin, { file })
    assert.deepEqual(anew.stored, [])
    await anew.task.stop()
    assert.equal(content(file), 'a\n')
  })
})
