import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadFiles } from '../../../runtime/config/load-files.ts'
import { formatProblem } from '../../../runtime/config/problem.ts'
import { validateConnector } from '../../../runtime/config/validate-connector.ts'
import { tempFolder } from './temp-folder.ts'
import { loaded, testContext } from './test-plugins.ts'

/** Golden texts: what a person reads for one bad key in an otherwise right configuration. */
const single: readonly {
  name: string
  config: Readonly<Record<string, string>>
  says: readonly string[]
}[] = [
  {
    name: 'a misspelled required key, once and not as missing too',
    config: { 'connector.class': 'acme', 'databse.hostname': 'db' },
    says: ['4:3: error: databse.hostname is not a known key\n    write database.hostname: db']
  },
  {
    name: 'a missing required key, where the class is',
    config: { 'connector.class': 'acme' },
    says: [
      '3:3: error: database.hostname is required: Host of the database.\n    add database.hostname: db'
    ]
  },
  {
    name: 'a missing class',
    config: { 'database.hostname': 'db' },
    says: [
      '1:1: error: connector.class is required: The plugin: a short name, a Java class name, an npm package or a file.\n    add connector.class: postgres'
    ]
  },
  {
    name: 'an unknown class',
    config: { 'connector.class': 'amce' },
    says: [
      "3:3: error: connector.class: there is no connector 'amce'\n    write connector.class: acme"
    ]
  },
  {
    name: 'a class of another kind',
    config: { 'connector.class': 'json' },
    says: [
      '3:3: error: connector.class: json is a converter, not a connector\n    list what there is with: millrace plugins list --kind connector'
    ]
  },
  {
    name: 'an unknown key that resembles nothing, as a warning',
    config: { 'connector.class': 'acme', 'database.hostname': 'db', 'x.y': '1' },
    says: [
      '5:3: warning: x.y is not a known key: it has no effect\n    remove it, or see the list of keys with: millrace plugins describe'
    ]
  },
  {
    name: 'a number with a unit',
    config: { 'connector.class': 'acme', 'database.hostname': 'db', 'poll.interval.ms': '5s' },
    says: [
      "5:3: error: poll.interval.ms must be a whole number, not '5s'\n    write poll.interval.ms: 5000"
    ]
  },
  {
    name: 'a number out of range',
    config: { 'connector.class': 'acme', 'database.hostname': 'db', 'database.port': '70000' },
    says: [
      '5:3: error: database.port must be at most 65535, not 70000\n    write for example database.port: 5432 (the default)'
    ]
  },
  {
    name: 'a word of a fixed set',
    config: { 'connector.class': 'acme', 'database.hostname': 'db', 'snapshot.mode': 'intial' },
    says: [
      "5:3: error: snapshot.mode must be one of initial, no_data, never, not 'intial'\n    write snapshot.mode: initial"
    ]
  },
  {
    name: 'a boolean of YAML 1.1',
    config: { 'connector.class': 'acme', 'database.hostname': 'db', 'heartbeat.on': 'yes' },
    says: [
      "5:3: error: heartbeat.on must be true or false, not 'yes'\n    write heartbeat.on: true"
    ]
  },
  {
    name: 'a key without effect, with the reason',
    config: { 'connector.class': 'acme', 'database.hostname': 'db', 'old.style': 'true' },
    says: ['5:3: warning: old.style has no effect: it is always so\n    remove the key']
  },
  {
    name: 'a refused key, with the reason',
    config: { 'connector.class': 'acme', 'database.hostname': 'db', 'plugin.name': 'wal2json' },
    says: [
      '5:3: error: plugin.name is not supported: only pgoutput is built in\n    write plugin.name: pgoutput, or remove the key'
    ]
  },
  {
    name: 'a sink without topics',
    config: { 'connector.class': 'acme-sink' },
    says: [
      '3:3: error: a sink needs topics or topics.regex: the topics to read\n    add topics: [one, two], or topics.regex: a regular expression of their names'
    ]
  },
  {
    name: 'a sink with topics in both ways',
    config: { 'connector.class': 'acme-sink', topics: 'a', 'topics.regex': 'a.*' },
    says: [
      '5:3: error: topics and topics.regex are both given, and only one can be\n    remove one of them'
    ]
  },
  {
    name: 'a sink that reads its own dead letters',
    config: {
      'connector.class': 'acme-sink',
      'topics.regex': 'a.*',
      'errors.tolerance': 'all',
      'errors.deadletterqueue.topic.name': 'a-bad'
    },
    says: [
      "6:3: error: errors.deadletterqueue.topic.name is 'a-bad', which the sink reads too\n    name a topic that the sink does not read"
    ]
  },
  {
    name: 'a regular expression that is none',
    config: { 'connector.class': 'acme-sink', 'topics.regex': 'a(' },
    says: [
      "4:3: error: topics.regex must be a regular expression; 'a(' is not: Unterminated group\n    write for example topics.regex: shop\\.public\\..*"
    ]
  },
  {
    name: 'an unknown transform class and a misspelled setting of another',
    config: {
      'connector.class': 'acme-sink',
      topics: 'a',
      transforms: 'one,two',
      'transforms.one.type': 'org.apache.kafka.connect.transforms.Cats$Value',
      'transforms.two.type': 'cast',
      'transforms.two.depht': '2'
    },
    says: [
      "6:3: error: transforms.one.type: there is no transform 'org.apache.kafka.connect.transforms.Cats$Value'\n    write transforms.one.type: org.apache.kafka.connect.transforms.Cast$Value",
      '8:3: error: transforms.two.depht is not a known key\n    write transforms.two.depth: 2'
    ]
  },
  {
    name: 'a transform without a type, one that is not listed, and a predicate that is not there',
    config: {
      'connector.class': 'acme-sink',
      topics: 'a',
      transforms: 'one,three',
      'transforms.three.type': 'cast',
      'transforms.three.predicate': 'tomb',
      'transforms.two.type': 'cast',
      predicates: 'tombs',
      'predicates.tombs.type': 'tombstone'
    },
    says: [
      '5:3: error: transforms.one.type is required: The transform: a short name or a Java class name.\n    add transforms.one.type: <class>',
      "7:3: error: transforms.three.predicate is 'tomb', which predicates does not name\n    write transforms.three.predicate: tombs",
      "8:3: warning: transforms.two.type has no effect: transforms does not name 'two'\n    write transforms: one,three,two"
    ]
  },
  {
    name: 'a negated nothing',
    config: {
      'connector.class': 'acme-sink',
      topics: 'a',
      transforms: 'one',
      'transforms.one.type': 'cast',
      'transforms.one.negate': 'true'
    },
    says: [
      '7:3: error: transforms.one.negate needs transforms.one.predicate, which names what it negates\n    add transforms.one.predicate, or remove transforms.one.negate'
    ]
  },
  {
    name: 'settings of a converter that is not given, and bad ones of one that is',
    config: {
      'connector.class': 'acme-sink',
      topics: 'a',
      'key.converter.schemas.enable': 'false',
      'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
      'value.converter.schemas.enable': 'no'
    },
    says: [
      "5:3: warning: key.converter.schemas.enable has no effect: key.converter is not given, and the worker's has settings of its own\n    add key.converter, such as key.converter: json",
      "7:3: error: value.converter.schemas.enable must be true or false, not 'no'\n    write value.converter.schemas.enable: false"
    ]
  },
  {
    name: "the plugin's own check across keys",
    config: {
      'connector.class': 'acme',
      'database.hostname': 'db',
      'snapshot.mode': 'never',
      'heartbeat.on': 'true'
    },
    says: ['6:3: error: heartbeat.on needs a snapshot']
  },
  {
    name: 'a reference to nothing, and not the required key as missing',
    config: { 'connector.class': 'acme', 'database.hostname': '${env:PGHOTS}' },
    says: [
      '4:3: error: database.hostname refers to ${env:PGHOTS}, but the environment variable PGHOTS is not set\n    write ${env:PGHOST}, or set PGHOTS'
    ]
  }
]

