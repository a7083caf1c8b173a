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

const text = string({ doc: 'A key of Debezium.', default: null, importance: 'LOW' })
const java = className({ doc: 'A key of Debezium.', default: null, importance: 'LOW' })
const flag = (value: boolean) =>
  boolean({ doc: 'A key of Debezium.', default: value, importance: 'LOW' })
const number = (value: number) =>
  long({ doc: 'A key of Debezium.', default: value, importance: 'LOW' })
const names = (value: readonly string[] = []) =>
  list({ doc: 'A key of Debezium.', default: value, importance: 'LOW' })

const later = <T>(declared: ConfigKey<T>, allow?: readonly string[]): ConfigKey<T> =>
  refused(declared, 'not built yet', allow)

const queue = 'rows are read ahead by bytes: see max.queue.size.in.bytes'
const oneReader = 'tables are read one after another'
const lineage = 'data lineage is not reported'
const ownRuntime = "the worker's own settings apply"

export const laterKeys = {
  'message.prefix.include.list': ignored(names(), 'logical decoding messages are not captured'),
  'message.prefix.exclude.list': ignored(names(), 'logical decoding messages are not captured'),
  'provide.transaction.metadata': later(flag(false), ['false']),
  'topic.transaction': ignored(text, 'transaction metadata is not built yet'),
  'topic.naming.strategy': refused(
    java,
    'topics are named by schema and table; rename them with a transform',
    [
      'io.debezium.schema.SchemaTopicNamingStrategy',
      'io.debezium.schema.DefaultTopicNamingStrategy'
    ]
  ),
  'topic.cache.size': ignored(number(10_000), 'topic names are kept with their tables'),
  'topic.heartbeat.name': later(text),
  'heartbeat.action.query': later(text),
  'skip.messages.without.change': later(flag(false), ['false']),
  'datatype.propagate.source.type': later(names()),
  'column.propagate.source.type': later(names()),
  'column.mask.hash.<algorithm>.with.salt.<salt>': later(names()),
  'column.mask.hash.v2.<algorithm>.with.salt.<salt>': later(names()),
  'column.mask.with.<n>.chars': later(names()),
  'column.truncate.to.<n>.chars': later(names()),
  converters: later(names()),
  'post.processors': later(names()),
  'snapshot.select.statement.overrides': later(names()),
  'snapshot.select.statement.overrides.<table>': later(text),
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
  'snapshot.locking.mode': refused(text, 'tables are never locked', ['none']),
  'snapshot.locking.mode.custom.name': later(text),
  'snapshot.lock.timeout.ms': ignored(number(10_000), 'tables are never locked'),
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
  'incremental.snapshot.chunk.size': ignored(number(1024), 'signals are not built yet'),
  'incremental.snapshot.allow.schema.changes': ignored(flag(false), 'signals are not built yet'),
  'incremental.snapshot.watermarking.strategy': ignored(text, 'signals are not built yet'),
  'signal.data.collection': later(text),
  'signal.enabled.channels': ignored(names(['source']), 'signals are not built yet'),
  'signal.kafka.topic': later(text),
  'signal.kafka.bootstrap.servers': later(text),
  'signal.file': later(text),
  'signal.poll.interval.ms': ignored(number(5000), 'signals are not built yet'),
  'read.only': later(flag(false), ['false']),
  'notification.enabled.channels': later(names()),
  'notification.sink.topic.name': ignored(text, 'notifications are not built yet'),
  'slot.stream.params': later(text),
  'replica.identity.autoset.values': later(names()),
  'schema.refresh.mode': ignored(text, 'the schema of a row is always the one it was written with'),
  'xmin.fetch.interval.ms': later(number(0), ['0']),
  'lsn.flush.mode': refused(
    text,
    'the slot advances when the offset is durable, and on an idle database too',
    ['connector', 'connector_and_driver']
  ),
  'lsn.flush.timeout.ms': ignored(number(30_000), 'the position is sent without waiting'),
  'lsn.flush.timeout.action': ignored(text, 'the position is sent without waiting'),
  'flush.lsn.source': refused(flag(true), 'an unconfirmed slot keeps WAL for ever', ['true']),
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
  'transaction.metadata.factory': ignored(text, 'transaction metadata is not built yet'),
  'openlineage.integration.enabled': ignored(flag(false), lineage),
  'openlineage.integration.config.file.path': ignored(text, lineage),
  'openlineage.integration.job.namespace': ignored(text, lineage),
  'openlineage.integration.job.description': ignored(text, lineage),
  'openlineage.integration.job.tags': ignored(names(), lineage),
  'openlineage.integration.job.owners': ignored(names(), lineage),
  'openlineage.integration.dataset.kafka.bootstrap.servers': ignored(text, lineage),
  'openlineage.integration.<key>': ignored(text, lineage),
  'database.sslfactory': refused(text, 'there are no Java classes to load', ['']),
  'internal.log.position.check.enable': ignored(flag(true), 'the position is always checked'),
  'internal.advanced.metrics.enable': ignored(flag(false), ownRuntime),
  'statistics.metrics.enabled': ignored(flag(true), ownRuntime),
  'custom.sanitize.pattern': ignored(text, 'secrets are always masked'),
  'memory.management.schemas.class': ignored(java, 'there are no Java classes to load'),
  'memory.management.tables.class': ignored(java, 'there are no Java classes to load'),
  'include.schema.comments': later(flag(false), ['false'])
} as const
