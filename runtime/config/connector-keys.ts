import {
  boolean,
  type ConfigSpec,
  className,
  ignored,
  int,
  list,
  long,
  oneOf,
  refused,
  short,
  string
} from '../api/config.ts'
import { listed } from '../api/listing.ts'
import { regexProblem } from '../api/regex.ts'
import { connectorListing, sinkListing, sourceListing } from './connector-listing.ts'

// Names, defaults and meanings are those of Kafka Connect 4.3 (ConnectorConfig, SourceConnectorConfig,
// SinkConnectorConfig, TopicCreationConfig), so that existing configurations load as they are.

const overrideDoc = (client: string): string =>
  `Setting of the connector's Kafka ${client}, such as a timeout; no effect on embedded topics.`

const pluginVersion = (of: string) =>
  ignored(
    string({ doc: `Version range of the ${of} plugin.`, default: null, importance: 'LOW' }),
    'plugins are npm packages here, and the package has one version'
  )

const allConnectorKeys = {
  name: string({
    doc: 'Name of the connector, unique in the worker group.',
    importance: 'HIGH',
    examples: ['shop'],
    validator: checkName
  }),
  'connector.class': className({
    doc: 'The plugin: a short name, a Java class name, an npm package or a file.',
    importance: 'HIGH',
    examples: ['postgres', 'io.debezium.connector.postgresql.PostgresConnector', './my-source.ts']
  }),
  'connector.plugin.version': pluginVersion('connector'),
  'tasks.max': int({
    doc: 'The most tasks that the work may be split over.',
    default: 1,
    min: 1,
    importance: 'HIGH'
  }),
  'tasks.max.enforce': boolean({
    doc: 'Whether more tasks than tasks.max fail the connector.',
    default: true,
    importance: 'LOW'
  }),
  'key.converter': className({
    doc: "Converter of record keys. Without it the worker's, with the worker's settings.",
    default: null,
    importance: 'LOW',
    examples: ['json', 'string']
  }),
  'key.converter.plugin.version': pluginVersion('key converter'),
  'value.converter': className({
    doc: "Converter of record values. Without it the worker's, with the worker's settings.",
    default: null,
    importance: 'LOW',
    examples: ['json', 'string']
  }),
  'value.converter.plugin.version': pluginVersion('value converter'),
  'header.converter': className({
    doc: "Converter of record headers. Without it the worker's.",
    default: null,
    importance: 'LOW',
    examples: ['simple']
  }),
  'header.converter.plugin.version': pluginVersion('header converter'),
  transforms: list({
    doc: 'Aliases of the transforms, in the order in which they are applied.',
    default: [],
    importance: 'LOW',
    validator: uniqueAliases
  }),
  predicates: list({
    doc: 'Aliases of the predicates that transforms refer to.',
    default: [],
    importance: 'LOW',
    validator: uniqueAliases
  }),
  'config.action.reload': ignored(
    oneOf(['none', 'restart'], {
      doc: 'What happens when a secret changes outside.',
      default: 'restart',
      exact: true,
      importance: 'LOW'
    }),
    'secrets are read when a task starts; restart the connector to read them again'
  ),
  'errors.retry.timeout': long({
    doc: 'How long a failed operation on a record is tried again, in milliseconds; -1 is forever, less is not at all.',
    default: 0,
    group: 'Errors'
  }),
  'errors.retry.delay.max.ms': long({
    doc: 'The longest pause between two tries, in milliseconds.',
    default: 60_000,
    group: 'Errors'
  }),
  'errors.tolerance': oneOf(['none', 'all'], {
    doc: 'Whether a record that cannot be processed fails the task, or is set aside and counted.',
    default: 'none',
    exact: true,
    group: 'Errors'
  }),
  'errors.log.enable': boolean({
    doc: 'Log every error, also the tolerated ones.',
    default: false,
    group: 'Errors'
  }),
  'errors.log.include.messages': boolean({
    doc: 'Name the record in the log line of an error.',
    default: false,
    group: 'Errors'
  }),
  'producer.override.<key>': string({
    doc: overrideDoc('producer'),
    default: null,
    group: 'Clients'
  }),
  'consumer.override.<key>': string({
    doc: overrideDoc('consumer'),
    default: null,
    group: 'Clients'
  }),
  'admin.override.<key>': string({
    doc: overrideDoc('admin client'),
    default: null,
    group: 'Clients'
  })
} as const satisfies ConfigSpec

/** Keys that every connector has. */
export const connectorKeys = listed(allConnectorKeys, connectorListing)

