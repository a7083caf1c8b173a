import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordFormat } from '../../../runtime/cli/record-format.ts'

const record = {
  topic: 'orders',
  partition: 2,
  offset: 41,
  timestamp: 1_700_000_000_123,
  key: Buffer.from('k1'),
  value: Buffer.from('{"id":1}'),
  headers: [
    { key: 'a', value: Buffer.from('1') },
    { key: 'a', value: null }
  ]
}
const tombstone = { ...record, value: null, headers: [] }
const binary = { ...record, value: Buffer.from([0xff, 0x00]), headers: [] }

const cases: readonly (readonly [
  format: string,
  of: typeof record | typeof tombstone,
  text: string
])[] = [
  ['kcat', record, 'Topic orders [2] at offset 41: key k1: {"id":1}\n'],
  ['value', record, '{"id":1}\n'],
  ['value', tombstone, '\n'],
  ['%T %h|%K,%S%%\\t\\x41\\n', record, '1700000000123 a=1,a=NULL|2,8%\tA\n'],
  ['%S', tombstone, '-1'],
  [
    'json',
    record,
    '{"topic":"orders","partition":2,"offset":41,"timestamp":1700000000123,"headers":[["a","1"],["a",null]],"key":"k1","value":"{\\"id\\":1}"}\n'
  ],
  [
    'json',
    binary,
    '{"topic":"orders","partition":2,"offset":41,"timestamp":1700000000123,"headers":[],"key":"k1","value":{"base64":"/wA="}}\n'
  ]
]

test('prints records as kcat does, as JSON, or as told', () => {
  for (const [format, of, text] of cases) {
    assert.equal(Buffer.from(recordFormat(format)(of)).toString(), text, format)
  }
})

test('prints bytes as they are', () => {
  assert.deepEqual(Buffer.from(recordFormat('value')(binary)), Buffer.from([0xff, 0x00, 0x0a]))
})

test('refuses words that kcat does not have', () => {
  assert.throws(() => recordFormat('%x'), /--format has %x/)
  assert.throws(() => recordFormat('plain'), /neither json, value, kcat/)
})
