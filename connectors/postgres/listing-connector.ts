import type { ListingRow } from '../../runtime/api/listing.ts'
import { handlingRows, runningRows } from '../relational/listing-connector.ts'
import { rows } from '../relational/listing-rows.ts'

/** Keys of how the connector runs, snapshots included. */
export const connectorListing: readonly ListingRow[] = rows('Connector', [
  ...handlingRows,
  ...runningRows,
  [
    'custom.sanitize.pattern',
    'LONG',
    'Custom pattern for masking sensitive configuration',
    {
      default:
        '.*secret$|.*password$|.*sasl\\.jaas\\.config$|.*basic\\.auth\\.user\\.info|.*registry\\.auth\\.client-secret|.*credentials\\.json$'
    }
  ],
  [
    'statistics.metrics.enabled',
    'SHORT',
    'Enable collecting statistics metrics like latencies',
    { importance: 'MEDIUM' }
  ],
  'decimal.handling.mode',
  [
    'time.precision.mode',
    'SHORT',
    'Time Precision',
    {
      recommended: [
        'adaptive',
        'adaptive_time_microseconds',
        'isostring',
        'microseconds',
        'nanoseconds',
        'connect'
      ]
    }
  ],
  'snapshot.lock.timeout.ms',
  [
    'memory.management.schemas.class',
    'LONG',
    'Schema storage class',
    { default: 'io.debezium.relational.ConcurrentMapTableMappingStorage' }
  ],
  [
    'memory.management.tables.class',
    'LONG',
    'Table storage class',
    { default: 'io.debezium.relational.ConcurrentMapTableMappingStorage' }
  ],
  [
    'snapshot.mode',
    'SHORT',
    'Snapshot mode',
    {
      recommended: [
        'always',
        'initial_only',
        'configuration_based',
        'when_needed',
        'initial',
        'custom',
        'no_data'
      ]
    }
  ],
  [
    'snapshot.isolation.mode',
    'SHORT',
    'Snapshot isolation mode',
    {
      default: 'serializable',
      recommended: ['read_uncommitted', 'repeatable_read', 'read_committed', 'serializable']
    }
  ],
  'snapshot.query.mode',
  'snapshot.query.mode.custom.name',
  [
    'snapshot.locking.mode.custom.name',
    'MEDIUM',
    'Snapshot Locking Mode Custom Name',
    { importance: 'MEDIUM' }
  ],
  [
    'snapshot.locking.mode',
    'SHORT',
    'Snapshot locking mode',
    { default: 'none', recommended: ['shared', 'custom', 'none'] }
  ],
  [
    'hstore.handling.mode',
    'MEDIUM',
    'HStore Handling',
    { importance: 'LOW', recommended: ['json', 'map'] }
  ],
  [
    'binary.handling.mode',
    'MEDIUM',
    'Binary Handling',
    { importance: 'LOW', recommended: ['bytes', 'base64', 'hex', 'base64-url-safe'] }
  ],
  'schema.name.adjustment.mode',
  [
    'interval.handling.mode',
    'MEDIUM',
    'Interval Handling',
    { importance: 'LOW', recommended: ['string', 'numeric'] }
  ],
  [
    'schema.refresh.mode',
    'SHORT',
    'Schema refresh mode',
    {
      default: 'columns_diff',
      importance: 'MEDIUM',
      recommended: ['columns_diff', 'columns_diff_exclude_unchanged_toast']
    }
  ],
  'incremental.snapshot.chunk.size',
  ['unavailable.value.placeholder', 'MEDIUM', 'Unavailable value placeholder'],
  [
    'message.prefix.include.list',
    'LONG',
    'Include Logical Decoding Message Prefixes',
    { importance: 'MEDIUM' }
  ],
  [
    'message.prefix.exclude.list',
    'LONG',
    'Exclude Logical Decoding Message Prefixes',
    { importance: 'MEDIUM' }
  ],
  ['publish.via.partition.root', 'SHORT', 'Publish via partition root']
])
