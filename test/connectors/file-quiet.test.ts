import assert from 'node:assert/strict'
import {
  appendFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { QuietWait } from '../../connectors/file/quiet-wait.ts'
import plugin from '../../connectors/file/source.ts'
import { startSource } from '../support/task-harness.ts'

describe('a file that is quiet', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-quiet-'))
  let files = 0
  after(() => rmSync(folder, { recursive: true }))
  const newFile = () => join(folder, `${++files}.log`)

  /** Looks in vain until the wait is for a change. */
  async function becomesQuiet(wait: QuietWait, signal: AbortSignal): Promise<void> {
    for (let looks = 0; looks < 21; looks++) await wait.wait(true, signal)
  }

  const changes: readonly (readonly [string, (file: string) => void])[] = [
    ['a line is appended', (file) => appendFileSync(file, 'more\n')],
    ['it is cut', (file) => writeFileSync(file, '')],
    ['it is moved away', (file) => renameSync(file, `${file}.1`)],
    [
      'another takes its name',
      (file) => {
        writeFileSync(`${file}.new`, 'one\n')
        renameSync(`${file}.new`, file)
      }
    ]
  ]
  for (const [what, change] of changes) {
    it(`is looked at again when ${what}`, async () => {
      const file = newFile()
      writeFileSync(file, 'one\n')
      const wait = new QuietWait(file, 1)
      const { signal } = new AbortController()
      await becomesQuiet(wait, signal)
      const waiting = wait.wait(true, signal)
      change(file)
      await waiting
      wait.close()
    })
  }

  it('is looked at again when it appears', async () => {
    const file = newFile()
    const wait = new QuietWait(file, 1)
    const { signal } = new AbortController()
    await becomesQuiet(wait, signal)
    const waiting = wait.wait(true, signal)
    writeFileSync(file, '')
    await waiting
    wait.close()
  })

  it('is looked at again when the link to it leads to another', async () => {
    const [file, other, link] = [newFile(), newFile(), newFile()]
    for (const path of [file, other]) writeFileSync(path, 'one\n')
    symlinkSync(file, link)
    const wait = new QuietWait(link, 1)
    const { signal } = new AbortController()
    await becomesQuiet(wait, signal)
    const waiting = wait.wait(true, signal)
    symlinkSync(other, `${link}.new`)
    renameSync(`${link}.new`, link)
    await waiting
    wait.close()
  })

  it('ends a wait when the task is stopped', async () => {
    const file = newFile()
    writeFileSync(file, 'one\n')
    const wait = new QuietWait(file, 1)
    const stopping = new AbortController()
    await becomesQuiet(wait, stopping.signal)
    const waiting = wait.wait(true, stopping.signal)
    stopping.abort()
    await waiting
    wait.close()
  })

  it('is read on, also through a rotation', async () => {
    const file = newFile()
    writeFileSync(file, 'one\n')
    const config = { file, topic: 't', 'file.poll.interval.ms': '1' }
    const source = startSource(plugin, config)
    await source.start(null)
    assert.deepEqual(await source.read(1, String), ['one'])
    for (let n = 0; n < 3; n++) {
      const reading = source.read(3, String)
      // Longer than the file is looked at often, which is twenty times a millisecond and some more.
      await new Promise((resolve) => setTimeout(resolve, 150))
      appendFileSync(file, `a${n}\n`)
      renameSync(file, `${file}.${n}`)
      appendFileSync(`${file}.${n}`, `b${n}\n`)
      writeFileSync(file, `c${n}\n`)
      assert.deepEqual(await reading, [`a${n}`, `b${n}`, `c${n}`])
    }
    await source.task.stop()
  })
})
