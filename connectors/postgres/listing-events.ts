import type { ListingRow } from '../../runtime/api/listing.ts'
import { captureRows, columnRows, detailRows } from '../relational/listing-events.ts'
import { rows } from '../relational/listing-rows.ts'

/** Keys of what is captured, and the events. */
export const eventsListing: readonly ListingRow[] = rows('Events', [
  ...captureRows,
  ['table.ignore.builtin', 'SHORT', 'Ignore system databases'],
  ['schema.include.list', 'LONG', 'Include Schemas', { importance: 'HIGH' }],
  ['schema.exclude.list', 'LONG', 'Exclude Schemas', { visible: false }],
  ...columnRows,
  ...detailRows,
  ['include.unknown.datatypes', 'SHORT', 'Include unknown datatypes'],
  [
    'sourceinfo.struct.maker',
    'MEDIUM',
    'Source info struct maker class',
    { default: 'io.debezium.connector.postgresql.PostgresSourceInfoStructMaker' }
  ]
])
