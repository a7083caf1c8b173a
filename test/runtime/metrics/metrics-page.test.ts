import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CONNECT_ATTRIBUTES } from '../../../runtime/metrics/connect-attributes.ts'
import { projectRoot } from '../../support/source-files.ts'

const page = readFileSync(join(projectRoot, 'docs/metrics.md'), 'utf8')

describe('docs/metrics.md', () => {
  it('has a table for each kind of MBean, with what each attribute says and nothing else', () => {
    const sections = page.slice(page.indexOf("## Kafka Connect's")).split('\n### ').slice(1)
    const documented = sections.map((section) => ({
      type: /^`([a-z-]+)`/m.exec(section)?.[1],
      rows: [...section.matchAll(/^\| `(.+?)` \| (.+) \|$/gm)].map(([, name, help]) => [name, help])
    }))
    const declared = Object.values(CONNECT_ATTRIBUTES).map(({ type, attributes }) => ({
      type,
      rows: Object.entries(attributes)
    }))
    const byText = (a: object, b: object) => JSON.stringify(a).localeCompare(JSON.stringify(b))
    assert.deepEqual(documented.toSorted(byText), declared.toSorted(byText))
  })
})
