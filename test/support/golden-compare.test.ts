import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compareRecords, masked } from './golden-compare.ts'
import type { Scenario, TextRecord } from './golden-scenario.ts'

const scenario: Scenario = {
  name: 'made-up',
  database: 'postgres',
  config: {},
  before: '',
  after: '',
  volatileColumns: { clocks: ['at'] },
  ticking: ['ticks'],
  isAccepted: true
}

function record(value: string | null, rest: Partial<TextRecord> = {}): TextRecord {
  return { topic: 'p.public.t', partition: 0, key: '{"id":1}', value, headers: [], ...rest }
}

const places = (expected: TextRecord[], got: TextRecord[]) =>
  compareRecords(expected, got).map(({ at }) => at)

describe('comparing records as text', () => {
  test('equal records have no differences', () => {
    assert.deepEqual(places([record('{"a":1}')], [record('{"a":1}')]), [])
  })

  test('numbers count with all their digits, and as they are written', () => {
    const at = ['p.public.t#0 value.a']
    assert.deepEqual(
      places([record('{"a":9007199254740993}')], [record('{"a":9007199254740992}')]),
      at
    )
    assert.deepEqual(places([record('{"a":1.0}')], [record('{"a":1}')]), at)
    assert.deepEqual(places([record('{"a":1E-7}')], [record('{"a":1e-7}')]), at)
  })

  test('the order of fields counts', () => {
    assert.deepEqual(compareRecords([record('{"a":1,"b":2}')], [record('{"b":2,"a":1}')]), [
      { at: 'p.public.t#0 value', expected: '{"a":1,"b":2}', got: '{"b":2,"a":1}' }
    ])
  })

  test('a field that is missing or added counts, and so does null', () => {
    const at = ['p.public.t#0 value.row']
    const row = (inside: string) => [record(`{"row":{${inside}}}`)]
    assert.deepEqual(places(row('"a":1,"b":null'), row('"a":1')), at)
    assert.deepEqual(places(row('"a":1'), row('"a":1,"b":null')), at)
    assert.deepEqual(places([record('{"a":null}')], [record('{"a":""}')]), ['p.public.t#0 value.a'])
  })

  test('escapes and white space count', () => {
    assert.deepEqual(places([record('{"a":"é"}')], [record('{"a":"\\u00e9"}')]), [
      'p.public.t#0 value.a'
    ])
    assert.deepEqual(places([record('{"a":1}')], [record('{"a": 1}')]), ['p.public.t#0 value'])
  })

  test('names the field of a schema that differs', () => {
    const schema = (type: string) =>
      record(`{"schema":{"fields":[{"type":"int32","field":"id"},{"type":"${type}","field":"v"}]}}`)
    assert.deepEqual(compareRecords([schema('string')], [schema('bytes')]), [
      {
        at: 'p.public.t#0 value.schema.fields[v].type',
        expected: '"string"',
        got: '"bytes"'
      }
    ])
  })

  test('tombstones, keys, headers and partitions count', () => {
    const one = record('{"a":1}', { headers: [['h', '1']] })
    assert.deepEqual(places([one], [{ ...one, value: null }]), ['p.public.t#0 value'])
    assert.deepEqual(places([one], [{ ...one, key: null }]), ['p.public.t#0 key'])
    assert.deepEqual(places([one], [{ ...one, partition: 1 }]), ['p.public.t#0 partition'])
    assert.deepEqual(places([one], [{ ...one, headers: [['h', '2']] }]), ['p.public.t#0 header h'])
    assert.deepEqual(places([one], [{ ...one, headers: [] }]), ['p.public.t#0 header names'])
    assert.deepEqual(places([one], [{ ...one, headers: [['H', '1']] }]), [
      'p.public.t#0 header names[0]'
    ])
  })

  test('records count, and their order within a topic, but not between topics', () => {
    const [first, second] = [record('1'), record('2')]
    const elsewhere = record('3', { topic: 'p.public.u' })
    assert.deepEqual(places([first, second], [first]), ['p.public.t#1'])
    assert.deepEqual(places([first], [first, elsewhere]), ['p.public.u#0'])
    assert.deepEqual(places([first, second], [second, first]), [
      'p.public.t#0 value',
      'p.public.t#1 value'
    ])
    assert.deepEqual(places([first, elsewhere], [elsewhere, first]), [])
  })
})