const allSourceKeys = {
  'topic.creation.groups': list({
    doc: 'Groups of topics with settings of their own; the group "default" is always there.',
    default: [],
    importance: 'LOW',
    group: 'Topic creation',
    validator: uniqueAliases
  }),
  'topic.creation.default.partitions': int({
    doc: 'Partitions of topics that the connector creates; -1 is the default of the broker.',
    default: null,
    min: -1,
    group: 'Topic creation',
    validator: notZero
  }),
  'topic.creation.default.replication.factor': int({
    doc: 'Replicas of topics that the connector creates; -1 is the default of the broker.',
    default: null,
    min: -1,
    group: 'Topic creation',
    validator: notZero
  }),
  'topic.creation.<group>.include': list({
    doc: 'Regular expressions of the topics that belong to the group.',
    default: [],
    group: 'Topic creation',
    validator: validRegexes
  }),
  'topic.creation.<group>.exclude': list({
    doc: 'Regular expressions of topics that do not belong to the group; wins over include.',
    default: [],
    group: 'Topic creation',
    validator: validRegexes
  }),
  'topic.creation.<group>.partitions': int({
    doc: 'Partitions of the topics of the group.',
    default: null,
    min: -1,
    group: 'Topic creation',
    validator: notZero
  }),
  'topic.creation.<group>.replication.factor': int({
    doc: 'Replicas of the topics of the group.',
    default: null,
    min: -1,
    group: 'Topic creation',
    validator: notZero
  }),
  'topic.creation.<group>.<config>': string({
    doc: 'Topic setting for new topics of the group, such as cleanup.policy.',
    default: null,
    group: 'Topic creation'
  }),
  'exactly.once.support': oneOf(['required', 'requested'], {
    doc: 'With required, a worker that cannot write exactly once refuses the connector.',
    default: 'requested'
  }),
  'transaction.boundary': refused(
    oneOf(['interval', 'poll', 'connector'], {
      doc: 'Where transactions end.',
      default: 'poll'
    }),
    'transactions end by size, time and idleness; every one ends after a whole poll',
    ['poll', 'interval']
  ),
  'transaction.boundary.interval.ms': long({
    doc: 'The longest a transaction stays open, in milliseconds. By default a few milliseconds.',
    default: null,
    min: 0,
    importance: 'LOW'
  }),
  'offsets.storage.topic': string({
    doc: 'A topic of its own for the offsets of the connector. They are copied to the offsets topic of the worker group, too.',
    default: null,
    importance: 'LOW',
    validator: (topic) => (topic !== null && topic.trim() === '' ? 'must not be empty' : undefined),
    listing: { refusal: () => 'String must be non-empty' }
  })
} as const satisfies ConfigSpec

/** Keys that source connectors have besides. */
export const sourceConnectorKeys = listed(allSourceKeys, sourceListing)

const allSinkKeys = {
  topics: list({
    doc: 'Topics to read.',
    default: [],
    importance: 'HIGH',
    examples: ['shop.public.orders']
  }),
  'topics.regex': string({
    doc: 'Regular expression of the topics to read; it matches the whole name.',
    default: null,
    importance: 'HIGH',
    examples: ['shop\\.public\\..*'],
    validator: (value) => (value === null ? undefined : regexProblem(value))
  }),
  'errors.deadletterqueue.topic.name': string({
    doc: 'Topic for records that cannot be processed, with errors.tolerance: all.',
    default: '',
    group: 'Errors'
  }),
  'errors.deadletterqueue.topic.replication.factor': short({
    doc: 'Replicas of that topic when it is created; -1 is the default of the broker.',
    default: 3,
    group: 'Errors'
  }),
  'errors.deadletterqueue.context.headers.enable': boolean({
    doc: 'Add headers that say where the record came from and what was wrong.',
    default: false,
    group: 'Errors'
  })
} as const satisfies ConfigSpec

/** Keys that sink connectors have besides. Exactly one of `topics` and `topics.regex` is given. */
export const sinkConnectorKeys = listed(allSinkKeys, sinkListing)

/** Keys of each entry of `transforms`, under `transforms.<alias>.`. */
export const transformKeys = {
  type: className({ doc: 'The transform: a short name or a Java class name.', importance: 'HIGH' }),
  predicate: string({ doc: 'Alias of the predicate that says when to apply it.', default: null }),
  negate: boolean({ doc: 'Apply where the predicate is false.', default: false }),
  'plugin.version': pluginVersion('transform')
} as const satisfies ConfigSpec

/** Keys of each entry of `predicates`, under `predicates.<alias>.`. */
export const predicateKeys = {
  type: className({ doc: 'The predicate: a short name or a Java class name.', importance: 'HIGH' }),
  'plugin.version': pluginVersion('predicate')
} as const satisfies ConfigSpec

function checkName(name: string | null): string | undefined {
  if (name === null || name.trim() === '') return 'must not be empty'
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  return /[\u0000-\u001f\u007f-\u009f]/.test(name)
    ? 'must not have control characters such as a tab or a line break'
    : undefined
}

function uniqueAliases(aliases: readonly string[]): string | undefined {
  const twice = aliases.find((alias, index) => aliases.indexOf(alias) !== index)
  if (twice !== undefined) return `must not name '${twice}' twice`
  return aliases.includes('')
    ? 'must not have an empty name; is there a comma too many?'
    : undefined
}

function notZero(value: number | null): string | undefined {
  return value === 0 ? 'must be -1 (the default of the broker) or at least 1, not 0' : undefined
}

function validRegexes(patterns: readonly string[]): string | undefined {
  for (const pattern of patterns) {
    const problem = regexProblem(pattern)
    if (problem) return problem
  }
  return undefined
}
