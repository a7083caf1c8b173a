import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe } from 'node:test'
import fileSource from '../../connectors/file/source.ts'
import { sourceContract } from './source-contract.ts'

describe('the file source as a source', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-lines-'))
  let files = 0
  after(() => rmSync(folder, { recursive: true }))

  sourceContract({
    plugin: fileSource,
    async prepare() {
      const file = join(folder, `${++files}.log`)
      let next = 0
      return {
        config: { file, topic: 't', 'batch.size': '7', 'file.poll.interval.ms': '5' },
        async produce(count) {
          for (let at = 0; at < count; at++) appendFileSync(file, `line ${next++}\n`)
        },
        numberOf: (value) => Number(String(value).slice(5))
      }
    }
  })
})
