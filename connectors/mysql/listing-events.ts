import type { ListingRow } from '../../runtime/api/listing.ts'
import { captureRows, columnRows, detailRows } from '../relational/listing-events.ts'
import type { Row } from '../relational/listing-row.ts'
import { rows } from '../relational/listing-rows.ts'
import type { Flavor } from './types/column-codec.ts'

const capturedListing: readonly Row[] = [
  ...captureRows,
  ...columnRows,
  [
    'include.schema.changes',
    'SHORT',
    'Include database schema changes',
    { type: 'BOOLEAN', default: 'true', importance: 'MEDIUM' }
  ],
  ...detailRows,
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

/** Keys of what is captured, and the events. */
export const eventsListing = (flavor: Flavor): readonly ListingRow[] =>
  rows('Events', [
    ...capturedListing,
    [
      'sourceinfo.struct.maker',
      'MEDIUM',
      'Source info struct maker class',
      { type: 'CLASS', default: SOURCE_INFO[flavor], importance: 'LOW' }
    ]
  ])
