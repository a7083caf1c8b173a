import type { ListingRow } from '../../runtime/api/listing.ts'
import { rows } from '../relational/listing-rows.ts'
import { connectorListing, historyListing } from './listing-connector.ts'
import { eventsListing } from './listing-events.ts'
import type { Flavor } from './types/column-codec.ts'

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
