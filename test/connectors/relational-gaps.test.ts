import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MOVED_TO, movedHeader, movedTo } from '../../connectors/relational/moved-key.ts'
import { afterHeaders, canCompare, GAP_HEADERS } from '../../connectors/relational/row-gaps.ts'
import { GapPlans, gapsIn } from '../../connectors/relational/sink-gaps.ts'
import { RowPlan } from '../../connectors/relational/sink-plan.ts'
import type { HeaderConverter } from '../../runtime/api/converter.ts'
import type { Header } from '../../runtime/api/record.ts'
import * as s from '../../runtime/api/schema.ts'
import bytesHeaders from '../../runtime/converters/bytearray-header-converter.ts'
import jsonHeaders from '../../runtime/converters/json-header-converter.ts'
import { createSimpleHeaderConverter } from '../../runtime/converters/simple-header-converter.ts'
import stringHeaders from '../../runtime/converters/string-header-converter.ts'
import { parsed } from '../support/sink-harness.ts'

const converters: Readonly<Record<string, HeaderConverter>> = {
  SimpleHeaderConverter: createSimpleHeaderConverter(),
  'JsonConverter with schemas': json('true'),
  'JsonConverter without schemas': json('false'),
  StringConverter: stringHeaders.create(parsed(stringHeaders, {}) as never, {})
}

function json(schemas: string): HeaderConverter {
  const raw = { 'schemas.enable': schemas, 'converter.type': 'header' }
  return jsonHeaders.create(parsed(jsonHeaders, raw) as never, raw)
}

function sent(converter: HeaderConverter, header: Header): Header {
  const bytes = converter.fromConnect('t', header.key, header.schema, header.value)
  const read = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
  return { key: header.key, ...converter.toConnect('t', header.key, read) }
}

const TEXTS = [
  'a',
  ' b ',
  'c"d',
  'e\\f',
  'true',
  '12',
  '2024-01-01',
  '日,é',
  '100%',
  '{',
  '',
  '[1]'
]

const NAMED: readonly (readonly [string, s.Schema, unknown])[] = [
  ...[...TEXTS, 'line\nbreak\u0000', '\ufffd'].map(
    (text, i) => [`t${i}`, s.string(), text] as const
  ),
  ['small', s.int16(), -5],
  ['large', s.int64(), 9_223_372_036_854_775_807n],
  ['exact', s.decimal(2), '-1234567890123456789.50'],
  ['bytes', s.bytes(), Buffer.from([0, 255, 10])],
  ['flag', s.boolean(), true],
  ['real', s.float64(), 0.1]
]

for (const [name, converter] of Object.entries(converters)) {
  describe(`gaps through ${name}`, () => {
    it('name the same fields', () => {
      const [header] = afterHeaders({ unchanged: TEXTS, unknown: [], unknownBefore: [] })
      assert.ok(header)
      const columns = [...TEXTS, 'other'].map((column, index) => ({
        name: column,
        schema: s.string(),
        index,
        isKey: false,
        keyPlace: 0
      }))
      const plan = new RowPlan(columns, 'placeholder')
      const told = gapsIn([sent(converter, header)])
      assert.ok(told)
      const left = new GapPlans(false).without(plan, [...TEXTS, 'other'], told)
      assert.deepEqual(
        left.columns.map((column) => column.name),
        ['other']
      )
      assert.equal(left.partial, true)
    })

    it('keep the key to which a row moves, with schema and without', () => {
      const schema = s.structOf(NAMED.map(([field, type]) => [field, type]))
      const key = new s.Struct(
        schema,
        NAMED.map(([, , value]) => value)
      )
      const { value } = sent(converter, movedHeader(key))
      const names = NAMED.map(([field]) => field)
      const known = movedTo(value, { names, schemas: NAMED.map(([, type]) => type) })
      assert.deepEqual(known, key.values)
      const plain = movedTo(value, { names, schemas: names.map(() => null) })
      assert.deepEqual(plain.slice(0, -4), key.values.slice(0, -4))
      assert.deepEqual(plain.slice(-4), [{ scale: 2, value: '+U6xYH7QyZOa' }, 'AP8K', true, 0.1])
    })
  })
}

describe('gaps of a row', () => {
  it('are read from bytes as well', () => {
    const converter = bytesHeaders.create(parsed(bytesHeaders, {}) as never, {})
    const bytes = Buffer.from('["a"]')
    const told = gapsIn([{ key: GAP_HEADERS.unknown, ...converter.toConnect('t', 'k', bytes) }])
    const plan = new RowPlan([], 'placeholder')
    assert.ok(told)
    const left = () => new GapPlans(false).without(plan, ['b'], told)
    assert.throws(left, { message: /'a' is not told, and the record has no such field/ })
  })

  it('are an error when the header is no list', () => {
    for (const value of ['a', '{}', '[1]', 5, null]) {
      const told = gapsIn([{ key: GAP_HEADERS.unchanged, schema: null, value }])
      assert.ok(told)
      const left = () => new GapPlans(false).without(new RowPlan([], 'placeholder'), [], told)
      assert.throws(left, { message: /must be a JSON list of field names/ }, String(value))
    }
  })

  it('are an error when the new key is not whole', () => {
    const about = { names: ['id', 'other'], schemas: [s.int32(), s.int32()] }
    for (const value of ['{"id":{"int32":"1"}}', '[]', 'x', null, '{"id":1,"other":2}']) {
      assert.throws(() => movedTo(value, about), {
        message: new RegExp(`${MOVED_TO} does not tell`)
      })
    }
  })

  it('can be compared where both images leave out the same', () => {
    const gaps = (unchanged: string[], unknown: string[], unknownBefore: string[]) =>
      canCompare({ unchanged, unknown, unknownBefore })
    assert.equal(gaps(['a'], [], ['a']), true)
    assert.equal(gaps([], [], []), true)
    assert.equal(gaps(['a'], [], ['a', 'b']), false)
    assert.equal(gaps(['a'], ['b'], ['a', 'b']), false)
  })
})
