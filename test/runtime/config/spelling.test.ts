import assert from 'node:assert/strict'
import { test } from 'node:test'
import { editDistance, guess } from '../../../runtime/config/spelling.ts'

const known = [
  'database.hostname',
  'database.port',
  'table.include.list',
  'tasks.max',
  'topics',
  'topics.regex',
  'transforms'
]

const guesses: readonly (readonly [wrong: string, name: string | null, likely?: boolean])[] = [
  ['databse.hostname', 'database.hostname', true],
  ['database.hostnmae', 'database.hostname', true],
  ['database_hostname', 'database.hostname', true],
  ['tasksMax', 'tasks.max', true],
  ['topic', 'topics', true],
  ['tranforms', 'transforms', true],
  ['hostname', 'database.hostname', false],
  ['database.host', 'database.hostname', false],
  ['table.include', 'table.include.list', false],
  ['config.tasks.max', 'tasks.max', false],
  ['snapshot.mode', null],
  ['x', null]
]

test('guesses which known name was meant, and how sure that is', () => {
  for (const [wrong, name, likely = true] of guesses) {
    assert.deepEqual(guess(wrong, known), name === null ? null : { name, likely }, wrong)
  }
})

test('counts a swap of neighbours as one edit', () => {
  assert.equal(editDistance('ab', 'ba'), 1)
  assert.equal(editDistance('', 'abc'), 3)
  assert.equal(editDistance('kitten', 'sitting'), 3)
  assert.equal(editDistance('same', 'same'), 0)
})
