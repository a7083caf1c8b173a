import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DataError } from '../../../runtime/api/errors.ts'
import * as s from '../../../runtime/api/schema.ts'
import {
  createJsonConverter,
  type JsonConverterOptions
} from '../../../runtime/converters/json-converter.ts'

const converter = (options: Partial<JsonConverterOptions> = {}) =>
  createJsonConverter({
    schemasEnable: false,
    replaceNullWithDefault: true,
    decimalFormat: 'BASE64',
    ...options
  })

const write = (
  schema: s.Schema | null,
  value: unknown,
  options: Partial<JsonConverterOptions> = {}
) => converter(options).fromConnect('t', schema, value)

const read = (text: string, options: Partial<JsonConverterOptions> = {}) =>
  converter(options).toConnect('t', Buffer.from(text))

describe('JSON writing', () => {
  test('prints doubles as Java does', () => {
    const cases: [number, string][] = [
      [0, '0.0'],
      [-0, '-0.0'],
      [1, '1.0'],
      [0.001, '0.001'],
      [-0.0001, '-1.0E-4'],
      [9999999, '9999999.0'],
      [1e7, '1.0E7'],
      [123456789.125, '1.23456789125E8'],
      [1e21, '1.0E21'],
      [5e-324, '4.9E-324'],
      [Number.MAX_VALUE, '1.7976931348623157E308'],
      [Number.NaN, '"NaN"'],
      [Number.NEGATIVE_INFINITY, '"-Infinity"']
    ]
    for (const [value, text] of cases) assert.equal(write(s.float64(), value), text)
  })

  test('prints floats with the fewest digits that give the same float', () => {
    const cases: [number, string][] = [
      [Math.fround(0.1), '0.1'],
      [Math.fround(Math.PI), '3.1415927'],
      [16777216, '1.6777216E7'],
      [Math.fround(-3.4028235e38), '-3.4028235E38'],
      [Math.fround(1.4e-45), '1.4E-45'],
      [Number.POSITIVE_INFINITY, '"Infinity"']
    ]
    for (const [value, text] of cases) assert.equal(write(s.float32(), value), text)
  })

  test('escapes what Jackson escapes and nothing else', () => {
    assert.equal(
      write(s.string(), 'a"b\\c/d\b\t\n\f\r\u0001\u001f\u007fé\u2028'),
      '"a\\"b\\\\c/d\\b\\t\\n\\f\\r\\u0001\\u001F\u007fé\u2028"'
    )
    assert.equal(write(s.string(), '𝄞'), '"\\uD834\\uDD1E"')
    assert.equal(write(s.string(), `${'x'.repeat(100)}"`), `"${'x'.repeat(100)}\\""`)
  })

  test('keeps 64-bit integers exact', () => {
    assert.equal(write(s.int64(), 9223372036854775807n), '9223372036854775807')
    assert.equal(write(s.int64(), -9007199254740991), '-9007199254740991')
  })

  test('writes decimals as base64 of two-complement bytes, or as numbers', () => {
    const base64: [string, string][] = [
      ['0.00', 'AA=='],
      ['1.27', 'fw=='],
      ['1.28', 'AIA='],
      ['-1.28', 'gA=='],
      ['-1.29', '/38='],
      ['99.95', 'Jws='],
      ['-92233720368547758.08', 'gAAAAAAAAAA=']
    ]
    for (const [text, expected] of base64) assert.equal(write(s.decimal(2), text), `"${expected}"`)
    const numeric = { decimalFormat: 'NUMERIC' } as const
    assert.equal(write(s.decimal(2), '-12.50', numeric), '-12.50')
    assert.equal(write(s.decimal(10), '0.0000000001', numeric), '1E-10')
    assert.equal(
      write(s.decimal(0), '123456789012345678901234567890', numeric),
      '123456789012345678901234567890'
    )
  })

  test('writes schemas with their members in the order of Kafka Connect', () => {
    const schema = s.struct(
      {
        a: s.array(s.float32({ optional: true })),
        m: s.map(s.string(), s.float64()),
        d: s.decimal(2, { optional: true, doc: 'price', default: '1.50' })
      },
      { name: 'row', version: 3 }
    )
    const value = new s.Struct(schema, [[1, null], new Map([['k', 2]]), null])
    assert.equal(
      write(schema, value, { schemasEnable: true }),
      '{"schema":{"type":"struct","fields":[' +
        '{"type":"array","items":{"type":"float","optional":true},"optional":false,"field":"a"},' +
        '{"type":"map","keys":{"type":"string","optional":false},"values":{"type":"double","optional":false},"optional":false,"field":"m"},' +
        '{"type":"bytes","optional":true,"name":"org.apache.kafka.connect.data.Decimal","version":1,"doc":"price","parameters":{"scale":"2"},"default":"AJY=","field":"d"}' +
        '],"optional":false,"name":"row","version":3},"payload":{"a":[1.0,null],"m":{"k":2.0},"d":"AJY="}}'
    )
  })

  test('writes null as the default of its field unless told not to', () => {
    const schema = s.struct({ n: s.int32({ optional: true, default: 5 }) })
    const value = new s.Struct(schema)
    assert.equal(write(schema, value), '{"n":5}')
    assert.equal(write(schema, value, { replaceNullWithDefault: false }), '{"n":null}')
  })

  test('tells tombstones from null values', () => {
    assert.equal(write(null, null), null)
    assert.equal(write(null, null, { schemasEnable: true }), null)
    assert.equal(write(s.string({ optional: true }), null), 'null')
  })

  test('writes maps with keys that are not strings as pairs', () => {
    const schema = s.map(s.int32(), s.string())
    assert.equal(write(schema, new Map([[1, 'a']])), '[[1,"a"]]')
  })

  test('writes schemaless values as plain JSON', () => {
    const value = { a: 1, b: 12345678901234567890n, c: [null, true, 1.5], d: Buffer.from('hi') }
    const text = '{"a":1,"b":12345678901234567890,"c":[null,true,1.5],"d":"aGk="}'
    assert.equal(write(null, value), text)
    assert.equal(write(null, value, { schemasEnable: true }), `{"schema":null,"payload":${text}}`)
  })

  test('says which field does not fit its schema', () => {
    const schema = s.struct({ after: s.struct({ id: s.int32() }) })
    const inner = schema.fields[0]?.schema ?? schema
    const broken = (id: unknown) => () =>
      write(schema, new s.Struct(schema, [new s.Struct(inner, [id])]))
    assert.throws(broken('x'), {
      name: 'DataError',
      message:
        'Cannot write a record of topic t as JSON: after.id: expected int32, but the value is string x'
    })
    assert.throws(broken(2 ** 31), /after\.id: expected int32, .* out of range/)
    assert.throws(broken(null), /after\.id: required int32, but the value is null/)
    assert.throws(() => write(s.decimal(1), '1.25'), /'1\.25' has more than 1 fraction digits/)
    assert.throws(() => write(null, () => 1), DataError)
  })
})

