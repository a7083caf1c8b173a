import { type Attack, type FuzzWorld, headText, jsonOf, simple } from './fuzz-requests.ts'
import type { Random } from './random.ts'

/** An operation of `/openapi.json`. */
export interface ApiRoute {
  readonly method: string
  /** With its parameters in braces. */
  readonly path: string
  /** Name of the schema of its body. */
  readonly body: string | null
}

/** What attacks can make use of that know the API. */
export interface ApiWorld extends FuzzWorld {
  readonly routes: readonly ApiRoute[]
  /** Its files may be read and written by connectors. */
  readonly folder: string
  /** A reference to a secret. */
  readonly secret: string
}

/** The operations of a description in OpenAPI. */
export function routesOf(description: unknown): ApiRoute[] {
  const { paths } = description as { paths: Record<string, Record<string, object>> }
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([method]) => /^(get|post|put|patch|delete)$/.test(method))
      .map(([method, operation]) => {
        const body = /"requestBody".*?schemas\/(\w+)"/.exec(JSON.stringify(operation))?.[1]
        return { method: method.toUpperCase(), path, body: body ?? null }
      })
  )
}

type Maker = (random: Random, world: ApiWorld) => Omit<Attack, 'name'>

/** The attack of a random number. The same number gives the same bytes. */
export function apiAttackOf(random: Random, world: ApiWorld): Attack {
  const [name, make] = random.pick(Object.entries(MAKERS))
  return { name, ...make(random, world) }
}

const MAKERS: Readonly<Record<string, Maker>> = {
  'a route': (random, world) => {
    const route = random.pick(world.routes)
    const body = random.below(3) === 0 ? jsonOf(random, 4) : bodyOf(route.body, random, world)
    return send(world, route.method, filled(route.path, random) + queryOf(random), body)
  },
  'a new connector': (random, world) =>
    send(world, 'POST', '/connectors', mutated(random, createOf(random, world))),
  'a config': (random, world) =>
    send(
      world,
      random.pick(['PUT', 'PATCH']),
      `/connectors/${nameOf(random)}/config`,
      mutated(random, configOf(random, world))
    ),
  'a validation': (random, world) => {
    const config = configOf(random, world)
    const path = filled('/connector-plugins/{plugin}/config/validate', random)
    return send(world, 'PUT', path, mutated(random, config))
  },
  'a large config': (random, world) => {
    const config: Record<string, unknown> = configOf(random, world)
    for (let n = random.below(4000); n > 0; n--) {
      config[`${random.pick(['', 'transforms.', 'x.'])}${n}`] = 'y'.repeat(random.below(100))
    }
    return send(world, 'PUT', `/connectors/${nameOf(random)}/config`, config)
  },
  offsets: (random, world) =>
    send(
      world,
      'PATCH',
      `/connectors/${nameOf(random)}/offsets`,
      mutated(random, offsetsOf(random))
    ),
  'a forged signature': (random, world) => {
    const path = `/connectors/${random.pick(['steady', 'one', '..', ''])}`
    const body = JSON.stringify([configOf(random, world)])
    const head = random.pick([
      { method: 'POST', path: `${path}/tasks`, login: world.login },
      { method: 'PUT', path: `${path}/fence`, login: '' }
    ])
    const headers = [
      `X-Connect-Authorization: ${random.pick(['', 'AAAA', '%%%', 'x'.repeat(5000)])}`,
      `X-Connect-Request-Signature-Algorithm: ${random.pick(['HmacSHA256', 'HmacMD5', 'none', ''])}`,
      JSON_TYPE
    ]
    return { ...simple(head, body, headers), refused: true }
  },
  'one thing after another': (random, world) => {
    const name = nameOf(random)
    const parts = Array.from({ length: 2 + random.below(8) }, () => {
      const [method, path, body] = random.pick(STEPS)(name, random, world)
      const text = body === null ? '' : JSON.stringify(body)
      const headers = [JSON_TYPE, `Content-Length: ${Buffer.byteLength(text)}`]
      return headText({ method, path, login: world.login }, headers, 'keep-alive') + text
    })
    return { parts: [Buffer.from(parts.join(''))], ending: 'half-close', refused: false }
  }
}

type Step = readonly [method: string, path: string, body: unknown]

