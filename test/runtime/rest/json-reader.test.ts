import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Json, JsonNumber, readJson } from '../../../runtime/rest/json-reader.ts'
import { Random } from '../../support/random.ts'

/** What `JSON.parse` makes of the same text, but for how numbers are written. */
function plain(value: Json): unknown {
  if (value instanceof JsonNumber) return Number(value.text)
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, member]) => [key, plain(member)]))
  }
  return Array.isArray(value) ? value.map(plain) : value
}

const numberOf = (text: string) => {
  const value = readJson(text)
  return value instanceof JsonNumber ? value.text : value
}

describe('readJson', () => {
  it('reads what JSON.parse reads', () => {
    const texts = [
      'null',
      ' true ',
      '-0',
      '"a\\u00e4\\n\\"\\/\u0085\u{1f600}"',
      '[]',
      '{}',
      '[1,[2,[]],{"a":{}}]',
      '\t{"a" : [ 1 , "b" ] ,\r\n"c":null}\n',
      '"\\ud83d\\ude00"'
    ]
    for (const text of texts) assert.deepEqual(plain(readJson(text)), JSON.parse(text), text)
  })

  it('keeps numbers as they are written', () => {
    assert.equal(numberOf('1.50'), '1.50')
    assert.equal(numberOf('1e3'), '1e3')
    assert.equal(numberOf('12345678901234567890'), '12345678901234567890')
  })

  it('takes the last of two values of a key', () => {
    assert.deepEqual(plain(readJson('{"a":1,"b":2,"a":3}')), { a: 3, b: 2 })
  })

  it('reads the key __proto__ like any other', () => {
    const value = readJson('{"__proto__":{"a":1}}')
    assert.ok(value instanceof Map && value.has('__proto__'))
  })

  it('says where the text is no JSON', () => {
    const cases = [
      ['{not json', /a key in double quotes should be at line 1, column 2$/],
      ["{'name': 1}", /a key in double quotes should be at line 1, column 2$/],
      ['{"a": 1} xyz', /more text after the end of the JSON at line 1, column 10$/],
      ['{"a":\n  ?}', /a value should be at line 2, column 3$/],
      ['{"a":1', /the text ends where ',' or '}' should be at line 1, column 7$/],
      ['', /the text ends where a value should be at line 1, column 1$/],
      ['"a\nb"', /a control character inside a text at line 1, column 3$/],
      ['"\\x"', /an unknown escape at line 1, column 3$/],
      ['[1,]', /a value should be at line 1, column 4$/],
      ['/* c */ {}', /a value should be at line 1, column 1$/],
      ['01', /more text after the end of the JSON at line 1, column 2$/],
      ['"open', /the text ends where the end of a text/]
    ] as const
    for (const [text, problem] of cases) {
      assert.throws(() => readJson(text), { name: 'JsonSyntaxError', message: problem }, text)
    }
  })

  it('refuses what is nested too deep, whatever the depth', () => {
    for (const depth of [65, 1000, 1_000_000]) {
      assert.throws(() => readJson('['.repeat(depth)), /more than 64 levels/)
      assert.throws(() => readJson('{"a":'.repeat(depth)), /more than 64 levels/)
    }
  })

  it('accepts and refuses the same texts as JSON.parse', () => {
    const numbers = new Random(7)
    const alphabet = '{}[]",:\\ 01e-.+tfn\nau'
    for (let run = 0; run < 20_000; run++) {
      const length = 1 + numbers.below(12)
      const text = Array.from({ length }, () => numbers.pick([...alphabet])).join('')
      assert.deepEqual(
        outcome(() => plain(readJson(text))),
        outcome(() => JSON.parse(text)),
        text
      )
    }
  })
})

function outcome(read: () => unknown): unknown {
  try {
    return { value: read() }
  } catch {
    return 'refused'
  }
}
