import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BinlogColumn, TableMap } from '../../connectors/mysql/binlog/binlog-event.ts'
import { readJson } from '../../connectors/mysql/types/json-binary.ts'
import { applyDiffs } from '../../connectors/mysql/types/json-diff.ts'
import { parseJson, printJson } from '../../connectors/mysql/types/json-text.ts'
import { UnconvertibleValue } from '../../connectors/relational/unconvertible.ts'
import {
  array,
  type BinaryJson,
  diff,
  documentOf,
  double,
  int16,
  int32,
  int64,
  literal,
  object,
  opaque,
  packedTime,
  text,
  uint16,
  uint32,
  uint64
} from '../support/mysql-json.ts'
import { codecOf, tableFrom } from '../support/mysql-values.ts'
import { Random } from '../support/random.ts'

// No MySQL server is at hand: bytes are made after the grammar that its documentation has
// (test/support/mysql-json.ts names the pages).

const DECIMAL = 246
const [DATE, TIME, DATETIME] = [10, 11, 12]
const BLOB = 252

const shown = (value: BinaryJson): string => {
  const bytes = documentOf(value)
  return printJson(readJson(bytes, 0, bytes.length))
}
const normal = (printed: string) => printJson(parseJson(printed))

describe("MySQL's binary JSON", () => {
  it('is text without spaces', () => {
    assert.equal(shown(object({ a: int16(2) })), '{"a":2}')
    const document = object({
      b: literal('null'),
      list: array([literal('true'), text('x"y')]),
      name: object({})
    })
    assert.equal(shown(document), '{"b":null,"list":[true,"x\\"y"],"name":{}}')
  })

  it('has integers of every size, small and large documents alike', () => {
    const numbers = [int16(-32768), uint16(65535), int32(-2147483648), uint32(4294967295)]
    const all = [...numbers, int64(-9223372036854775808n), uint64(18446744073709551615n)]
    const expected =
      '[-32768,65535,-2147483648,4294967295,-9223372036854775808,18446744073709551615]'
    for (const large of [false, true]) assert.equal(shown(array(all, large)), expected)
    assert.equal(
      shown(object({ a: array(all), bb: array([], true) }, true)),
      `{"a":${expected},"bb":[]}`
    )
  })

  it('has doubles without exponent, and the same as in a snapshot', () => {
    const numbers: readonly (readonly [number, string, string])[] = [
      [3.14, '3.14', '3.14'],
      [1, '1.0', '1.0'],
      [-0, '-0.0', '-0.0'],
      [2 ** 64, '1.8446744073709552e19', '18446744073709551616'],
      [1e7, '10000000.0', '10000000'],
      [12345678.9, '12345678.9', '12345678.9'],
      [1.5e-7, '0.00000015', '0.00000015'],
      [1e-20, '1e-20', '0.00000000000000000001']
    ]
    for (const [value, ofServer, expected] of numbers) {
      assert.equal(shown(double(value)), expected)
      assert.equal(normal(ofServer), expected)
    }
  })

  it('has strings with the escapes that JSON needs', () => {
    const value = 'é☃𝄞 "quote" back\\slash \n\t\u0001\u001f /'
    const expected = '"é☃𝄞 \\"quote\\" back\\\\slash \\n\\t\\u0001\\u001F /"'
    assert.equal(shown(text(value)), expected)
    assert.equal(normal(expected.replace('001F', '001f')), expected)
    assert.equal(JSON.parse(expected), value)
    const long = 'x'.repeat(20_000)
    assert.equal(shown(array([text(long), text('')])), `["${long}",""]`)
  })

  it('has decimals, dates, times and bytes', () => {
    // DECIMAL(5,2) -123.45, with its precision and scale before it.
    const decimal = Buffer.from([5, 2, 0x80 ^ 0xff ^ 0x00, 123 ^ 0xff, 45 ^ 0xff])
    assert.equal(shown(opaque(DECIMAL, decimal)), '-123.45')
    const clock = [23, 24, 25, 120_000] as const
    assert.equal(shown(opaque(DATE, packedTime([2015, 1, 15], [0, 0, 0, 0]))), '"2015-01-15"')
    assert.equal(
      shown(opaque(DATETIME, packedTime([2015, 1, 15], clock))),
      '"2015-01-15 23:24:25.12"'
    )
    assert.equal(
      shown(opaque(DATETIME, packedTime([2015, 1, 15], [23, 24, 25, 24_000]))),
      '"2015-01-15 23:24:25.024"'
    )
    assert.equal(shown(opaque(TIME, packedTime([0, 0, 0], clock))), '"23:24:25.12"')
    assert.equal(shown(opaque(TIME, packedTime([0, 0, 0], [838, 59, 59, 0], true))), '"-838:59:59"')
    assert.equal(shown(opaque(BLOB, Buffer.from('deadbeef', 'hex'))), '"3q2+7w=="')
  })

  it('of a snapshot loses its spaces, and nothing else', () => {
    const printed =
      '{"a": [1, 2.50, null, "x, y: {z}"], "b c": {"__proto__": true}, "d": 12345678.90}'
    assert.equal(
      normal(printed),
      '{"a":[1,2.50,null,"x, y: {z}"],"b c":{"__proto__":true},"d":12345678.90}'
    )
    for (const wrong of ['', '{', '[1,]', '{"a" 1}', '"x', '[1] 2']) {
      assert.throws(() => parseJson(wrong), UnconvertibleValue, wrong)
    }
  })

  it('that is garbled is an error, and never a hang', () => {
    const document = documentOf(
      object({
        a: array([int16(1), text('two'), double(3)]),
        b: object({ c: opaque(BLOB, Buffer.alloc(9)) })
      })
    )
    const random = new Random(3)
    for (let round = 0; round < 5000; round++) {
      const bytes = Buffer.from(
        document.subarray(0, random.next() < 0.3 ? 1 + random.below(document.length) : undefined)
      )
      for (let i = random.below(3); i >= 0; i--)
        bytes[random.below(bytes.length)] = random.below(256)
      try {
        printJson(readJson(bytes, 0, bytes.length))
      } catch (error) {
        assert.ok(error instanceof UnconvertibleValue, String(error))
      }
    }
  })
})