/** What is done to one connector. */
const STEPS: readonly ((name: string, random: Random, world: ApiWorld) => Step)[] = [
  (name, random, world) => ['PUT', `/connectors/${name}/config`, configOf(random, world)],
  (name) => ['PUT', `/connectors/${name}/pause`, null],
  (name) => ['PUT', `/connectors/${name}/resume`, null],
  (name) => ['PUT', `/connectors/${name}/stop`, null],
  (name) => ['DELETE', `/connectors/${name}`, null],
  (name) => ['DELETE', `/connectors/${name}/offsets`, null],
  (name, random) => ['PATCH', `/connectors/${name}/offsets`, offsetsOf(random)],
  (name, random) => ['POST', `/connectors/${name}/restart${queryOf(random)}`, null],
  (name) => ['POST', `/connectors/${name}/tasks/0/restart`, null],
  (name) => ['GET', `/connectors/${name}/status`, null],
  (name) => ['PUT', `/connectors/${name}/topics/reset`, null]
]

const JSON_TYPE = 'Content-Type: application/json'

function send(
  { login }: ApiWorld,
  method: string,
  path: string,
  body: unknown
): Omit<Attack, 'name'> {
  const text = method === 'GET' || body === undefined ? '' : JSON.stringify(body)
  return simple({ method, path, login }, text, [JSON_TYPE])
}

function filled(path: string, random: Random): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, parameter: string) => {
    if (random.below(4) === 0) return encoded(random.pick(ODD_NAMES))
    if (parameter === 'connector') return nameOf(random)
    if (parameter === 'task') return random.pick(['0', '0', '1', '-1', '2147483648', 'x', '+0'])
    if (parameter === 'logger') return random.pick(['root', 'org.apache.kafka', '', 'a..b'])
    return encoded(random.pick(CLASSES))
  })
}

/** Mostly a name that other attacks use, too; never the one that has to stay well. */
function nameOf(random: Random): string {
  return random.below(5) === 0
    ? encoded(random.pick(ODD_NAMES))
    : random.pick(['one', 'two', 'three'])
}

const encoded = (text: string) => (text.isWellFormed() ? encodeURIComponent(text) : '%ed%a0%80')

function queryOf(random: Random): string {
  const query = Array.from({ length: random.below(4) }, () =>
    random.pick([
      'expand=status',
      'expand=info',
      'includeTasks=true',
      'onlyFailed=true',
      'onlyFailed=maybe',
      'forward=true',
      'forward=false',
      'scope=cluster',
      'scope=%00',
      'connectorsOnly=false',
      'version=1.0',
      'version=%5B('
    ])
  )
  return query.length === 0 ? '' : `?${query.join('&')}`
}

function bodyOf(schema: string | null, random: Random, world: ApiWorld): unknown {
  if (schema === null) return random.below(2) === 0 ? undefined : jsonOf(random, 2)
  if (schema === 'CreateConnector') return mutated(random, createOf(random, world))
  if (schema === 'Config') return mutated(random, configOf(random, world))
  if (schema === 'TaskConfigs') return [mutated(random, configOf(random, world))]
  if (schema === 'Offsets') return mutated(random, offsetsOf(random))
  return mutated(random, { level: random.pick(['DEBUG', 'info', 'loud', '']) })
}

function createOf(random: Random, world: ApiWorld): Record<string, unknown> {
  const name = random.below(3) === 0 ? random.pick(ODD_NAMES) : random.pick(['one', 'two', 'three'])
  const state = random.pick(['RUNNING', 'paused', 'STOPPED', 'GONE', ''])
  return { name, config: configOf(random, world), ...(state && { initial_state: state }) }
}

/** A config that would do, with some keys that make it another one. */
function configOf(random: Random, world: ApiWorld): Record<string, string> {
  const { folder, secret } = world
  const files = [`${folder}/lines.txt`, `${folder}/none.txt`, folder, '/dev/zero', '']
  const bases = [
    { 'connector.class': 'FileStreamSource', file: random.pick(files), topic: random.pick(TOPICS) },
    { 'connector.class': 'FileStreamSink', file: `${folder}/out.txt`, topics: random.pick(TOPICS) },
    {
      'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
      'database.hostname': '127.0.0.1',
      'database.port': random.pick(['1', '0', '-1', '99999']),
      'database.user': random.pick(['x', secret]),
      'database.password': secret,
      'database.dbname': 'x',
      'topic.prefix': random.pick(TOPICS)
    },
    {
      'connector.class': 'postgres-sink',
      'connection.url': `postgresql://x:${secret}@127.0.0.1:1/x`,
      topics: random.pick(TOPICS)
    },
    { 'connector.class': random.pick(CLASSES), topics: random.pick(TOPICS) }
  ]
  const more = Array.from({ length: random.below(5) }, () => {
    const key = random.pick(Object.keys(VALUES))
    // What a topic or a group is called is no secret, however it was written.
    const others = /topic|name|group/.test(key) ? ODD_NAMES : [secret, ...ODD_NAMES]
    return [key, random.pick([...(VALUES[key] ?? []), ...others])]
  })
  return { ...random.pick(bases), ...Object.fromEntries(more) }
}

