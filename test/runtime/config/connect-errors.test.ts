import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ConfigInfos, GivenConfig } from '../../../runtime/config/config-infos.ts'
import type { ConnectorValidation } from '../../../runtime/config/connector-validation.ts'
import { answerOf, connectValidation } from './captured-answers.ts'

// Rules of Kafka Connect that the captures show in few cases or in none, in its words.

const SOURCE = {
  name: 'v',
  'connector.class': 'FileStreamSource',
  file: '/tmp/in.txt',
  topic: 'lines'
}
const SINK = {
  name: 'v',
  'connector.class': 'FileStreamSink',
  file: '/tmp/out.txt',
  topics: 'lines'
}
const TRANSFORMS = 'org.apache.kafka.connect.transforms'
const validation = connectValidation()

type Errors = readonly (readonly [key: string, error: string])[]

function errorsIn(infos: ConfigInfos): Errors {
  const errors = infos.configs.flatMap(({ value }) =>
    value.errors.map((error) => [value.name, error] as const)
  )
  assert.equal(errors.length, infos.error_count)
  return errors
}

async function errorsOf(
  base: GivenConfig,
  changes: GivenConfig,
  by: ConnectorValidation = validation
): Promise<Errors> {
  return errorsIn(await by.validate({ ...base, ...changes }))
}

const invalid = (name: string, value: string, reason: string) =>
  `Invalid value ${value} for configuration ${name}: ${reason}`

describe('errors of values, as ConfigDef words them', () => {
  const cases: readonly (readonly [string, string, ...string[]])[] = [
    ['tasks.max', '1e3', 'Not a number of type INT', 'null: Value must be non-null'],
    ['tasks.max', '2147483648', 'Not a number of type INT', 'null: Value must be non-null'],
    ['tasks.max', '-5', 'Value must be at least 1'],
    ['errors.retry.timeout', '9223372036854775808', 'Not a number of type LONG'],
    ['errors.log.enable', 'yes', 'Expected value to be either true or false'],
    ['tasks.max.enforce', '', 'Expected value to be either true or false'],
    ['errors.tolerance', 'ALL', 'String must be one of: none, all'],
    [
      'exactly.once.support',
      'Never',
      'String must be one of (case insensitive): REQUIRED, REQUESTED'
    ],
    ['transaction.boundary.interval.ms', 'x', 'Not a number of type LONG'],
    ['key.converter', 'com.example.Nope', 'Class com.example.Nope could not be found.'],
    ['value.converter.plugin.version', '((', 'Unbounded range: (('],
    ['transforms', 'a,b,a', '[a, b, a]: Duplicate alias provided.']
  ]
  for (const [name, value, ...reasons] of cases) {
    it(`${name}=${value}`, async () => {
      const converter =
        name === 'value.converter.plugin.version' ? { 'value.converter': 'json' } : {}
      const errors = await errorsOf(SOURCE, { ...converter, [name]: value })
      const expected = reasons.map((reason) => {
        const [, other, text] = /^(null|\[.*\]): (.*)$/.exec(reason) ?? []
        return invalid(name, other ?? value, text ?? reason)
      })
      const own = errors.filter(([key]) => key === name).map(([, error]) => error)
      assert.deepEqual(own, expected)
    })
  }

  it('accepts numbers and switches as Java reads them', async () => {
    const changes = { 'tasks.max': ' +2 ', 'tasks.max.enforce': ' TRUE ', 'batch.size': '007' }
    const infos = await validation.validate({ ...SOURCE, ...changes })
    assert.equal(infos.error_count, 0)
    const values = new Map(infos.configs.map(({ value }) => [value.name, value.value]))
    assert.deepEqual(
      Object.keys(changes).map((name) => values.get(name)),
      ['2', 'true', '7']
    )
  })

  it('names every control character of a name', async () => {
    assert.deepEqual(await errorsOf(SOURCE, { name: 'a\u0001b\u0085' }), [
      [
        'name',
        invalid(
          'name',
          'a\u0001b\u0085',
          'String may not contain control sequences but had the following ASCII chars: 1, 133'
        )
      ]
    ])
  })

  it('takes a null for a key of the plugin, and no other', async () => {
    const text = 'Null value can not be supplied as the configuration value.'
    assert.deepEqual(await errorsOf(SOURCE, { 'batch.size': null, file: null }), [])
    assert.deepEqual(await errorsOf(SOURCE, { unheard: null }), [['unheard', text]])
    assert.deepEqual(await errorsOf(SOURCE, { 'tasks.max': null }), [
      ['tasks.max', invalid('tasks.max', 'null', 'Value must be non-null')],
      ['tasks.max', text]
    ])
  })

  it('leaves unknown keys out', async () => {
    const infos = await validation.validate({ ...SOURCE, 'tasks.maximum': 'x' })
    assert.equal(infos.error_count, 0)
    assert.ok(!infos.configs.some(({ value }) => value.name === 'tasks.maximum'))
  })
})

