import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DataError } from '../../../runtime/api/errors.ts'
import * as s from '../../../runtime/api/schema.ts'
import { createByteArrayConverter } from '../../../runtime/converters/bytearray-converter.ts'
import { createSimpleHeaderConverter } from '../../../runtime/converters/simple-header-converter.ts'
import { createStringConverter } from '../../../runtime/converters/string-converter.ts'

describe('string converter', () => {
  test('passes text through', () => {
    const converter = createStringConverter()
    assert.equal(converter.fromConnect('t', s.string(), 'Zoë'), 'Zoë')
    assert.equal(converter.toConnect('t', Buffer.from('Zoë')).value, 'Zoë')
    assert.equal(converter.fromConnect('t', null, null), null)
    assert.equal(converter.toConnect('t', null).value, null)
  })

  test('prints numbers as Java and structs as JSON', () => {
    const converter = createStringConverter()
    const row = s.struct({ id: s.int64(), x: s.float64() })
    assert.equal(converter.fromConnect('t', s.float64(), 1e10), '1.0E10')
    assert.equal(converter.fromConnect('t', s.int64(), 2n ** 60n), '1152921504606846976')
    assert.equal(converter.fromConnect('t', row, new s.Struct(row, [1, 2])), '{"id":1,"x":2.0}')
  })

  test('refuses bytes that are not text, and text outside the encoding', () => {
    assert.throws(() => createStringConverter().toConnect('t', Buffer.from([0xff])), DataError)
    const latin = createStringConverter('ISO-8859-1')
    assert.deepEqual(latin.fromConnect('t', null, 'é'), Buffer.from([0xe9]))
    assert.throws(() => latin.fromConnect('t', null, 'aπ'), /character 2 does not exist/)
    assert.throws(
      () => createStringConverter('US-ASCII').toConnect('t', Buffer.from('é')),
      DataError
    )
  })
})

test('the byte array converter passes bytes through and refuses anything else', () => {
  const converter = createByteArrayConverter()
  const bytes = Buffer.from([0, 255])
  assert.equal(converter.fromConnect('t', null, bytes), bytes)
  assert.equal(converter.toConnect('t', bytes).value, bytes)
  assert.throws(() => converter.fromConnect('t', s.string(), 'x'), /value is of type string/)
})

describe('simple header converter', () => {
  const converter = createSimpleHeaderConverter()
  const text = (schema: s.Schema | null, value: unknown) =>
    converter.fromConnect('t', 'h', schema, value)
  const parsed = (given: string) => {
    const { schema, value } = converter.toConnect('t', 'h', Buffer.from(given))
    return [schema?.name ?? schema?.type ?? null, value]
  }

  test('writes a key as Debezium shows it in its headers', () => {
    const key = s.struct({ b: s.string(), a: s.int32() })
    assert.equal(text(key, new s.Struct(key, ['xx', 1])), '{"b":"xx","a":1}')
    assert.equal(text(s.string(), 'plain "text"'), 'plain "text"')
    assert.equal(text(s.array(s.string()), ['a', 'b"c']), '["a","b\\"c"]')
    assert.equal(text(s.float64(), 1), '1.0')
    assert.equal(text(s.bytes(), Buffer.from('hi')), 'aGk=')
    assert.equal(text(null, null), null)
  })

  test('guesses types from text', () => {
    assert.deepEqual(parsed('0'), ['int8', 0])
    assert.deepEqual(parsed('-129'), ['int16', -129])
    assert.deepEqual(parsed('70000'), ['int32', 70000])
    assert.deepEqual(parsed('9223372036854775807'), ['int64', 9223372036854775807n])
    assert.deepEqual(parsed('9223372036854775808'), [s.DECIMAL, '9223372036854775808'])
    assert.deepEqual(parsed('1.5'), ['float32', 1.5])
    assert.deepEqual(parsed('3.141592653589793'), ['float64', Math.PI])
    assert.deepEqual(parsed('true'), ['boolean', true])
    assert.deepEqual(parsed('null'), [null, null])
    assert.deepEqual(parsed('hello, world'), ['string', 'hello, world'])
    assert.deepEqual(parsed('1970-01-02'), ['org.apache.kafka.connect.data.Date', 1])
    assert.deepEqual(parsed('00:00:01.500Z'), ['org.apache.kafka.connect.data.Time', 1500])
    assert.deepEqual(parsed(''), ['string', ''])
  })

  test('reads lists and maps, and leaves broken ones as text', () => {
    assert.deepEqual(parsed('[1, 300]'), ['array', [1, 300]])
    assert.deepEqual(parsed('{"id":4,"x":null}'), [
      'map',
      new Map<string, unknown>([
        ['id', 4],
        ['x', null]
      ])
    ])
    assert.deepEqual(parsed('"a\\"b"'), ['string', 'a"b'])
    assert.deepEqual(parsed('[1, 2'), ['string', '[1, 2'])
    assert.deepEqual(parsed('{x'), ['string', '{x'])
  })

  test('keeps bytes that are not text', () => {
    const bytes = Buffer.from([0xff, 0xfe])
    assert.equal(converter.toConnect('t', 'h', bytes).value, bytes)
  })
})
