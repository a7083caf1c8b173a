import {
  boolean,
  type ConfigOf,
  int,
  long,
  oneOf,
  password,
  string
} from '../../runtime/api/config.ts'
import { listed } from '../../runtime/api/listing.ts'
import {
  heartbeatKeys,
  patterns,
  queueKeys,
  snapshotTableKeys,
  tableKeys,
  topicKeys
} from '../relational/capture-keys.ts'
import { serverKeys, statementKeys } from '../relational/connection-keys.ts'
import { laterKeys } from './later-keys.ts'
import { connectorListing } from './listing-connector.ts'
import { eventsListing } from './listing-events.ts'
import { postgresListing } from './listing-postgres.ts'
import { valueKeys } from './value-keys.ts'

// Names, defaults and meanings are those of Debezium 3.6 for PostgreSQL, so that existing
// configurations load as they are; where a default differs, the doc says so.

const connectionKeys = {
  ...serverKeys({
    server: 'the PostgreSQL server',
    port: 5432,
    needs: 'the REPLICATION attribute and SELECT on the captured tables',
    variable: 'PGPASSWORD'
  }),
  'database.dbname': string({
    doc: 'The database to capture.',
    importance: 'HIGH',
    group: 'Connection'
  }),
  'database.sslmode': oneOf(['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'], {
    doc: 'Whether to use TLS and what to check, as in libpq.',
    default: 'prefer',
    group: 'Connection'
  }),
  'database.sslrootcert': string({
    doc: "File with the root certificates that the server's is checked against.",
    default: null,
    group: 'Connection'
  }),
  'database.sslcert': string({
    doc: 'File with the client certificate.',
    default: null,
    group: 'Connection'
  }),
  'database.sslkey': string({
    doc: 'File with the key of the client certificate, in PEM format.',
    default: null,
    group: 'Connection'
  }),
  'database.sslpassword': password({
    doc: 'Password of the key file.',
    default: null,
    group: 'Connection'
  }),
  'database.tcpKeepAlive': boolean({
    doc: 'Whether TCP checks idle connections.',
    default: true,
    group: 'Connection'
  }),
  ...statementKeys({ except: 'the replication connection', queries: 'a catalog query' })
} as const

const replicationKeys = {
  'plugin.name': oneOf(['pgoutput', 'decoderbufs'], {
    doc: "Logical decoding plugin of the slot; only pgoutput, PostgreSQL's own, is supported. (Debezium's default is decoderbufs.)",
    default: 'pgoutput',
    group: 'Replication'
  }),
  'slot.name': string({
    doc: 'Name of the replication slot; created when missing. No two connectors may share one.',
    default: 'debezium',
    importance: 'HIGH',
    group: 'Replication',
    validator: (name) =>
      /^[a-z0-9_]{1,63}$/.test(name)
        ? undefined
        : `must be 1 to 63 lower-case letters, digits and underscores, not '${name}'`,
    listing: {
      refusal: () =>
        'Valid replication slot name must contain only digits, lowercase characters and underscores with length <= 63'
    }
  }),
  'slot.drop.on.stop': boolean({
    doc: 'Drop the slot when the task stops in order: changes made while it is stopped are then lost. For tests only.',
    default: false,
    group: 'Replication'
  }),
  'slot.failover': boolean({
    doc: 'Create the slot with FAILOVER, so that PostgreSQL 17 and later keep it on standbys.',
    default: false,
    group: 'Replication'
  }),
  'slot.max.retries': int({
    doc: 'How often to try again while the slot is held by another session.',
    default: 6,
    min: 0,
    group: 'Replication'
  }),
  'slot.retry.delay.ms': long({
    doc: 'How long to wait between those tries, in milliseconds.',
    default: 10_000,
    min: 1,
    group: 'Replication'
  }),
  'publication.name': string({
    doc: 'Name of the publication.',
    default: 'dbz_publication',
    importance: 'HIGH',
    group: 'Replication'
  }),
  'publication.autocreate.mode': oneOf(['all_tables', 'filtered', 'disabled', 'no_tables'], {
    doc: 'What to do about the publication: create it for all tables when missing, create or alter it to hold the captured tables, expect it, or create it empty.',
    default: 'all_tables',
    group: 'Replication'
  }),
  'publish.via.partition.root': boolean({
    doc: 'Whether changes of partitions carry the name of the partitioned table, when the connector creates the publication.',
    default: false,
    group: 'Replication'
  }),
  'status.update.interval.ms': int({
    doc: 'How often the confirmed position is sent to the server, in milliseconds.',
    default: 10_000,
    min: 100,
    group: 'Replication'
  }),
  'offset.mismatch.strategy': oneOf(
    ['fail', 'no_validation', 'trust_offset', 'trust_slot', 'trust_greater_lsn'],
    {
      doc: 'What to do when the slot has moved past the stored offset, so that changes are lost: fail, or go on from the slot. (Debezium goes on silently by default.)',
      default: 'fail',
      group: 'Replication'
    }
  )
} as const

const captureKeys = {
  ...topicKeys,
  'schema.include.list': patterns(
    'Schemas to capture: regular expressions that match whole names.',
    { dependents: ['table.include.list'] }
  ),
  'schema.exclude.list': patterns('Schemas not to capture.', { excludes: 'schema.include.list' }),
  ...tableKeys('schema', ['public.orders', 'shop\\.(orders|customers)']),
  ...heartbeatKeys('The slot advances without it.')
} as const

const snapshotKeys = {
  'snapshot.mode': oneOf(['always', 'initial', 'initial_only', 'no_data', 'when_needed'], {
    doc: 'When to read the tables as they are: at every start, when there is no offset, the same and stop after it, never, or when there is no offset or the slot has lost changes.',
    default: 'initial',
    group: 'Snapshot'
  }),
  ...snapshotTableKeys
} as const

const allKeys = {
  ...captureKeys,
  ...connectionKeys,
  ...replicationKeys,
  ...snapshotKeys,
  ...valueKeys,
  ...queueKeys,
  ...laterKeys
} as const

/** Every key of the connector, Debezium's long tail included, in the order in which Debezium lists them. */
export const sourceKeys = listed(allKeys, [
  ...postgresListing,
  ...connectorListing,
  ...eventsListing
])

export type SourceConfig = ConfigOf<typeof sourceKeys>