describe('errors of sinks', () => {
  it('refuses a dead letter topic that the sink reads', async () => {
    const dead = { 'errors.deadletterqueue.topic.name': ' b ' }
    assert.deepEqual(await errorsOf(SINK, { ...dead, topics: 'a, b' }), [
      [
        'topics',
        "The DLQ topic 'b' may not be included in the list of topics ('topics=[a, b]') consumed by the connector"
      ]
    ])
  })

  it('refuses topics that are empty, given twice, or no expression', async () => {
    assert.deepEqual(await errorsOf(SINK, { topics: 'a,,b' }), [
      ['topics', "Configuration 'topics' values must not be empty."]
    ])
    const { topics: _, ...withRegex } = { ...SINK, 'topics.regex': '(' }
    assert.deepEqual(await errorsOf(withRegex, {}), [
      [
        'topics.regex',
        invalid('topics.regex', '(', 'Invalid regex: Unclosed group near index 1\n(')
      ]
    ])
    assert.deepEqual(await errorsOf(withRegex, { 'topics.regex': '*a' }), [
      [
        'topics.regex',
        invalid(
          'topics.regex',
          '*a',
          "Invalid regex: Dangling meta character '*' near index 0\n*a\n^"
        )
      ]
    ])
  })

  it("refuses consumers in the workers' own group", async () => {
    assert.deepEqual(await errorsOf(SINK, { name: 'cluster' }), [
      [
        'name',
        'Consumer group for sink connector named cluster conflicts with Connect worker group connect-cluster'
      ]
    ])
    assert.deepEqual(await errorsOf(SINK, { 'consumer.override.group.id': 'connect-cluster' }), [
      [
        'consumer.override.group.id',
        'Consumer group connect-cluster conflicts with Connect worker group connect-cluster'
      ]
    ])
    assert.deepEqual(
      await errorsOf(SINK, { name: 'cluster', 'consumer.override.group.id': 'mine' }),
      []
    )
  })
})