describe('a partial update of JSON', () => {
  const apply = (before: string, ...changes: Buffer[]) => {
    const bytes = Buffer.concat(changes)
    return printJson(applyDiffs(parseJson(before), bytes, [0, bytes.length]))
  }

  it('replaces, inserts and removes', () => {
    assert.equal(apply('{"a":1}', diff('replace', '$.a', text('x'))), '{"a":"x"}')
    assert.equal(apply('[1,[2,3]]', diff('replace', '$[1][0]', int16(9))), '[1,[9,3]]')
    assert.equal(apply('[1,2]', diff('insert', '$[1]', int16(9))), '[1,9,2]')
    assert.equal(apply('{"a":1,"b":2}', diff('remove', '$.a')), '{"b":2}')
    assert.equal(apply('[1,2,3]', diff('remove', '$[1]')), '[1,3]')
    assert.equal(apply('{"a":1}', diff('replace', '$', array([]))), '[]')
  })

  it('puts new members where the server keeps them', () => {
    const changes = [
      diff('insert', '$.bb', int16(1)),
      diff('insert', '$.c', int16(2)),
      diff('insert', '$."a b"', int16(3))
    ]
    assert.equal(apply('{"d":0,"zzz":9}', ...changes), '{"c":2,"d":0,"bb":1,"a b":3,"zzz":9}')
  })

  it('is one change after the other, each on what the one before left', () => {
    const long = 'x'.repeat(400)
    const changes = [
      diff('insert', '$.list', array([])),
      diff('insert', '$.list[0]', text(long)),
      diff('remove', '$.old')
    ]
    assert.equal(apply('{"old":1}', ...changes), `{"list":["${long}"]}`)
  })

  it('that does not fit its document is an error', () => {
    for (const wrong of [
      diff('replace', '$.x', int16(1)),
      diff('remove', '$[0]'),
      diff('insert', '$.a.b', int16(1)),
      diff('remove', '$..x'),
      Buffer.of(7, 1, 36),
      Buffer.of(0, 200)
    ]) {
      assert.throws(() => apply('{"a":1}', wrong), UnconvertibleValue)
    }
  })
})