for (const { name, config, says } of single) {
  test(`says what is wrong and what to write: ${name}`, async () => {
    const { problems } = await validateConnector(loaded(config), testContext({ PGHOST: 'db' }))
    assert.deepEqual(
      problems.map(formatProblem),
      says.map((text) => `test.yaml:${text}`)
    )
  })
}

test('finds nothing wrong with a right configuration and parses it', async () => {
  const result = await validateConnector(
    loaded({
      name: 'right',
      'connector.class': 'com.acme.AcmeSourceConnector',
      'database.hostname': '${env:PGHOST}',
      'database.password': '${env:PGPASSWORD}',
      'table.whitelist': 'a,b',
      'column.truncate.to.20.chars': 'x',
      'plugin.name': 'pgoutput',
      'tasks.max': '2',
      'topic.creation.default.partitions': '3',
      'topic.creation.default.cleanup.policy': 'compact',
      'producer.override.linger.ms': '5'
    }),
    testContext({ PGHOST: 'db', PGPASSWORD: 'hunter2' })
  )
  assert.deepEqual(result.problems, [])
  assert.equal(result.config['database.hostname'], 'db')
  assert.equal(result.config['database.password'], 'hunter2')
  assert.equal(result.config['database.port'], 5432)
  assert.deepEqual(result.config['table.include.list'], ['a', 'b'])
  assert.deepEqual(result.config['column.truncate.to.20.chars'], ['x'])
  assert.equal(result.config['tasks.max'], 2)
  assert.equal(result.config['topic.creation.default.partitions'], 3)
  assert.equal(result.config['topic.creation.default.cleanup.policy'], 'compact')
})

test('shows references instead of what they stand for in problems', async () => {
  const { problems } = await validateConnector(
    loaded({
      'connector.class': 'acme',
      'database.hostname': 'db',
      'database.port': '${env:SECRET_PORT}'
    }),
    testContext({ SECRET_PORT: 'swordfish' })
  )
  const text = problems.map(formatProblem).join('\n')
  assert.match(text, /not '\$\{env:SECRET_PORT\}'/)
  assert.doesNotMatch(text, /swordfish/)
})

test('reports five different mistakes in one file, each with its place and what to write', async (t) => {
  const cwd = await tempFolder(t, {
    'shop.yaml': `# five mistakes
name: shop
config:
  connector.class: acme
  databse.hostname: db
  database.port: 5432x
  snapshot:
    mode: intial
  poll.interval.ms: 5s
  transforms:
    - name: cast
      type: Cats$Value
`
  })
  const { connectors, problems } = await loadFiles(['shop.yaml'], { cwd })
  assert.deepEqual(problems, [])
  const [connector] = connectors
  assert.ok(connector)
  const validated = await validateConnector(connector, testContext())
  assert.equal(
    validated.problems.map(formatProblem).join('\n'),
    `shop.yaml:5:3: error: databse.hostname is not a known key
    write database.hostname: db
shop.yaml:6:3: error: database.port must be a whole number, not '5432x'
    write for example database.port: 5432 (the default)
shop.yaml:8:5: error: snapshot.mode must be one of initial, no_data, never, not 'intial'
    write snapshot.mode: initial
shop.yaml:9:3: error: poll.interval.ms must be a whole number, not '5s'
    write poll.interval.ms: 5000
shop.yaml:12:7: error: transforms.cast.type: there is no transform 'Cats$Value'
    write transforms.cast.type: Cast$Value`
  )
})