describe('errors of transforms and predicates', () => {
  const filter = { transforms: 'f', 'transforms.f.type': `${TRANSFORMS}.Filter` }

  it("refuses a word in Debezium's words, as the golden scenario postgres-smt-unwrap-none", async () => {
    const mode = 'delete.tombstone.handling.mode'
    const changes = {
      transforms: 'u',
      'transforms.u.type': 'io.debezium.transforms.ExtractNewRecordState',
      [`transforms.u.${mode}`]: 'none'
    }
    const words = 'drop, tombstone, rewrite-with-tombstone, rewrite, delete-to-tombstone'
    assert.deepEqual(await errorsOf(SOURCE, changes), [
      [`transforms.u.${mode}`, invalid(mode, 'none', `Value must be one of ${words}`)]
    ])
  })

  it('refuses negate without a predicate, and what is no switch', async () => {
    assert.deepEqual(await errorsOf(SOURCE, { ...filter, 'transforms.f.negate': 'perhaps' }), [
      [
        'transforms.f.type',
        "Config 'transforms.f.negate' was provided but there is no config 'transforms.f.predicate' defining a predicate to be negated."
      ],
      [
        'transforms.f.negate',
        invalid('transforms.f.negate', 'perhaps', 'Expected value to be either true or false')
      ]
    ])
  })

  it('names a setting of a predicate without its prefix', async () => {
    const predicate = {
      ...filter,
      'transforms.f.predicate': 'p',
      predicates: 'p',
      'predicates.p.type': `${TRANSFORMS}.predicates.TopicNameMatches`
    }
    assert.deepEqual(await errorsOf(SOURCE, { ...predicate, 'predicates.p.pattern': '[' }), [
      [
        'predicates.p.pattern',
        invalid('pattern', '[', 'Invalid regex: Unclosed character class near index 0\n[\n^')
      ]
    ])
    assert.deepEqual(await errorsOf(SOURCE, predicate), [
      [
        'predicates.p.pattern',
        'Missing required configuration "predicates.p.pattern" which has no default value.'
      ]
    ])
  })

  it('lists the keys of both, sorted as ConfigDef sorts them', async () => {
    const { configs, groups } = await validation.validate({
      ...SOURCE,
      transforms: 'r',
      'transforms.r.type': `${TRANSFORMS}.RegexRouter`,
      'transforms.r.regex': '(',
      'transforms.r.replacement': 'x',
      predicates: 'p',
      'predicates.p.type': `${TRANSFORMS}.predicates.RecordIsTombstone`
    })
    const names = configs.map(({ value }) => value.name)
    assert.deepEqual(
      names.filter((name) => /^(transforms|predicates)\./.test(name)),
      [
        'transforms.r.type',
        'transforms.r.plugin.version',
        'transforms.r.regex',
        'transforms.r.replacement',
        'transforms.r.negate',
        'transforms.r.predicate',
        'predicates.p.type',
        'predicates.p.plugin.version'
      ]
    )
    assert.deepEqual(groups.slice(-2), ['Transforms: r', 'Predicates: p'])
  })

  it('takes a predicate that is not declared: the task fails, as in Kafka Connect', async () => {
    assert.deepEqual(await errorsOf(SOURCE, { ...filter, 'transforms.f.predicate': 'nope' }), [])
  })

  it('finds classes by the names that Kafka Connect finds', async () => {
    const type = 'transforms.f.type'
    const of = (name: string) => errorsOf(SOURCE, { transforms: 'f', [type]: name })
    assert.deepEqual(await of('Filter'), [])
    assert.deepEqual(await of('InsertField$Value'), [
      [type, invalid(type, 'InsertField$Value', 'Class InsertField$Value could not be found.')]
    ])
    assert.deepEqual(await of('org.apache.kafka.connect.json.JsonConverter'), [
      [
        type,
        'Class class org.apache.kafka.connect.json.JsonConverter does not implement the Transformation interface'
      ]
    ])
  })
})

describe('settings of converters', () => {
  it('are listed and checked without their prefix, of converters that the connector names', async () => {
    const config = {
      ...SOURCE,
      'value.converter': 'JsonConverter',
      'value.converter.schemas.enable': 'maybe',
      'key.converter': 'string',
      'key.converter.converter.encoding': 'latin1'
    }
    const infos = await validation.validate(config)
    assert.deepEqual(errorsIn(infos), [
      [
        'value.converter.schemas.enable',
        invalid('schemas.enable', 'maybe', 'Expected value to be either true or false')
      ]
    ])
    const values = infos.configs.map(({ value }) => [value.name, value.value])
    assert.deepEqual(
      values.filter(([name]) => /^(key|header)\.converter\.converter/.test(String(name))),
      [
        ['key.converter.converter.type', 'key'],
        ['key.converter.converter.encoding', 'latin1']
      ]
    )
    assert.deepEqual(infos.groups.slice(-2).toSorted(), ['Schemas', 'Serialization'])
  })
})