function offsetsOf(random: Random): Record<string, unknown> {
  const partitions = [
    { filename: 'lines.txt' },
    { kafka_topic: random.pick(TOPICS), kafka_partition: random.pick([0, -1, 1e9, '0', 0.5]) },
    { server: 'x' },
    {},
    null
  ]
  const offsets = [
    { position: random.pick([0, -1, 2 ** 60, '3', 1.5]) },
    { kafka_offset: random.pick([0, -5, '7', 1e300]) },
    { lsn: -1, txId: 2 ** 53 },
    {},
    null
  ]
  return {
    offsets: Array.from({ length: random.below(4) }, () => ({
      partition: random.pick(partitions),
      offset: random.pick(offsets)
    }))
  }
}

/** Half of the values stay as they are; of the others one part is something else, or one key more. */
function mutated(random: Random, value: Record<string, unknown>): unknown {
  if (random.below(2) === 0) return value
  if (random.below(8) === 0) return random.pick([[value], { value }, JSON.stringify(value)])
  const key = random.pick([...Object.keys(value), '__proto__', 'constructor', 'x', ''])
  return Object.fromEntries([...Object.entries(value), [key, jsonOf(random, 3)]])
}

const ODD_NAMES = [
  '',
  ' ',
  '.',
  '..',
  '../../etc/passwd',
  'a/b',
  'a;b=c',
  'a%2fb',
  '\u0000',
  '\n',
  '\ud800',
  '\u{1f600}',
  '__proto__',
  'constructor',
  'x'.repeat(300),
  'y'.repeat(3000),
  '${env:HOME}',
  '${nope:x:y}',
  '${file:/etc/passwd:root}',
  '$${',
  'steady-0'
] as const

const CLASSES = [
  'FileStreamSource',
  'FileStreamSink',
  'postgres',
  'postgres-sink',
  'JsonConverter',
  'org.apache.kafka.connect.transforms.HoistField$Value',
  './test/support/connectors/number-source.ts',
  '../../etc/passwd',
  '/etc/passwd',
  'file:///etc/passwd',
  'C:\\windows\\x.js',
  'data:text/javascript,process.exit(1)',
  'node:process',
  'typescript/lib/tsc.js',
  'lmdb',
  '__proto__',
  'constructor',
  'toString',
  ''
] as const

const TOPICS = [
  'lines',
  'a b',
  '',
  '..',
  ',',
  'connect-configs',
  't'.repeat(300),
  '\u0000'
] as const

/** Keys of the framework, with values that somebody could try. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  name: ['other', 'one'],
  'tasks.max': ['3', '0', '-1', '50', '2147483647', '99999999999', 'NaN', '1e3'],
  topics: ['lines', 'lines,connect-status', '*'],
  'topics.regex': ['.*', '(', '(a+)+$', '\\'],
  'key.converter': CLASSES,
  'value.converter': CLASSES,
  'value.converter.schemas.enable': ['maybe', ''],
  'header.converter': CLASSES,
  transforms: ['a', 'a,a', ',', 'a'.repeat(200)],
  'transforms.a.type': CLASSES,
  'transforms.a.predicate': ['p', ''],
  'transforms.a.field': ['x', ''],
  predicates: ['p', 'p,p'],
  'predicates.p.type': CLASSES,
  'predicates.p.pattern': ['(a+)+$', '['],
  'errors.tolerance': ['all', 'some'],
  'errors.retry.timeout': ['-1', '9223372036854775808'],
  'errors.deadletterqueue.topic.name': TOPICS,
  'topic.creation.groups': ['a', 'a,default', ','],
  'topic.creation.default.partitions': ['0', '1000000', 'x'],
  'topic.creation.default.replication.factor': ['-1', '40000'],
  'producer.override.bootstrap.servers': ['127.0.0.1:1', '', ':'],
  'consumer.override.max.poll.records': ['0', '-1', 'x'],
  'consumer.override.group.id': ['', 'connect-steady'],
  'consumer.override.metadata.max.age.ms': ['0', '-1', 'x', '1e99'],
  'connector.plugin.version': ['1.0', '(,', '[1,2)'],
  'config.action.reload': ['restart', 'x'],
  'exactly.once.support': ['required', 'x'],
  'batch.size': ['0', '2147483648'],
  'max.line.bytes': ['1024', '0'],
  'file.poll.interval.ms': ['0', '1', '99999999999'],
  'slot.name': ['"', "';", 'UPPER'],
  'table.include.list': ['(', '(a+)+$'],
  'signal.data.collection': ['.', 'a.b.c.d'],
  'max.batch.size': ['0', '-1'],
  'heartbeat.interval.ms': ['-1', '1'],
  'connection.password': ['x'],
  'insert.mode': ['upsert', 'drop'],
  'pk.fields': [',', '*']
}
