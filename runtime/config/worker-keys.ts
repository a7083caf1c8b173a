import {
  boolean,
  type ConfigKey,
  type ConfigOf,
  type ConfigSpec,
  className,
  ignored,
  int,
  list,
  long,
  oneOf,
  sameKeys,
  string
} from '../api/config.ts'
import { kafkaClientKeys } from './kafka-client-keys.ts'
import { restKeys } from './rest-keys.ts'

// Names and meanings are those of Kafka Connect 4.3 (WorkerConfig, DistributedConfig) and of Kafka's
// clients. Where a default differs, its doc says so.

const topicReplication = (of: string): ConfigKey<number> =>
  int({
    doc: `Replicas of the ${of} topic when it is created; -1 is the default of the broker (Kafka Connect: 3).`,
    default: -1,
    min: -1,
    group: 'Internal topics'
  })

const passedOn = (doc: string, group: string): ConfigKey<string | null> =>
  string({ doc, default: null, group })

/** Where topics live, and who the workers of a group are. */
const placeKeys = {
  'bootstrap.servers': string({
    doc: 'Addresses of Kafka brokers. Without it, topics are embedded: a folder under data.dir.',
    default: null,
    importance: 'HIGH',
    examples: ['localhost:9092'],
    validator: checkServers
  }),
  'data.dir': string({
    doc: 'Folder of the embedded topics; several workers on one machine may share it.',
    default: './.millrace',
    importance: 'HIGH'
  }),
  'group.id': string({
    doc: 'Name of the worker group: workers with the same name share the connectors.',
    default: 'millrace',
    importance: 'HIGH'
  }),
  'client.id': string({ doc: 'Name of the worker in the logs of the brokers.', default: '' }),
  'plugin.path': list({
    doc: 'Folders with plugins: npm packages, or .ts and .js files.',
    default: [],
    examples: ['./plugins']
  }),
  'plugin.discovery': ignored(
    string({ doc: 'How Kafka Connect scans for plugins.', default: 'hybrid_warn' }),
    'there are no Java classes to scan'
  )
} as const satisfies ConfigSpec

const converterKeys = {
  'key.converter': className({
    doc: 'Converter of record keys, for connectors that name none.',
    default: 'json',
    importance: 'HIGH',
    examples: ['json', 'org.apache.kafka.connect.json.JsonConverter']
  }),
  'key.converter.<key>': passedOn('Setting of the key converter.', 'Converters'),
  'value.converter': className({
    doc: 'Converter of record values, for connectors that name none.',
    default: 'json',
    importance: 'HIGH',
    examples: ['json', 'org.apache.kafka.connect.json.JsonConverter']
  }),
  'value.converter.<key>': passedOn('Setting of the value converter.', 'Converters'),
  'header.converter': className({
    doc: 'Converter of record headers, for connectors that name none.',
    default: 'simple',
    importance: 'LOW'
  }),
  'header.converter.<key>': passedOn('Setting of the header converter.', 'Converters')
} as const satisfies ConfigSpec

const taskKeys = {
  'task.threads': int({
    doc: 'Threads that tasks share; 0 is as many as the machine has cores.',
    default: 0,
    min: 0,
    max: 256,
    group: 'Tasks'
  }),
  'task.buffer.bytes': long({
    doc: 'The most bytes that one task has under way; more makes its source or its reader wait.',
    default: 8 * 1024 * 1024,
    min: 64 * 1024,
    group: 'Tasks'
  }),
  'task.shutdown.graceful.timeout.ms': long({
    doc: 'How long all tasks together may take to stop, in milliseconds.',
    default: 5000,
    min: 0,
    group: 'Tasks'
  }),
  'offset.flush.interval.ms': long({
    doc: 'How often sinks, and sources without exactly-once, store offsets, in milliseconds (Kafka Connect: 60000).',
    default: 5000,
    min: 1,
    group: 'Tasks'
  }),
  'offset.flush.timeout.ms': long({
    doc: 'How long storing offsets may take, in milliseconds.',
    default: 5000,
    min: 1,
    group: 'Tasks'
  }),
  'exactly.once.source.support': oneOf(['enabled', 'preparing', 'disabled'], {
    doc: 'Whether records and source offsets are written in one transaction (Kafka Connect: disabled).',
    default: 'enabled',
    group: 'Tasks'
  }),
  'topic.creation.enable': boolean({
    doc: 'Whether source connectors may create topics.',
    default: true,
    group: 'Tasks'
  }),
  'topic.tracking.enable': boolean({
    doc: 'Whether the topics that a connector uses are remembered.',
    default: true,
    group: 'Tasks'
  }),
  'topic.tracking.allow.reset': boolean({
    doc: 'Whether the REST API may forget them.',
    default: true,
    group: 'Tasks'
  }),
  'connector.client.config.override.policy': oneOf(['All', 'None'], {
    doc: 'Which producer.override., consumer.override. and admin.override. keys connectors may set.',
    default: 'All',
    group: 'Tasks'
  })
} as const satisfies ConfigSpec

