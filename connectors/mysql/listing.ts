import type { ListingRow } from '../../runtime/api/listing.ts'
import type { Row } from '../relational/listing-row.ts'
import { rows } from '../relational/listing-rows.ts'
import type { Flavor } from './types/column-codec.ts'

const SANITIZED =
  '.*secret$|.*password$|.*sasl\\.jaas\\.config$|.*basic\\.auth\\.user\\.info|.*registry\\.auth\\.client-secret'

const historyListing = rows('History Storage', [
  [
    'schema.history.internal',
    'LONG',
    'Database schema history class',
    {
      type: 'CLASS',
      default: 'io.debezium.storage.kafka.history.KafkaSchemaHistory',
      importance: 'LOW'
    }
  ],
  [
    'schema.history.internal.skip.unparseable.ddl',
    'SHORT',
    'Skip DDL statements that cannot be parsed',
    { type: 'BOOLEAN', default: 'false', importance: 'LOW' }
  ],
  [
    'schema.history.internal.store.only.captured.tables.ddl',
    'SHORT',
    'Store only DDL that modifies tables that are captured based on include/exclude lists',
    { type: 'BOOLEAN', default: 'false', importance: 'LOW' }
  ],
  [
    'schema.history.internal.store.only.captured.databases.ddl',
    'SHORT',
    'Store only DDL that modifies tables of databases that are captured based on include/exclude lists',
    { type: 'BOOLEAN', default: 'false', importance: 'LOW' }
  ]
])

const connectorListing = rows('Connector', [
  'event.processing.failure.handling.mode',
  'max.batch.size',
  'max.queue.size',
  'poll.interval.ms',
  'max.queue.size.in.bytes',
  'provide.transaction.metadata',
  'skipped.operations',
  'snapshot.delay.ms',
  'streaming.delay.ms',
  'snapshot.include.collection.list',
  'snapshot.fetch.size',
  'snapshot.max.threads',
  'snapshot.max.threads.multiplier',
  'internal.legacy.snapshot.max.threads',
  'snapshot.mode.custom.name',
  'snapshot.mode.configuration.based.snapshot.data',
  'snapshot.mode.configuration.based.snapshot.schema',
  'snapshot.mode.configuration.based.start.stream',
  'snapshot.mode.configuration.based.snapshot.on.schema.error',
  'snapshot.mode.configuration.based.snapshot.on.data.error',
  'retriable.restart.connector.wait.ms',
  'query.fetch.size',
  'errors.max.retries',
  'incremental.snapshot.watermarking.strategy',
  'internal.log.position.check.enable',
  'internal.advanced.metrics.enable',
  'connection.validation.timeout.ms',
  'executor.shutdown.timeout.ms',
  'openlineage.integration.enabled',
  'openlineage.integration.config.file.path',
  'openlineage.integration.job.namespace',
  'openlineage.integration.job.description',
  'openlineage.integration.job.tags',
  'openlineage.integration.job.owners',
  'openlineage.integration.dataset.kafka.bootstrap.servers',
  'extended.headers.enabled',
  'guardrail.collections.max',
  'guardrail.collections.limit.action',
  [
    'custom.sanitize.pattern',
    'LONG',
    'Custom pattern for masking sensitive configuration',
    { type: 'STRING', default: SANITIZED, importance: 'LOW' }
  ],
  'decimal.handling.mode',
  'snapshot.lock.timeout.ms',
  [
    'connect.timeout.ms',
    'SHORT',
    'Connection Timeout (ms)',
    { type: 'INT', default: '30000', importance: 'MEDIUM' }
  ],
  [
    'connect.keep.alive',
    'SHORT',
    'Keep connection alive (true/false)',
    { type: 'BOOLEAN', default: 'true', importance: 'LOW' }
  ],
  [
    'connect.keep.alive.interval.ms',
    'SHORT',
    'Keep alive interval (ms)',
    { type: 'LONG', default: '60000', importance: 'LOW' }
  ],
  [
    'use.nongraceful.disconnect',
    'SHORT',
    'Use Non-graceful Disconnect',
    { type: 'BOOLEAN', default: 'false', importance: 'MEDIUM' }
  ],
  [
    'binlog.net.write.timeout',
    'SHORT',
    'Binlog Net Write Timeout',
    { type: 'LONG', default: '0', importance: 'MEDIUM' }
  ],
  [
    'binlog.net.read.timeout',
    'SHORT',
    'Binlog Net Read Timeout',
    { type: 'LONG', default: '0', importance: 'MEDIUM' }
  ],
  ['snapshot.mode', 'SHORT', 'Snapshot mode'],
  'snapshot.query.mode',
  'snapshot.query.mode.custom.name',
  [
    'bigint.unsigned.handling.mode',
    'SHORT',
    'The mode for handling bigint-unsigned values',
    { type: 'STRING', default: 'long', importance: 'MEDIUM' }
  ],
  [
    'time.precision.mode',
    'SHORT',
    'The time precision mode to be used',
    { type: 'STRING', default: 'adaptive_time_microseconds', importance: 'MEDIUM' }
  ],
  [
    'enable.time.adjuster',
    'SHORT',
    'Enable Time Adjuster',
    { type: 'BOOLEAN', default: 'true', importance: 'LOW' }
  ],
  'schema.name.adjustment.mode',
  [
    'min.row.count.to.stream.results',
    'MEDIUM',
    'Stream result set of size',
    { type: 'INT', default: '1000', importance: 'LOW' }
  ],
  'incremental.snapshot.chunk.size',
  [
    'incremental.snapshot.allow.schema.changes',
    'SHORT',
    'Allow schema changes during incremental snapshot if supported.',
    { type: 'BOOLEAN', default: 'false', importance: 'LOW' }
  ],
  [
    'snapshot.locking.mode',
    'NONE',
    'Snapshot locking mode',
    { type: 'STRING', default: 'minimal', importance: 'LOW' }
  ]
])