describe('settings of clients', () => {
  it('are those that the policy of the worker allows', async () => {
    const given = { 'producer.override.linger.ms': '5', 'consumer.override.x': 'y' }
    const none = connectValidation({ overridePolicy: 'None' })
    assert.deepEqual(await errorsOf(SOURCE, given), [])
    assert.deepEqual(await errorsOf(SOURCE, given, none), [
      [
        'producer.override.linger.ms',
        "The 'None' policy does not allow 'linger.ms' to be overridden in the connector configuration."
      ]
    ])
  })
})

describe('versions of plugins', () => {
  it('are looked for before anything else', async () => {
    const config = { ...SOURCE, 'connector.plugin.version': '9.9', 'batch.size': 'x' }
    const infos = await validation.validate(config)
    assert.deepEqual(
      errorsIn(infos).map(([key]) => key),
      ['connector.class', 'connector.plugin.version']
    )
    assert.equal(infos.configs.length, 19)
    assert.deepEqual(infos.groups, ['Common', 'Transforms', 'Predicates', 'Error Handling'])
  })

  it('refuse a converter that has no such version, at both of its keys', async () => {
    const errors = await errorsOf(SOURCE, {
      'key.converter': 'json',
      'key.converter.plugin.version': '(,4.0)'
    })
    const text =
      'Plugin org.apache.kafka.connect.json.JsonConverter not found that matches the version range (,4.0), available versions: [4.3.0]'
    assert.deepEqual(errors, [
      ['key.converter', text],
      ['key.converter.plugin.version', text]
    ])
  })
})

describe('what only Millrace refuses', () => {
  it('is refused over REST, too, with the reason', async () => {
    assert.deepEqual(await errorsOf(SOURCE, { 'max.line.bytes': '1' }), [
      ['max.line.bytes', invalid('max.line.bytes', '1', 'must be at least 1024, not 1')]
    ])
  })

  it('is refused once, and only where Kafka Connect refuses nothing', async () => {
    const boundary = await errorsOf(SOURCE, { 'transaction.boundary': 'connector' })
    assert.equal(boundary.length, 1)
    assert.match(boundary[0]?.[1] ?? '', /does not support connector-defined/)
  })
})

describe('configs without a class that can be found', () => {
  it('quotes the config as Java prints it, without its secrets', async () => {
    const config = { topic: 't', name: 'v', 'database.password': 'hunter22', x: null }
    assert.deepEqual(await answerOf(() => validation.check(config)), {
      status: 400,
      body: 'Connector config {database.password=********, name=v, x=null, topic=t} contains no connector type'
    })
  })

  for (const name of ['', ' FileStreamSource', 'filestreamsource', 'JsonConverter']) {
    it(`finds no connector '${name}'`, async () => {
      const { status, body } = await answerOf(() => validation.check({ 'connector.class': name }))
      assert.equal(status, 400)
      const text = `Failed to find any class that implements Connector and which name matches ${name}, available connectors are: PluginDesc{klass=class io.`
      assert.ok(String(body).startsWith(text), String(body))
    })
  }
})

describe('plugins that are files', () => {
  const file = `${import.meta.dirname}/test-plugins.ts`
  const refused = /names a file, and a request may not have files loaded/

  it('are not loaded for a request, as connectors', async () => {
    const asConnector = { ...SOURCE, 'connector.class': file }
    await assert.rejects(validation.validate(asConnector), { status: 400, message: refused })
    await assert.rejects(validation.keys(file), { status: 400, message: refused })
  })

  it('are not loaded for a request, as anything else', async () => {
    const errors = await errorsOf(SOURCE, {
      'key.converter': file,
      'header.converter': `file://${file}`,
      transforms: 't',
      'transforms.t.type': './x.ts',
      predicates: 'p',
      'predicates.p.type': '../../x.ts'
    })
    const keys = errors.filter(([, error]) => refused.test(error)).map(([key]) => key)
    const expected = ['header.converter', 'key.converter', 'predicates.p.type', 'transforms.t.type']
    assert.deepEqual([...new Set(keys)].toSorted(), expected)
  })
})
