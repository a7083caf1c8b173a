import assert from 'node:assert/strict'
import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import plugin from '../../connectors/file/source.ts'
import { startSource } from '../support/task-harness.ts'

describe('the file source', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-tail-'))
  let files = 0
  after(() => rmSync(folder, { recursive: true }))

  const newFile = () => join(folder, `${++files}.log`)
  const config = (file: string) => ({ file, topic: 't', 'file.poll.interval.ms': '5' })

  it('waits for a file that does not exist yet', async () => {
    const file = newFile()
    const source = startSource(plugin, config(file))
    await source.start(null)
    const reading = source.read(1, String)
    writeFileSync(file, 'first\n')
    assert.deepEqual(await reading, ['first'])
    await source.task.stop()
  })

  it('fails without a file, since the standard input cannot be read again', () => {
    assert.throws(() => startSource(plugin, { topic: 't' }), { code: 'FILE_NOT_NAMED' })
  })

  it('holds a last line back until it ends, and knows both ends of lines', async () => {
    const file = newFile()
    writeFileSync(file, 'one\r\ntwo\n\nhal')
    const source = startSource(plugin, config(file))
    await source.start(null)
    assert.deepEqual(await source.read(3, String), ['one', 'two', ''])
    const reading = source.read(1, String)
    appendFileSync(file, 'f ü')
    appendFileSync(file, '\n')
    assert.deepEqual(await reading, ['half ü'])
    await source.task.stop()
  })

  it('reads lines that are longer than what it reads at once', async () => {
    const file = newFile()
    const long = 'x'.repeat(1_500_000)
    writeFileSync(file, `a\n${long}\nb\n`)
    const source = startSource(plugin, config(file))
    await source.start(null)
    assert.deepEqual(await source.read(3, String), ['a', long, 'b'])
    await source.task.stop()
    const strict = startSource(plugin, { ...config(file), 'max.line.bytes': '100000' })
    await strict.start(null)
    await assert.rejects(strict.read(3, String), { code: 'FILE_LINE_TOO_LONG' })
    await strict.task.stop()
  })

  it('reads a rotated file to its end before it turns to the new one', async () => {
    const file = newFile()
    writeFileSync(file, 'a\nb\n')
    const source = startSource(plugin, config(file))
    await source.start(null)
    assert.deepEqual(await source.read(2, String), ['a', 'b'])
    renameSync(file, `${file}.1`)
    appendFileSync(`${file}.1`, 'c\nlast without end')
    writeFileSync(file, 'd\n')
    assert.deepEqual(await source.read(3, String), ['c', 'last without end', 'd'])
    await source.task.stop()
  })

  it('finds the rotated file again that it was stopped in', async () => {
    const file = newFile()
    writeFileSync(file, 'a first line that tells the file\nb\n')
    const first = startSource(plugin, config(file))
    await first.start(null)
    await first.read(2, String)
    await first.task.stop()
    appendFileSync(file, 'c\n')
    renameSync(file, `${file}.1`)
    writeFileSync(file, 'another first line of the new file\n')
    const second = startSource(plugin, config(file))
    await second.start(first.offset)
    assert.deepEqual(await second.read(2, String), ['c', 'another first line of the new file'])
    assert.deepEqual(second.warnings, [])
    await second.task.stop()
  })

  it('begins again, with a warning, in a file that was cut', async () => {
    const file = newFile()
    writeFileSync(file, 'a\nb\n')
    const source = startSource(plugin, config(file))
    await source.start(null)
    await source.read(2, String)
    truncateSync(file)
    const reading = source.read(1, String)
    appendFileSync(file, 'c\n')
    assert.deepEqual(await reading, ['c'])
    assert.match(source.warnings.join(), /was cut/)
    await source.task.stop()
  })

  it('sees that a file was replaced by a longer one while it was stopped', async () => {
    const file = newFile()
    writeFileSync(file, 'old\n')
    const first = startSource(plugin, config(file))
    await first.start(null)
    await first.read(1, String)
    await first.task.stop()
    writeFileSync(`${file}.tmp`, 'new 1\nnew 2\n')
    copyFileSync(`${file}.tmp`, file)
    const second = startSource(plugin, config(file))
    await second.start(first.offset)
    assert.deepEqual(await second.read(2, String), ['new 1', 'new 2'])
    assert.match(second.warnings.join(), /was replaced or cut/)
    await second.task.stop()
  })

  it('goes on from a position that Kafka Connect stored', async () => {
    const file = newFile()
    writeFileSync(file, 'a\nb\n')
    const source = startSource(plugin, config(file))
    await source.start({ position: 2 })
    assert.deepEqual(await source.read(1, String), ['b'])
    await source.task.stop()
  })

  it('refuses what is not text, at its place', async () => {
    const file = newFile()
    writeFileSync(file, Buffer.from([0x61, 0xff, 0x0a]))
    const source = startSource(plugin, config(file))
    await source.start(null)
    await assert.rejects(source.task.poll(), { code: 'FILE_NOT_TEXT', message: /byte 3/ })
    await source.task.stop()
  })
})