const capturedListing: readonly (Row | string)[] = [
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
  'message.key.columns',
  'snapshot.select.statement.overrides',
  'column.mask.hash.<algorithm>.with.salt.<salt>',
  'column.mask.with.<n>.chars',
  'column.truncate.to.<n>.chars',
  [
    'include.schema.changes',
    'SHORT',
    'Include database schema changes',
    { type: 'BOOLEAN', default: 'true', importance: 'MEDIUM' }
  ],
  'include.schema.comments',
  'column.propagate.source.type',
  'datatype.propagate.source.type',
  'internal.snapshot.scan.all.columns.force',
  'snapshot.tables.order.by.row.count',
  'heartbeat.action.query',
  [
    'include.query',
    'SHORT',
    'Include original SQL query with in change events',
    { type: 'BOOLEAN', default: 'false', importance: 'MEDIUM' }
  ],
  [
    'table.ignore.builtin',
    'SHORT',
    'Ignore system databases',
    { type: 'BOOLEAN', default: 'true', importance: 'LOW' }
  ],
  [
    'database.include.list',
    'LONG',
    'Include Databases',
    { type: 'LIST', default: null, importance: 'HIGH' }
  ],
  [
    'database.exclude.list',
    'LONG',
    'Exclude Databases',
    { type: 'LIST', default: null, importance: 'MEDIUM' }
  ],
  [
    'binlog.buffer.size',
    'MEDIUM',
    'Binlog reader buffer size',
    { type: 'INT', default: '0', importance: 'MEDIUM' }
  ],
  [
    'event.deserialization.failure.handling.mode',
    'SHORT',
    'Event deserialization failure handling',
    { type: 'STRING', default: 'fail', importance: 'MEDIUM' }
  ],
  [
    'inconsistent.schema.handling.mode',
    'SHORT',
    'Inconsistent schema failure handling',
    { type: 'STRING', default: 'fail', importance: 'MEDIUM' }
  ],
  [
    'gtid.source.filter.dml.events',
    'SHORT',
    'Filter DML events',
    { type: 'BOOLEAN', default: 'true', importance: 'MEDIUM' }
  ],
  [
    'gtid.source.includes',
    'LONG',
    'Include GTID sources',
    { type: 'LIST', default: null, importance: 'HIGH' }
  ],
  [
    'gtid.source.excludes',
    'LONG',
    'Exclude GTID sources',
    { type: 'STRING', default: null, importance: 'MEDIUM' }
  ]
]

const SOURCE_INFO: Readonly<Record<Flavor, string>> = {
  mariadb: 'io.debezium.connector.mariadb.MariaDbSourceInfoStructMaker',
  mysql: 'io.debezium.connector.mysql.MySqlSourceInfoStructMaker'
}

const eventsListing = (flavor: Flavor) =>
  rows('Events', [
    ...capturedListing,
    [
      'sourceinfo.struct.maker',
      'MEDIUM',
      'Source info struct maker class',
      { type: 'CLASS', default: SOURCE_INFO[flavor], importance: 'LOW' }
    ]
  ])

const connectionListing = (flavor: Flavor) =>
  rows(flavor === 'mariadb' ? 'MariaDB' : 'MySQL', [
    'topic.prefix',
    'database.hostname',
    'database.port',
    'database.user',
    'database.password',
    'database.query.timeout.ms',
    'database.initial.statements',
    [
      'database.server.id',
      'LONG',
      'Cluster ID',
      { type: 'LONG', default: null, importance: 'HIGH' }
    ],
    [
      'database.server.id.offset',
      'LONG',
      'Cluster ID offset',
      { type: 'LONG', default: '10000', importance: 'HIGH' }
    ],
    [
      'database.ssl.keystore',
      'LONG',
      'SSL Keystore',
      { type: 'STRING', default: null, importance: 'MEDIUM' }
    ],
    [
      'database.ssl.keystore.password',
      'MEDIUM',
      'SSL Keystore Password',
      { type: 'PASSWORD', default: null, importance: 'MEDIUM' }
    ],
    [
      'database.ssl.truststore',
      'LONG',
      'SSL Truststore',
      { type: 'STRING', default: null, importance: 'MEDIUM' }
    ],
    [
      'database.ssl.truststore.password',
      'MEDIUM',
      'SSL Truststore Password',
      { type: 'PASSWORD', default: null, importance: 'MEDIUM' }
    ],
    ['database.ssl.mode', 'MEDIUM', 'SSL mode']
  ])

/**
 * How the keys are listed over the REST API: captured from Debezium 3.5 for MariaDB. That for MySQL
 * is taken to be the same, but for its names.
 */
export const listing = (flavor: Flavor): readonly ListingRow[] => [
  ...connectionListing(flavor),
  ...connectorListing,
  ...historyListing,
  ...eventsListing(flavor)
]
