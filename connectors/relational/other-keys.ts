import {
  boolean,
  type ConfigKey,
  className,
  ignored,
  int,
  list,
  long,
  refused,
  sameKeys,
  string
} from '../../runtime/api/config.ts'

// Debezium's other keys: accepted with a warning where leaving them out does no harm, refused where
// running without them would give other records than the configuration asks for.

export const text = string({ doc: 'A key of Debezium.', default: null, importance: 'LOW' })
export const java = className({ doc: 'A key of Debezium.', default: null, importance: 'LOW' })
export const flag = (value: boolean) =>
  boolean({ doc: 'A key of Debezium.', default: value, importance: 'LOW' })
export const number = (value: number) =>
  long({ doc: 'A key of Debezium.', default: value, importance: 'LOW' })
export const names = (value: readonly string[] = []) =>
  list({ doc: 'A key of Debezium.', default: value, importance: 'LOW' })

/** Not built yet, but for values that change nothing. */
export const later = <T>(declared: ConfigKey<T>, allow?: readonly string[]): ConfigKey<T> =>
  refused(declared, 'not built yet', allow)

const queue = 'rows are read ahead by bytes: see max.queue.size.in.bytes'
const oneReader = 'tables are read one after another'
const lineage = 'data lineage is not reported'
export const ownRuntime = "the worker's own settings apply"

/** Those that mean the same for every database. */
export const otherKeys = {
  'topic.cache.size': ignored(number(10_000), 'topic names are kept with their tables'),
  'topic.heartbeat.name': later(text),
  'post.processors': later(names()),
  ...sameKeys(
    [
      'snapshot.mode.configuration.based.snapshot.data',
      'snapshot.mode.configuration.based.snapshot.schema',
      'snapshot.mode.configuration.based.start.stream',
      'snapshot.mode.configuration.based.snapshot.on.schema.error',
      'snapshot.mode.configuration.based.snapshot.on.data.error'
    ],
    later(flag(false), ['false'])
  ),
  'snapshot.mode.custom.name': later(text),
  'snapshot.locking.mode.custom.name': later(text),
  'snapshot.isolation.mode': ignored(text, 'a snapshot is always read at REPEATABLE READ'),
  'snapshot.query.mode': later(text, ['select_all']),
  'snapshot.query.mode.custom.name': later(text),
  'snapshot.max.threads': ignored(number(1), oneReader),
  'snapshot.max.threads.multiplier': ignored(number(1), oneReader),
  'legacy.snapshot.max.threads': ignored(flag(false), oneReader),
  'internal.legacy.snapshot.max.threads': ignored(flag(false), oneReader),
  'internal.snapshot.scan.all.columns.force': ignored(flag(false), 'all columns are looked at'),
  'query.fetch.size': ignored(number(0), queue),
  'snapshot.fetch.size': ignored(number(10_240), queue),
  'snapshot.delay.ms': later(number(0), ['0']),
  'streaming.delay.ms': later(number(0), ['0']),
  'event.processing.failure.handling.mode': refused(text, 'no event is ever skipped', ['fail']),
  'table.ignore.builtin': refused(flag(true), 'system tables cannot be captured', ['true']),
  'max.queue.size': ignored(number(8192), queue),
  'queue.provider.type': ignored(text, queue),
  'poll.interval.ms': ignored(number(500), 'a change is passed on at once'),
  'poll.dispatch.interval.ms': ignored(number(0), 'a change is passed on at once'),
  'retriable.restart.connector.wait.ms': ignored(number(10_000), ownRuntime),
  'errors.max.retries': ignored(int({ doc: 'A key of Debezium.', default: -1 }), ownRuntime),
  'custom.metric.tags': ignored(names(), ownRuntime),
  'executor.shutdown.timeout.ms': ignored(number(4000), ownRuntime),
  'connection.validation.timeout.ms': ignored(number(60_000), ownRuntime),
  'guardrail.collections.max': ignored(number(0), 'there is no limit of tables'),
  'guardrail.collections.limit.action': ignored(text, 'there is no limit of tables'),
  'sourceinfo.struct.maker': later(java),
  'openlineage.integration.enabled': ignored(flag(false), lineage),
  'openlineage.integration.config.file.path': ignored(text, lineage),
  'openlineage.integration.job.namespace': ignored(text, lineage),
  'openlineage.integration.job.description': ignored(text, lineage),
  'openlineage.integration.job.tags': ignored(names(), lineage),
  'openlineage.integration.job.owners': ignored(names(), lineage),
  'openlineage.integration.dataset.kafka.bootstrap.servers': ignored(text, lineage),
  'openlineage.integration.<key>': ignored(text, lineage),
  'internal.log.position.check.enable': ignored(flag(true), 'the position is always checked'),
  'internal.advanced.metrics.enable': ignored(flag(false), ownRuntime),
  'statistics.metrics.enabled': ignored(flag(true), ownRuntime),
  'custom.sanitize.pattern': ignored(text, 'secrets are always masked'),
  'memory.management.schemas.class': ignored(java, 'there are no Java classes to load'),
  'memory.management.tables.class': ignored(java, 'there are no Java classes to load')
} as const