describe('rows of MySQL with JSON', () => {
  const JSON_TYPE = 245
  const column = (type: number, meta: number): BinlogColumn => ({
    type,
    meta,
    nullable: true,
    unsigned: null,
    collation: null,
    name: null,
    values: null,
    visible: true
  })
  const map: TableMap = {
    database: 'db',
    name: 't',
    columns: [column(3, 0), column(JSON_TYPE, 4), column(JSON_TYPE, 4)],
    primaryKey: null
  }
  const codec = codecOf(tableFrom('CREATE TABLE t (id INT PRIMARY KEY, a JSON, b JSON)'), {
    values: { flavor: 'mysql' }
  })
  const long = (bytes: Buffer) => {
    const size = Buffer.alloc(4)
    size.writeUInt32LE(bytes.length)
    return Buffer.concat([size, bytes])
  }
  const document = (value: BinaryJson) => long(documentOf(value))
  const id = Buffer.from([7, 0, 0, 0])

  it('have the same text in the snapshot', () => {
    const bytes = Buffer.concat([
      Buffer.of(0),
      id,
      document(object({ k: double(1e16) })),
      document(literal('null'))
    ])
    const streamed = codec.rowReader(map).read({ buffer: bytes, position: 0 }, Buffer.of(0b111))
    assert.deepEqual(streamed.values, [7, '{"k":10000000000000000}', 'null'])
    const texts = ['7', '{"k": 1e16}', 'null'].map((value) => Buffer.from(value))
    assert.deepEqual(codec.readTextRow(texts).values, streamed.values)
  })

  // https://dev.mysql.com/doc/dev/mysql-server/latest/rows__event_8h.html: options, and a bit for each JSON
  // column of the table, before the bits of nulls of an image after an update.
  it('have changes to a document applied to the row before', () => {
    const reader = codec.rowReader(map)
    const before = Buffer.concat([
      Buffer.of(0),
      id,
      document(object({ k: int16(1) })),
      document(array([]))
    ])
    const old = reader.read({ buffer: before, position: 0 }, Buffer.of(0b111))
    const changes = long(diff('replace', '$.k', int16(2)))
    const after = Buffer.concat([Buffer.of(1, 0b01, 0), id, changes, document(array([int16(5)]))])
    const cursor = { buffer: after, position: 0 }
    const row = reader.readPartialUpdate(cursor, Buffer.of(0b111), old)
    assert.deepEqual(row.values, [7, '{"k":2}', '[5]'])
    assert.equal(cursor.position, after.length)
  })

  it('keep a document that an image leaves out, and are an error where it is not known', () => {
    const reader = codec.rowReader(map)
    const before = Buffer.concat([Buffer.of(0), id])
    const old = reader.read({ buffer: before, position: 0 }, Buffer.of(0b001))
    const placeholder = '__debezium_unavailable_value'
    const whole = Buffer.concat([Buffer.of(1, 0b00, 0), document(array([]))])
    const row = reader.readPartialUpdate({ buffer: whole, position: 0 }, Buffer.of(0b100), old)
    assert.deepEqual(row.values, [7, placeholder, '[]'])
    const changes = long(diff('replace', '$.k', int16(2)))
    const after = Buffer.concat([Buffer.of(1, 0b10, 0), changes])
    const cursor = { buffer: after, position: 0 }
    assert.throws(() => reader.readPartialUpdate(cursor, Buffer.of(0b100), old), {
      code: 'MYSQL_ROW_IMAGE',
      message: /changes to a JSON document in db\.t\.\w+, but not the document/
    })
  })
})
