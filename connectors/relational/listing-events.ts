import type { Row } from './listing-row.ts'

/** Keys of events, and of which tables and columns they come from, in Debezium's order. */
export const captureRows: readonly Row[] = [
  [
    'converters',
    'MEDIUM',
    'List of prefixes defining custom values converters.',
    { type: 'STRING' }
  ],
  ['post.processors', 'MEDIUM', 'List of change event post processors.', { type: 'STRING' }],
  [
    'tombstones.on.delete',
    'SHORT',
    'Change the behaviour of Debezium with regards to delete operations'
  ],
  ['heartbeat.interval.ms', 'MEDIUM', 'Connector heartbeat interval (milli-seconds)'],
  ['topic.heartbeat.prefix', 'MEDIUM', 'A prefix used for naming of heartbeat topics'],
  [
    'signal.data.collection',
    'MEDIUM',
    'Signaling data collection',
    { type: 'LIST', importance: 'MEDIUM' }
  ],
  [
    'signal.poll.interval.ms',
    'SHORT',
    'Signal processor poll interval',
    { type: 'LONG', importance: 'MEDIUM' }
  ],
  ['signal.enabled.channels', 'LONG', 'Enabled channels names', { importance: 'MEDIUM' }],
  [
    'topic.naming.strategy',
    'MEDIUM',
    'Topic naming strategy class',
    { default: 'io.debezium.schema.SchemaTopicNamingStrategy', importance: 'MEDIUM' }
  ],
  [
    'notification.enabled.channels',
    'LONG',
    'Enabled notification channels names',
    { importance: 'MEDIUM' }
  ],
  ['notification.sink.topic.name', 'LONG', 'Notification topic name', { importance: 'HIGH' }],
  [
    'transaction.metadata.factory',
    'MEDIUM',
    'Factory class to create transaction context & transaction struct maker classes',
    { type: 'CLASS', default: 'io.debezium.pipeline.txmetadata.DefaultTransactionMetadataFactory' }
  ],
  ['custom.metric.tags', 'MEDIUM', 'Customize metric tags'],
  ['column.include.list', 'LONG', 'Include Columns'],
  ['column.exclude.list', 'LONG', 'Exclude Columns'],
  ['table.include.list', 'LONG', 'Include Tables', { importance: 'HIGH' }],
  ['table.exclude.list', 'LONG', 'Exclude Tables']
]

/** Keys of what becomes of columns, in Debezium's order. */
export const columnRows: readonly Row[] = [
  ['message.key.columns', 'LONG', 'Columns PK mapping'],
  [
    'snapshot.select.statement.overrides',
    'LONG',
    'List of tables where the default select statement used during snapshotting should be overridden.',
    { type: 'STRING', importance: 'MEDIUM' }
  ],
  [
    'column.mask.hash.<algorithm>.with.salt.<salt>',
    'LONG',
    'Mask Columns Using Hash and Salt',
    { name: 'column.mask.hash.([^.]+).with.salt.(.+)', type: 'STRING', importance: 'MEDIUM' }
  ],
  [
    'column.mask.with.<n>.chars',
    'NONE',
    'Mask Columns With n Asterisks',
    { name: 'column.mask.with.(d+).chars', type: 'STRING', importance: 'MEDIUM' }
  ],
  [
    'column.truncate.to.<n>.chars',
    'NONE',
    'Truncate Columns To n Characters',
    { name: 'column.truncate.to.(d+).chars', type: 'INT', importance: 'MEDIUM' }
  ]
]

/** Keys of details of events and snapshots, in Debezium's order. */
export const detailRows: readonly Row[] = [
  [
    'include.schema.comments',
    'SHORT',
    'Include Table and Column Comments',
    { importance: 'MEDIUM' }
  ],
  [
    'column.propagate.source.type',
    'NONE',
    'Propagate Source Types by Columns',
    { importance: 'MEDIUM' }
  ],
  [
    'datatype.propagate.source.type',
    'NONE',
    'Propagate Source Types by Data Type',
    { importance: 'MEDIUM' }
  ],
  [
    'internal.snapshot.scan.all.columns.force',
    'SHORT',
    'Snapshot force scan all columns of all tables'
  ],
  [
    'snapshot.tables.order.by.row.count',
    'NONE',
    'Initial snapshot tables order by row count',
    { recommended: ['disabled', 'ascending', 'descending'] }
  ],
  ['heartbeat.action.query', 'MEDIUM', 'An optional query to execute with every heartbeat']
]
