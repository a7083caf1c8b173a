import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { MEANT as OF_MARIADB, OURS } from './mariadb-golden-differences.ts'
import { MEANT as OF_POSTGRES } from './postgres-golden-differences.ts'

test('every difference that is meant is explained, and no other', () => {
  const file = join(import.meta.dirname, '../../docs/debezium-differences.md')
  const headings = [...readFileSync(file, 'utf8').matchAll(/^### (.+)$/gm)]
  const explained = headings.map(([, heading]) => heading ?? '')
  const differences = [...OF_POSTGRES, ...OF_MARIADB].map(({ heading }) => heading)
  const meant = new Set([...differences, ...Object.values(OURS)])
  assert.deepEqual(explained.toSorted(), [...meant].toSorted())
})
