import { ignored, refused } from '../../runtime/api/config.ts'
import { flag, java, later, names, number, otherKeys, text } from '../relational/other-keys.ts'

export const laterKeys = {
  ...otherKeys,
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
  'heartbeat.action.query': later(text),
  'skip.messages.without.change': later(flag(false), ['false']),
  'datatype.propagate.source.type': later(names()),
  'column.propagate.source.type': later(names()),
  'column.mask.hash.<algorithm>.with.salt.<salt>': later(names()),
  'column.mask.hash.v2.<algorithm>.with.salt.<salt>': later(names()),
  'column.mask.with.<n>.chars': later(names()),
  'column.truncate.to.<n>.chars': later(names()),
  converters: later(names()),
  'snapshot.select.statement.overrides': later(names()),
  'snapshot.select.statement.overrides.<table>': later(text),
  'snapshot.locking.mode': refused(text, 'tables are never locked', ['none']),
  'snapshot.lock.timeout.ms': ignored(number(10_000), 'tables are never locked'),
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
  'transaction.metadata.factory': ignored(text, 'transaction metadata is not built yet'),
  'database.sslfactory': refused(text, 'there are no Java classes to load', ['']),
  'include.schema.comments': later(flag(false), ['false'])
} as const
