import type { ListingRow } from '../../runtime/api/listing.ts'
import { rows } from '../relational/listing-rows.ts'

/** Keys of what is captured, and the events. */
export const eventsListing: readonly ListingRow[] = rows('Events', [
  'converters',
  'post.processors',
  'tombstones.on.delete',
  'heartbeat.interval.ms',
  'topic.heartbeat.prefix',
  'signal.data.collection',
  'signal.poll.interval.ms',
  'signal.enabled.channels',
  'topic.naming.strategy',
  'notification.enabled.channels',
  'notification.sink.topic.name',
  'transaction.metadata.factory',
  'custom.metric.tags',
  'column.include.list',
  'column.exclude.list',
  'table.include.list',
  'table.exclude.list',
  ['table.ignore.builtin', 'SHORT', 'Ignore system databases'],
  ['schema.include.list', 'LONG', 'Include Schemas', { importance: 'HIGH' }],
  ['schema.exclude.list', 'LONG', 'Exclude Schemas', { visible: false }],
  'message.key.columns',
  'snapshot.select.statement.overrides',
  'column.mask.hash.<algorithm>.with.salt.<salt>',
  'column.mask.with.<n>.chars',
  'column.truncate.to.<n>.chars',
  'include.schema.comments',
  'column.propagate.source.type',
  'datatype.propagate.source.type',
  'internal.snapshot.scan.all.columns.force',
  'snapshot.tables.order.by.row.count',
  'heartbeat.action.query',
  ['include.unknown.datatypes', 'SHORT', 'Include unknown datatypes'],
  [
    'sourceinfo.struct.maker',
    'MEDIUM',
    'Source info struct maker class',
    { default: 'io.debezium.connector.postgresql.PostgresSourceInfoStructMaker' }
  ]
])