describe('masking what varies', () => {
  const value = (source: string, row: string) =>
    `{"before":null,"after":${row},"source":${source},"op":"c","ts_ms":1}`

  const shown = (text: string, topic = 'p.public.t', version = '1.0') =>
    masked(scenario, [record(text, { topic })], version)[0]?.value

  test('replaces positions and times by their types, and keeps null', () => {
    assert.equal(
      shown(value('{"version":"1.0","ts_ms":5,"lsn":null,"txId":7}', '{"ts_ms":9,"lsn":8}')),
      '{"before":null,"after":{"ts_ms":9,"lsn":8},"source":{"version":"<version>","ts_ms":"<number>","lsn":null,"txId":"<number>"},"op":"c","ts_ms":"<number>"}'
    )
  })

  test('a number where the other has a text still differs', () => {
    const both = ['{"version":"1.0","lsn":7}', '{"version":"1.0","lsn":"7"}'].map((source) =>
      masked(scenario, [record(value(source, '{}'))], '1.0')
    )
    assert.deepEqual(places(both[0] ?? [], both[1] ?? []), ['p.public.t#0 value.source.lsn'])
  })

  test('masks the version that is expected, and no other', () => {
    const source = '{"version":"1.0","connector":"postgresql"}'
    assert.match(shown(value(source, '{}')) ?? '', /"version":"<version>"/)
    assert.match(shown(value(source, '{}'), 'p.public.t', '2.0') ?? '', /"version":"1\.0"/)
  })

  test('masks volatile columns of their table only', () => {
    const text = value('{"version":"1.0"}', '{"id":1,"at":2}')
    assert.match(shown(text, 'p.public.clocks') ?? '', /"after":\{"id":1,"at":"<number>"\}/)
    assert.match(shown(text, 'p.public.t') ?? '', /"after":\{"id":1,"at":2\}/)
  })

  test('masks positions of the database that the scenario is about', () => {
    const source = '{"version":"1.0","gtid":"0-1-5","lsn":7}'
    const [record1] = masked(
      { ...scenario, database: 'mariadb' },
      [record(value(source, '{}'))],
      '1.0'
    )
    assert.match(record1?.value ?? '', /"gtid":"<string>","lsn":7/)
  })

  test('masks ids of transactions and notifications, in their topics only', () => {
    const about = {
      ...scenario,
      config: { 'topic.prefix': 'p', 'notification.sink.topic.name': 'p.notes' }
    }
    const keyIn = (topic: string) =>
      masked(about, [record(null, { topic, key: '{"id":"a"}' })], '1.0')[0]?.key
    assert.equal(keyIn('p.transaction'), '{"id":"<string>"}')
    assert.equal(keyIn('p.notes'), '{"id":"<string>"}')
    assert.equal(keyIn('p.public.t'), '{"id":"a"}')
  })

  test('masks what varies in the signals of an incremental snapshot', () => {
    const id = '01a20a0c-aa3d-775e-ae0f-a6d604406bfd-open'
    const data = '{\\"openWindowTimestamp\\": \\"2026-11-22T00:00:00Z\\"}'
    assert.equal(
      shown(`{"after":{"id":"${id}","data":"${data}"}}`),
      '{"after":{"id":"<uuid>-open","data":"{\\"openWindowTimestamp\\": \\"<time>\\"}"}}'
    )
  })

  test('keeps the first of the records that come by the clock', () => {
    const ticks = [record('1', { topic: 'ticks' }), record('2', { topic: 'ticks' })]
    const kept = masked(scenario, [...ticks, record('3'), record('4')], '1.0')
    assert.deepEqual(
      kept.map((one) => one.value),
      ['1', '3', '4']
    )
  })

  test('masks the identity of a run', () => {
    const [run] = masked(
      scenario,
      [
        record(null, {
          headers: [['__debezium.context.runId', '01a20a0c-aa3d-775e-ae0f-a6d604406bfd']]
        })
      ],
      '1.0'
    )
    assert.deepEqual(run?.headers, [['__debezium.context.runId', '<uuid>']])
  })
})
