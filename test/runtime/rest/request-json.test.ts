import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  readConfig,
  readCreateRequest,
  readLevel,
  readOffsets,
  readTaskConfigs
} from '../../../runtime/rest/request-json.ts'

const body = (text: string) => Buffer.from(text)

function refuses(read: (body: Buffer) => unknown, cases: readonly (readonly [string, RegExp])[]) {
  for (const [text, message] of cases) {
    assert.throws(() => read(body(text)), { name: 'RequestError', status: 400, message }, text)
  }
}

describe('the body of a create', () => {
  it('is a name, a config and a state', () => {
    const text = '{"name":" a b\\t","config":{"tasks.max":1,"x":true},"initial_state":"paused"}'
    assert.deepEqual(readCreateRequest(body(text)), {
      name: 'a b',
      config: { 'tasks.max': '1', x: 'true' },
      initialState: 'PAUSED'
    })
  })

  it('may lack the name and the state', () => {
    const expected = { name: '', config: {}, initialState: 'RUNNING' }
    assert.deepEqual(readCreateRequest(body('{"config":{}}')), expected)
    const nulls = '{"name":null,"config":{},"initial_state":null}'
    assert.deepEqual(readCreateRequest(body(nulls)), expected)
  })

  it('is refused where Kafka Connect answers 500, with what helps', () => {
    refuses(readCreateRequest, [
      ['', /^The request has no body; it must be an object with "name", "config"/],
      ['{not json', /^The request body is not valid JSON: a key .* at line 1, column 2$/],
      ['[]', /must be an object with "name".*, not a list$/],
      ['"x"', /, not text$/],
      ['null', /, not null$/],
      ['{"name":"a"}', /^"config" is missing/],
      ['{"name":"a","config":null}', /^"config" is missing/],
      ['{"name":"a","config":[]}', /^"config" must be an object .*, not a list$/],
      ['{"name":{"a":1},"config":{}}', /^"name" must be text, not an object$/],
      ['{"Name":"a","config":{}}', /^Unrecognized field "Name"; known fields: "name", "config"/],
      ['{"config":{"x":{"y":1}}}', /^The value of config key "x" must be text, not an object$/],
      ['{"config":{"x":["a"]}}', /, not a list: write a list as text with commas/],
      ['{"config":{},"initial_state":"SLEEPING"}', /^"initial_state" must be one of RUNNING/],
      ['{"config":{},"initial_state":1}', /, not "1"$/]
    ])
    assert.throws(() => readCreateRequest(Buffer.from([0x7b, 0xff])), /it is not UTF-8 text/)
  })
})

describe('the body of a config', () => {
  it('keeps numbers as they are written, nulls, and any key', () => {
    const text = '{"a":1.50,"b":1e3,"c":12345678901234567890,"d":null,"":"e","__proto__":"f"}'
    const config = readConfig(body(text))
    assert.deepEqual(Object.entries(config), [
      ['a', '1.50'],
      ['b', '1e3'],
      ['c', '12345678901234567890'],
      ['d', null],
      ['', 'e'],
      ['__proto__', 'f']
    ])
  })

  it('is no create request', () => {
    refuses(readConfig, [
      ['{"name":"a","config":{}}', /^The value of config key "config" must be text/],
      ['null', /^The request body must be an object of config keys and their values, not null$/]
    ])
  })
})

describe('the body of an offsets change', () => {
  it('has exact numbers, and null for what is missing', () => {
    const text =
      '{"offsets":[{"partition":{"a":1},"offset":{"lsn":9007199254740993,"f":1.5,"n":{"m":[null]}}},{"partition":null}]}'
    assert.deepEqual(readOffsets(body(text)), [
      { partition: { a: 1 }, offset: { lsn: 9007199254740993n, f: 1.5, n: { m: [null] } } },
      { partition: null, offset: null }
    ])
  })

  it('is refused when it is another', () => {
    const none = /^Partitions \/ offsets need to be provided for an alter offsets request$/
    refuses(readOffsets, [
      ['{"offsets":[]}', none],
      ['{"offsets":null}', none],
      ['{}', none],
      ['[]', /must be an object with "offsets", not a list/],
      ['{"offsets":{}}', /^"offsets" must be a list, not an object$/],
      ['{"offsets":[null]}', /^"offsets"\[0\] must be an object, not null$/],
      [
        '{"offsets":[{"partition":"x"}]}',
        /^"partition" of "offsets"\[0\] must be an object or null/
      ],
      ['{"offsets":[{"x":1}]}', /^"offsets"\[0\]: Unrecognized field "x"/],
      ['{"offsets":[],"x":1}', /^Unrecognized field "x"; known fields: "offsets"$/],
      ['{"offsets":[{"offset":{"a":1e999}}]}', /^A number is too large$/]
    ])
  })
})

describe('other bodies', () => {
  it('hold a level, whatever else', () => {
    assert.equal(readLevel(body('{"level":"DEBUG","x":{}}')), 'DEBUG')
    assert.equal(readLevel(body('{"level":5}')), '5')
    assert.equal(readLevel(body('{"level":null}')), null)
    assert.equal(readLevel(body('{}')), null)
    refuses(readLevel, [['{"level":[]}', /^"level" must be text, not a list/]])
  })

  it('hold task configs without null', () => {
    assert.deepEqual(readTaskConfigs(body('[{"a":"b"},{}]')), [{ a: 'b' }, {}])
    refuses(readTaskConfigs, [
      ['{', /not valid JSON/],
      ['{}', /must be a list of task configs, not an object/],
      ['[{"a":null}]', /^Task config 0 has no value for "a"$/]
    ])
  })
})
