import assert from 'node:assert/strict'
import { test } from 'node:test'
import { splitAtMarks, splitStatements } from './sql-script.ts'

test('splits at semicolons outside quotes, dollar quotes and comments', () => {
  const statements = [
    `insert into t values ('a;b', E'it\\'s;', "c;d")`,
    `-- not; here\ncreate function f() returns int language sql as $x$ select 1; select $$;$$ $x$`,
    `do $$ begin perform 1; end $$`,
    `select 'it''s;'`
  ]
  assert.deepEqual(splitStatements(`${statements.join(';\n')};\n\n`), statements)
})

test('splits a script at its marks', () => {
  assert.deepEqual(splitAtMarks('a; b;\n-- stop\nc;\n-- resume\n-- wait \nd\n'), [
    { mark: 'start', script: 'a; b;\n' },
    { mark: 'stop', script: '\nc;\n' },
    { mark: 'resume', script: '\n' },
    { mark: 'wait', script: '\nd\n' }
  ])
})
