import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { errorCodes } from './support/error-codes.ts'
import { projectRoot, sourceFiles } from './support/source-files.ts'

const { made, askedFor, unclear } = errorCodes([
  ...sourceFiles('runtime'),
  ...sourceFiles('connectors')
])
const page = readFileSync(join(projectRoot, 'docs/errors.md'), 'utf8')
const sections = page.split(/^### /m).slice(1)
const headings = sections.map((section) => section.split('\n')[0] ?? '')

const read = (text: string) => errorCodes([{ path: 'a.ts', text, lines: 1 }])

describe('docs/errors.md', () => {
  it('has every code of the sources', () => {
    const missing = [...made].filter(([code]) => !headings.includes(code))
    assert.deepEqual(missing, [])
  })

  it('has no code that the sources do not have, and none twice', () => {
    const strange = headings.filter((code, at) => !made.has(code) || headings.indexOf(code) !== at)
    assert.deepEqual(strange, [])
  })

  it('says something about every code', () => {
    const empty = sections.filter((section) => section.split('\n').slice(1).join('').length < 80)
    assert.deepEqual(empty, [])
  })
})

describe('error codes', () => {
  it('are all found in the sources', () => {
    assert.deepEqual(unclear, [])
    assert.ok(made.size > 80, `${made.size}`)
  })

  it('are asked for only where they exist', () => {
    const ownNames = [...askedFor].filter(([code]) => code.includes('_') && !made.has(code))
    assert.deepEqual(ownNames, [])
  })

  it('are read through constants, conditions, parameters, subclasses and tables', () => {
    const found = read(`
      class Stale extends RetriableError { constructor() { super('FROM_SUPER', '') } }
      const known = { code: 'FROM_TABLE' }
      function lost(code: string) { return new ConnectError(code, '') }
      function other(error: ConnectError) {
        const code = error.retriable ? error.code : 'FROM_CONSTANT'
        if (code) throw lost('FROM_PARAMETER')
        throw new DataError(code, '')
      }
    `)
    assert.deepEqual([...found.made.keys()].toSorted(), [
      'FROM_CONSTANT',
      'FROM_PARAMETER',
      'FROM_SUPER',
      'FROM_TABLE'
    ])
    assert.deepEqual(found.unclear, [])
  })

  it('that cannot be read are told', () => {
    const { unclear: places } = read("throw new ConnectError(`LOST_${kind}`, 'gone')")
    assert.deepEqual(places, ['a.ts:1'])
  })
})
