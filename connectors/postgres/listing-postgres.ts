import type { ListingRow } from '../../runtime/api/listing.ts'
import { rows } from '../relational/listing-rows.ts'

/** Keys of the connection and the replication slot. */
export const postgresListing: readonly ListingRow[] = rows('Postgres', [
  'topic.prefix',
  'database.hostname',
  'database.port',
  'database.user',
  'database.password',
  ['database.dbname', 'MEDIUM', 'Database', { required: false }],
  'database.query.timeout.ms',
  [
    'plugin.name',
    'MEDIUM',
    'Plugin',
    { default: 'decoderbufs', recommended: ['decoderbufs', 'pgoutput'] }
  ],
  ['slot.name', 'MEDIUM', 'Slot', { importance: 'MEDIUM' }],
  ['publication.name', 'MEDIUM', 'Publication', { importance: 'MEDIUM' }],
  [
    'publication.autocreate.mode',
    'MEDIUM',
    'Publication Auto Create Mode',
    { recommended: ['no_tables', 'filtered', 'disabled', 'all_tables'] }
  ],
  [
    'replica.identity.autoset.values',
    'LONG',
    'Replica Identity Auto Set Values',
    { type: 'STRING', importance: 'MEDIUM' }
  ],
  ['slot.drop.on.stop', 'NONE', 'Drop slot on stop'],
  ['slot.failover', 'NONE', 'Create failover slot'],
  [
    'slot.stream.params',
    'LONG',
    'Optional parameters to pass to the logical decoder when the stream is started.'
  ],
  'database.initial.statements',
  [
    'database.sslmode',
    'MEDIUM',
    'SSL mode',
    { recommended: ['allow', 'prefer', 'disable', 'verify-ca', 'require', 'verify-full'] }
  ],
  ['database.sslcert', 'LONG', 'SSL Client Certificate'],
  ['database.sslpassword', 'MEDIUM', 'SSL Client Key Password'],
  ['database.sslrootcert', 'LONG', 'SSL Root Certificate'],
  ['database.sslkey', 'LONG', 'SSL Client Key'],
  ['slot.max.retries', 'NONE', 'Retry count', { importance: 'LOW' }],
  ['slot.retry.delay.ms', 'NONE', 'Retry delay', { importance: 'LOW' }],
  ['database.sslfactory', 'LONG', 'SSL Root Certificate', { importance: 'MEDIUM' }],
  ['status.update.interval.ms', 'SHORT', 'Status update interval (ms)'],
  ['lsn.flush.timeout.ms', 'SHORT', 'LSN flush timeout (ms)', { importance: 'MEDIUM' }],
  [
    'lsn.flush.timeout.action',
    'MEDIUM',
    'LSN flush timeout action',
    { default: 'fail', importance: 'MEDIUM', recommended: ['fail', 'warn', 'ignore'] }
  ],
  ['database.tcpKeepAlive', 'SHORT', 'TCP keep-alive probe'],
  ['xmin.fetch.interval.ms', 'SHORT', 'Xmin fetch interval (ms)', { importance: 'MEDIUM' }],
  'skipped.operations',
  [
    'lsn.flush.mode',
    'SHORT',
    'LSN flush mode',
    { recommended: ['connector_and_driver', 'connector', 'manual'] }
  ],
  [
    'flush.lsn.source',
    'SHORT',
    'Boolean to determine if Debezium should flush LSN in the source database'
  ]
])