const storeKeys = {
  'config.storage.topic': string({
    doc: 'Topic that holds the connectors (Kafka Connect: required).',
    default: 'connect-configs',
    group: 'Internal topics'
  }),
  'config.storage.replication.factor': topicReplication('config'),
  'config.storage.<topic config>': passedOn('Setting of the config topic.', 'Internal topics'),
  'offset.storage.topic': string({
    doc: 'Topic that holds source offsets (Kafka Connect: required).',
    default: 'connect-offsets',
    group: 'Internal topics'
  }),
  'offset.storage.partitions': int({
    doc: 'Partitions of the offsets topic when it is created.',
    default: 25,
    min: 1,
    group: 'Internal topics'
  }),
  'offset.storage.replication.factor': topicReplication('offsets'),
  'offset.storage.file.filename': ignored(
    string({ doc: 'Offsets file of the Java standalone mode.', default: null }),
    'offsets are kept in a topic; import an old file through the REST API'
  ),
  'offset.storage.<topic config>': passedOn('Setting of the offsets topic.', 'Internal topics'),
  'status.storage.topic': string({
    doc: 'Topic that holds the states of connectors and tasks (Kafka Connect: required).',
    default: 'connect-status',
    group: 'Internal topics'
  }),
  'status.storage.partitions': int({
    doc: 'Partitions of the status topic when it is created.',
    default: 5,
    min: 1,
    group: 'Internal topics'
  }),
  'status.storage.replication.factor': topicReplication('status'),
  'status.storage.<topic config>': passedOn('Setting of the status topic.', 'Internal topics')
} as const satisfies ConfigSpec

const groupKeys = {
  'session.timeout.ms': int({
    doc: 'A worker that is silent for so long is taken for dead, in milliseconds.',
    default: 10_000,
    min: 1000,
    group: 'Group'
  }),
  'heartbeat.interval.ms': int({
    doc: 'How often a worker says that it lives, and learns of a rebalance, in milliseconds (Kafka Connect: 3000).',
    default: 300,
    min: 100,
    group: 'Group'
  }),
  'rebalance.timeout.ms': int({
    doc: 'How long workers may take to rejoin, in milliseconds.',
    default: 60_000,
    min: 1000,
    group: 'Group'
  }),
  'scheduled.rebalance.max.delay.ms': int({
    doc: 'How long the tasks of a lost worker wait for it to come back, in milliseconds (Kafka Connect: 300000).',
    default: 0,
    min: 0,
    group: 'Group'
  }),
  'connect.protocol': ignored(
    string({ doc: 'Group protocol of the Java workers.', default: 'sessioned' }),
    'a group of Millrace workers has its own protocol'
  ),
  'inter.worker.signature.algorithm': string({
    doc: 'How requests between workers are signed.',
    default: 'HmacSHA256',
    group: 'Group'
  }),
  'inter.worker.verification.algorithms': list({
    doc: 'Signatures that are accepted on requests between workers.',
    default: ['HmacSHA256'],
    group: 'Group'
  }),
  'inter.worker.key.ttl.ms': int({
    doc: 'How long one key signs requests between workers, in milliseconds.',
    default: 3_600_000,
    min: 0,
    group: 'Group'
  }),
  'inter.worker.<key>': ignored(
    string({ doc: 'How the Java workers make their keys.', default: null }),
    'keys have 32 random bytes'
  ),
  'worker.sync.timeout.ms': int({
    doc: 'Time to catch up, in milliseconds.',
    default: 3000,
    min: 1
  }),
  'worker.unsync.backoff.ms': int({
    doc: 'Pause after failing to catch up, in milliseconds.',
    default: 300_000,
    min: 0
  })
} as const satisfies ConfigSpec

const otherKeys = {
  'config.providers': list({
    doc: 'Names of config providers besides env, file and dir, for references such as ${name:path:key}.',
    default: [],
    group: 'References'
  }),
  'config.providers.<name>.class': className({
    doc: 'EnvVarConfigProvider, FileConfigProvider or DirectoryConfigProvider, by their Java class names.',
    default: null,
    group: 'References'
  }),
  'config.providers.<name>.param.<key>': passedOn(
    'Limits of a provider: allowed.paths, allowlist.pattern.',
    'References'
  ),
  'log.level': oneOf(['debug', 'info', 'warn', 'error'], {
    doc: 'The least severe lines to log.',
    default: 'info',
    group: 'Log and metrics'
  }),
  'log.format': oneOf(['auto', 'json', 'pretty'], {
    doc: 'JSON lines, or text for people; auto is text on a terminal.',
    default: 'auto',
    group: 'Log and metrics'
  }),
  'metrics.names': oneOf(['both', 'full', 'short'], {
    doc: 'Which names the figures of Kafka Connect have at /metrics: see docs/metrics.md.',
    default: 'both',
    group: 'Log and metrics'
  }),
  'metrics.sample.window.ms': long({
    doc: 'Length of one sample of the rates, averages and maxima at /metrics, in milliseconds.',
    default: 30_000,
    min: 1,
    group: 'Log and metrics'
  }),
  'metrics.num.samples': int({
    doc: 'How many such samples rates, averages and maxima look back.',
    default: 2,
    min: 1,
    group: 'Log and metrics'
  }),
  ...sameKeys(
    ['metric.reporters', 'metrics.recording.level'],
    ignored(
      string({ doc: 'JMX metrics of the Java workers.', default: null, group: 'Log and metrics' }),
      'metrics are at /metrics in the format of Prometheus'
    )
  )
} as const satisfies ConfigSpec

/** Keys of a worker file. */
export const workerKeys = {
  ...placeKeys,
  ...converterKeys,
  ...taskKeys,
  ...storeKeys,
  ...groupKeys,
  // Before the keys of the clients: admin.listeners. is none of the admin client.
  ...restKeys,
  ...kafkaClientKeys,
  ...otherKeys
} as const satisfies ConfigSpec

/** A parsed worker file. Keys of patterns, such as `producer.`, are there under their real names. */
export type WorkerConfig = ConfigOf<typeof workerKeys>

function checkServers(servers: string | null): string | undefined {
  const wrong = servers?.split(',').find((server) => !/^\s*\S+:\d{1,5}\s*$/.test(server))
  return wrong === undefined ? undefined : `must be host:port pairs; '${wrong}' is not one`
}
