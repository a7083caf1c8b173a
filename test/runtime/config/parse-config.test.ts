import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as key from '../../../runtime/api/config.ts'
import { parseConfig } from '../../../runtime/config/parse-config.ts'
import { workerKeys } from '../../../runtime/config/worker-keys.ts'

const spec = {
  host: key.string({ doc: 'Host.', aliases: ['hostname', 'server'] }),
  port: key.int({ doc: 'Port.', default: 1, min: 1 }),
  'max.bytes': key.long({ doc: 'Bytes.', default: 1024 }),
  secret: key.password({ doc: 'Secret.', default: null, validator: () => 'must not be so' }),
  list: key.list({ doc: 'List.', default: ['a'] }),
  'truncate.<n>.chars': key.int({ doc: 'Truncates.', default: null }),
  'select.<schema>.<table>': key.string({ doc: 'Select.', default: null }),
  'off.<key>': key.ignored(key.string({ doc: 'Off.', default: null }), 'it is off'),
  'kept.null': key.string({ doc: 'Null.', default: null })
}

test('applies defaults, aliases and patterns', () => {
  const { config, problems } = parseConfig(spec, {
    server: 'h',
    'truncate.20.chars': '5',
    'select.public.a.b': 's'
  })
  assert.deepEqual(problems, [])
  assert.deepEqual(config, {
    host: 'h',
    port: 1,
    'max.bytes': 1024,
    secret: null,
    list: ['a'],
    'truncate.20.chars': 5,
    'select.public.a.b': 's',
    'kept.null': null
  })
})

test('accepts an alias beside the key when both say the same, and not otherwise', () => {
  assert.deepEqual(parseConfig(spec, { host: 'h', hostname: 'h' }).problems, [])
  const { problems } = parseConfig(spec, { host: 'h', hostname: 'i' })
  assert.equal(problems[0]?.message, 'hostname and host mean the same and have different values')
})

test('never shows the value of a secret key', () => {
  const { problems } = parseConfig(spec, { host: 'h', secret: 'hunter2', secrte: 'hunter2' })
  assert.equal(problems.length, 2)
  assert.doesNotMatch(JSON.stringify(problems), /hunter2/)
})

test('leaves a placeholder for digits to digits', () => {
  const { config, problems } = parseConfig(spec, { host: 'h', 'truncate.x.chars': '5' })
  assert.equal(problems[0]?.kind, 'unknown')
  assert.equal('truncate.x.chars' in config, false)
})

test('makes unknown keys errors, warnings or nothing as told', () => {
  const raw = { host: 'h', prot: '1', other: '1' }
  const severities = (unknownKeys?: 'error' | 'warn' | 'ignore') =>
    parseConfig(spec, raw, unknownKeys ? { unknownKeys } : {}).problems.map((p) => p.severity)
  assert.deepEqual(severities(), ['error', 'warning'])
  assert.deepEqual(severities('error'), ['error', 'error'])
  assert.deepEqual(severities('warn'), ['warning', 'warning'])
  assert.deepEqual(severities('ignore'), [])
  const { problems } = parseConfig(spec, raw, { otherKeys: (name) => name === 'other' })
  assert.deepEqual(
    problems.map((problem) => problem.key),
    ['prot']
  )
})

test('suggests numbers for units and separators', () => {
  const suggestions = ['16MiB', '16 MB', '1,024', '1_024', 'many'].map(
    (value) => parseConfig(spec, { host: 'h', 'max.bytes': value }).problems[0]?.suggestion
  )
  assert.deepEqual(suggestions, [
    'write max.bytes: 16777216',
    'write max.bytes: 16000000',
    'write max.bytes: 1024',
    'write max.bytes: 1024',
    'write for example max.bytes: 1024 (the default)'
  ])
})

test('gives every worker key a default', () => {
  const { config, problems } = parseConfig(workerKeys, {})
  assert.deepEqual(problems, [])
  assert.equal(config['bootstrap.servers'], null)
  assert.equal(config['data.dir'], './.millrace')
  assert.equal(config['exactly.once.source.support'], 'enabled')
})

test("accepts a distributed worker file of Kafka Connect's distribution", () => {
  const { problems } = parseConfig(workerKeys, {
    'bootstrap.servers': 'localhost:9092',
    'group.id': 'connect-cluster',
    'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'key.converter.schemas.enable': 'true',
    'value.converter.schemas.enable': 'true',
    'offset.storage.topic': 'connect-offsets',
    'offset.storage.replication.factor': '1',
    'config.storage.topic': 'connect-configs',
    'config.storage.replication.factor': '1',
    'status.storage.topic': 'connect-status',
    'status.storage.replication.factor': '1',
    'offset.flush.interval.ms': '10000',
    'plugin.path': '/usr/share/java',
    'connect.protocol': 'sessioned',
    'producer.compression.type': 'zstd',
    'sasl.login.callback.handler.class': 'x',
    'offset.storage.cleanup.policy': 'compact'
  })
  assert.deepEqual(problems, [])
})
