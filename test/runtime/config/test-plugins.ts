import * as key from '../../../runtime/api/config.ts'
import {
  defineConverter,
  defineHeaderConverter,
  definePredicate,
  defineSink,
  defineSource,
  defineTransform
} from '../../../runtime/api/connector.ts'
import type { LoadedConnector } from '../../../runtime/config/load-files.ts'
import type { AnyPlugin } from '../../../runtime/config/plugin-module.ts'
import { type PluginRegistry, Plugins } from '../../../runtime/config/plugins.ts'
import { References } from '../../../runtime/config/references.ts'

const unused = (): never => {
  throw new Error('tests of configurations create no tasks')
}

const source = defineSource({
  summary: 'A source to test with.',
  classNames: ['com.acme.AcmeSourceConnector'],
  config: {
    'database.hostname': key.string({
      doc: 'Host of the database.',
      importance: 'HIGH',
      examples: ['db']
    }),
    'database.port': key.int({ doc: 'Port.', default: 5432, min: 1, max: 65_535 }),
    'database.password': key.password({ doc: 'Password.', default: null }),
    'snapshot.mode': key.oneOf(['initial', 'no_data', 'never'], {
      doc: 'Mode.',
      default: 'initial'
    }),
    'poll.interval.ms': key.long({ doc: 'Pause.', default: 500, min: 1 }),
    'table.include.list': key.list({
      doc: 'Tables.',
      default: [],
      aliases: ['table.whitelist']
    }),
    'column.truncate.to.<n>.chars': key.list({ doc: 'Columns to truncate.', default: [] }),
    'heartbeat.on': key.boolean({ doc: 'Heartbeat.', default: false }),
    'old.style': key.ignored(key.boolean({ doc: 'Old.', default: false }), 'it is always so'),
    'plugin.name': key.refused(
      key.string({ doc: 'Decoder.', default: 'pgoutput' }),
      'only pgoutput is built in',
      ['pgoutput']
    )
  },
  validate: (config) =>
    config['snapshot.mode'] === 'never' && config['heartbeat.on']
      ? [{ key: 'heartbeat.on', message: 'heartbeat.on needs a snapshot' }]
      : [],
  createTask: unused
})

const sink = defineSink({
  summary: 'A sink to test with.',
  classNames: ['com.acme.AcmeSinkConnector'],
  config: { path: key.string({ doc: 'File to write.', default: 'out.txt' }) },
  createTask: unused
})

const plugins: Readonly<Record<string, AnyPlugin>> = {
  acme: source,
  'acme-sink': sink,
  cast: defineTransform({
    summary: 'Casts.',
    classNames: ['org.apache.kafka.connect.transforms.Cast$Value'],
    config: {
      spec: key.list({ doc: 'Fields and types.', default: [] }),
      depth: key.int({ doc: 'Depth.', default: 1 })
    },
    create: unused
  }),
  tombstone: definePredicate({ summary: 'Tombstones.', config: {}, create: unused }),
  json: defineConverter({
    summary: 'JSON.',
    classNames: ['org.apache.kafka.connect.json.JsonConverter'],
    config: { 'schemas.enable': key.boolean({ doc: 'Schemas.', default: true }) },
    create: unused
  }),
  simple: defineHeaderConverter({ summary: 'Simple.', config: {}, create: unused })
}

/** One plugin of every kind, so that tests of configurations do not depend on real connectors. */
export const registry: PluginRegistry = Object.fromEntries(
  Object.entries(plugins).map(([name, plugin]) => [
    name,
    {
      kind: plugin.kind,
      classNames: plugin.classNames ?? [],
      summary: plugin.summary,
      load: async () => ({ default: plugin })
    }
  ])
)

/** What `validateConnector` needs, with the given environment. */
export function testContext(
  env: Readonly<Record<string, string>> = {},
  cwd = process.cwd()
): { plugins: Plugins; references: References } {
  return {
    plugins: new Plugins({ registry, pluginPath: [], cwd }),
    references: new References({ env, cwd })
  }
}

/** A connector as if loaded from a file that gives one key per line, from line 3. */
export function loaded(config: Readonly<Record<string, string>>): LoadedConnector {
  const keys = Object.keys(config)
  return {
    name: config['name'] ?? 'test',
    config: { name: 'test', ...config },
    initialState: 'RUNNING',
    file: 'test.yaml',
    start: { line: 1, column: 1 },
    locate: (name) => (keys.includes(name) ? { line: keys.indexOf(name) + 3, column: 3 } : null)
  }
}
