import type { ListingRow } from '../../runtime/api/listing.ts'
import { handlingRows, runningRows } from '../relational/listing-connector.ts'
import { rows } from '../relational/listing-rows.ts'

const SANITIZED =
  '.*secret$|.*password$|.*sasl\\.jaas\\.config$|.*basic\\.auth\\.user\\.info|.*registry\\.auth\\.client-secret'

/** Keys of how the connector runs, snapshots included. */
export const connectorListing: readonly ListingRow[] = rows('Connector', [
  ...handlingRows,
  'skipped.operations',
  ...runningRows,
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

/** Keys of the history of table shapes. */
export const historyListing: readonly ListingRow[] = rows('History Storage', [
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