describe('JSON reading', () => {
  test('keeps integers beyond 2^53 exact without a schema', () => {
    const { schema, value } = read(
      '{"big":9007199254740993,"neg":-9223372036854775808,"ok":9007199254740991}'
    )
    assert.equal(schema, null)
    assert.deepEqual(value, {
      big: 9007199254740993n,
      neg: -9223372036854775808n,
      ok: 9007199254740991
    })
  })

  test('reads records of changing shape on one topic', () => {
    const one = converter()
    const texts = [
      '{"a":1,"b":{"c":"x"}}',
      '{"b":{"c":null,"d":2},"a":1}',
      ' { "a" : [ 1 , { "z" : -1.5e3 } ] } ',
      '{}',
      '[]',
      '{"a":1,"a":2}',
      '{"\\u0061":"\\"\\\\","e":""}',
      '{"__proto__":{"polluted":true},"2":1,"1":2}'
    ]
    for (let round = 0; round < 40; round++) {
      for (const text of texts) {
        assert.deepEqual(one.toConnect('t', Buffer.from(text)).value, JSON.parse(text))
      }
    }
    assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false)
  })

  test('refuses what is not JSON, with the topic', () => {
    const broken = [
      '',
      '{',
      '{"a"',
      '{"a":}',
      '{"a":1,}',
      '[1,]',
      '"x',
      '01',
      '1.',
      '-',
      'nul',
      '{"a":1}x',
      "{'a':1}",
      '"\\x"',
      'NaN',
      '['.repeat(2000)
    ]
    for (const text of broken) {
      assert.throws(
        () => read(text),
        { name: 'DataError', code: 'INVALID_JSON', message: /topic t/ },
        text
      )
    }
    assert.throws(() => converter().toConnect('t', Buffer.from([0x22, 0xff, 0x22])), /not UTF-8/)
    assert.equal(read('"\ufffd"').value, '\ufffd')
  })

  test('gives records of one table version the same schema object', () => {
    const one = converter({ schemasEnable: true })
    const text = (id: number, extra = '') =>
      `{"schema":{"type":"struct","fields":[{"type":"int32","optional":false,"field":"id"}${extra}],"optional":false,"name":"v"},"payload":{"id":${id}}}`
    const first = one.toConnect('t', Buffer.from(text(1)))
    const second = one.toConnect('t', Buffer.from(text(2)))
    const other = one.toConnect('u', Buffer.from(text(3)))
    const changed = one.toConnect(
      't',
      Buffer.from(text(4, ',{"type":"string","optional":true,"field":"x"}'))
    )
    assert.equal(second.schema, first.schema)
    assert.equal(other.schema, first.schema)
    assert.notEqual(changed.schema, first.schema)
    assert.deepEqual((second.value as s.Struct).values, [2])
    assert.deepEqual((changed.value as s.Struct).values, [4, null])
    assert.deepEqual((one.toConnect('t', Buffer.from(text(5))).value as s.Struct).values, [5])
  })

  test('finds fields in any order and fills in what is absent', () => {
    const schema =
      '{"type":"struct","fields":[{"type":"int32","field":"a"},{"type":"string","optional":true,"field":"b"},{"type":"int64","default":7,"field":"c"}]}'
    const values = (payload: string) => {
      const { value } = read(`{"schema":${schema},"payload":${payload}}`, { schemasEnable: true })
      return (value as s.Struct).values
    }
    assert.deepEqual(values('{"c":1,"b":"x","a":2}'), [2, 'x', 1])
    assert.deepEqual(values('{"a":2}'), [2, null, 7])
    assert.deepEqual(values('{ "z" : [1] , "a" : 2 , "c" : null }'), [2, null, 7])
    assert.throws(() => values('{"a":1,"b":"x","c":2,}'), DataError)
    assert.throws(() => values('{"b":"x"}'), /: a is null, but its type is a required int32/)
    assert.throws(() => values('{"a":"1"}'), /: a has .* where a value was expected/)
    assert.throws(() => values('{"a":2147483648}'), /: a is 2147483648, but must be a whole number/)
  })

  test('takes the schema after the payload, and values without schema', () => {
    const one = converter({ schemasEnable: true })
    const at = (text: string) => one.toConnect('t', Buffer.from(text))
    assert.equal(at('{"payload":"x","schema":{"type":"string"}}').value, 'x')
    assert.deepEqual(at('{"schema":null,"payload":{"a":1}}'), { schema: null, value: { a: 1 } })
    assert.deepEqual(one.toConnect('t', null), { schema: null, value: null })
  })

  test('refuses plain JSON where schemas are expected, also after good records', () => {
    const one = converter({ schemasEnable: true })
    const good = '{"schema":{"type":"string"},"payload":"x"'
    assert.equal(one.toConnect('t', Buffer.from(`${good}}`)).value, 'x')
    for (const text of ['{"a":1}', '"x"', '{"schema":null}', `${good},"more":1}`]) {
      assert.throws(() => one.toConnect('t', Buffer.from(text)), DataError)
    }
    assert.throws(() => one.toConnect('t', Buffer.from('{"a":1}')), /set schemas.enable=false/)
    assert.throws(
      () => one.toConnect('t', Buffer.from('{"schema":{"type":"int9"},"payload":1}')),
      /unknown type "int9"/
    )
  })

  test('reads values by a schema given in the configuration', () => {
    const options = { schemasEnable: true, schemaContent: '{"type":"int64"}' }
    const { schema, value } = read('9223372036854775807', options)
    assert.equal(schema?.type, 'int64')
    assert.equal(value, 9223372036854775807n)
  })

  test('refuses base64 that is none', () => {
    const text = (payload: string) => `{"schema":{"type":"bytes"},"payload":"${payload}"}`
    assert.throws(() => read(text('a*b!'), { schemasEnable: true }), /must be base64/)
    assert.deepEqual(read(text('aGk='), { schemasEnable: true }).value, Buffer.from('hi'))
  })
})
