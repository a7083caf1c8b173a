import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { VersionRange } from '../../../runtime/config/version-range.ts'

const has = (range: string, version: string) => VersionRange.parse(range)?.has(version)

describe('version ranges', () => {
  it('are a version alone, bounds, or several', () => {
    assert.equal(has('4.3.0', '4.3.0'), true)
    assert.equal(has('4.3', '4.3.0'), true)
    assert.equal(has('[4.3.0]', '4.3.1'), false)
    assert.equal(has('[1.0,2.0)', '1.9.9'), true)
    assert.equal(has('[1.0,2.0)', '2.0'), false)
    assert.equal(has('(,1.0],[1.2,)', '1.1'), false)
    assert.equal(has('(,1.0],[1.2,)', '1.10'), true)
  })

  it('rank words as Maven does', () => {
    assert.equal(has('[3.6.0]', '3.6.0.Final'), true)
    assert.equal(has('(3.6.0-rc1,)', '3.6.0'), true)
    assert.equal(has('(3.6.0,)', '3.6.0-SNAPSHOT'), false)
    assert.equal(has('[1.0-alpha,1.0-beta]', '1.0-alpha2'), true)
  })

  it('are any version where none is asked for', () => {
    assert.equal(VersionRange.parse(null), null)
    assert.equal(VersionRange.parse('latest'), null)
  })

  it('print as Maven prints them', () => {
    assert.equal(String(VersionRange.parse('9.9')), '[9.9,9.9]')
    assert.equal(String(VersionRange.parse('(,1.0],[1.2,)')), '(,1.0],[1.2,)')
  })

  const wrong: readonly (readonly [string, string])[] = [
    ['((', 'Unbounded range: (('],
    ['(1.0)', 'Single version must be surrounded by []: (1.0)'],
    ['[2.0,1.0]', 'Range defies version ordering: [2.0,1.0]'],
    ['[1.0,1.0)', 'Range cannot have identical boundaries: [1.0,1.0)'],
    ['[1.0]x', 'Only fully-qualified sets allowed in multiple set scenario: [1.0]x']
  ]
  for (const [range, message] of wrong) {
    it(`refuse ${range}`, () => {
      assert.throws(() => VersionRange.parse(range), { message })
    })
  }
})
