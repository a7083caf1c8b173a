import {
  boolean,
  type ConfigOf,
  int,
  type KeyOptions,
  list,
  long,
  oneOf,
  password,
  string
} from '../../runtime/api/config.ts'
import { listed } from '../../runtime/api/listing.ts'
import { patternList, patternRefusal } from '../relational/name-filter.ts'
import { laterKeys } from './later-keys.ts'
import { connectorListing } from './listing-connector.ts'
import { eventsListing } from './listing-events.ts'
import { postgresListing } from './listing-postgres.ts'
import { valueKeys } from './value-keys.ts'

// Names, defaults and meanings are those of Debezium 3.6 for PostgreSQL, so that existing
// configurations load as they are; where a default differs, the doc says so.

const patterns = (
  doc: string,
  options: Partial<Pick<KeyOptions<unknown>, 'examples' | 'dependents' | 'excludes'>> = {}
) =>
  list({
    doc,
    default: [],
    importance: 'MEDIUM',
    validator: patternList,
    listing: { refusal: patternRefusal },
    ...options
  })

const connectionKeys = {
  'database.hostname': string({
    doc: 'Host name or address of the PostgreSQL server.',
    default: 'localhost',
    importance: 'HIGH',
    group: 'Connection',
    examples: ['localhost', 'db.example.com']
  }),
  'database.port': int({
    doc: 'Port of the PostgreSQL server.',
    default: 5432,
    min: 1,
    max: 65535,
    importance: 'HIGH',
    group: 'Connection'
  }),
  'database.user': string({
    doc: 'User to connect as. It needs the REPLICATION attribute and SELECT on the captured tables.',
    importance: 'HIGH',
    group: 'Connection'
  }),
  'database.password': password({
    doc: 'Password of the user.',
    default: null,
    importance: 'HIGH',
    group: 'Connection',
    examples: ['${env:PGPASSWORD}']
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
  'database.initial.statements': string({
    doc: 'SQL statements to run on every new connection, but for the replication connection.',
    default: null,
    group: 'Connection'
  }),
  'database.query.timeout.ms': int({
    doc: 'Longest time that a catalog query may take, in milliseconds; 0 is for ever. Reading a snapshot has no limit.',
    default: 600_000,
    min: 0,
    group: 'Connection'
  })
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
  'topic.prefix': string({
    doc: 'Logical name of the server: the beginning of every topic name. Changing it starts a new snapshot.',
    importance: 'HIGH',
    examples: ['shop'],
    validator: (prefix) =>
      /^[a-zA-Z0-9._-]+$/.test(prefix)
        ? undefined
        : `must have only letters, digits, dots, hyphens and underscores, not '${prefix}'`,
    listing: {
      refusal: (prefix) =>
        `${prefix} has invalid format (only the underscore, hyphen, dot and alphanumeric characters are allowed)`
    }
  }),
  'topic.delimiter': string({ doc: 'Between the parts of a topic name.', default: '.' }),
  'schema.include.list': patterns(
    'Schemas to capture: regular expressions that match whole names.',
    { dependents: ['table.include.list'] }
  ),
  'schema.exclude.list': patterns('Schemas not to capture.', { excludes: 'schema.include.list' }),
  'table.include.list': patterns('Tables to capture, as schema.table.', {
    examples: ['public.orders', 'shop\\.(orders|customers)']
  }),
  'table.exclude.list': patterns('Tables not to capture.', { excludes: 'table.include.list' }),
  'column.include.list': patterns('Columns to capture, as schema.table.column.'),
  'column.exclude.list': patterns('Columns not to capture.', { excludes: 'column.include.list' }),
  'message.key.columns': string({
    doc: 'Columns that form the record key instead of the primary key: table:column,column;table:column.',
    default: null,
    importance: 'MEDIUM'
  }),
  'tombstones.on.delete': boolean({
    doc: 'Whether a delete is followed by a record with the same key and no value.',
    default: true
  }),
  'skipped.operations': list({
    doc: 'Operations to leave out: c, u, d, t, or none.',
    default: ['t'],
    validator: (given) =>
      given.every((op) => /^(c|u|d|t|none)$/.test(op))
        ? undefined
        : `must be a list of c, u, d, t or none, not '${given.join(',')}'`
  }),
  'extended.headers.enabled': boolean({
    doc: 'Whether records carry the __debezium.context headers.',
    default: true
  }),
  'heartbeat.interval.ms': int({
    doc: 'How often to send a heartbeat record, in milliseconds; 0 sends none. The slot advances without it.',
    default: 0,
    min: 0,
    importance: 'MEDIUM'
  }),
  'topic.heartbeat.prefix': string({
    doc: 'Heartbeats go to the topic <this>.<topic.prefix>.',
    default: '__debezium-heartbeat',
    importance: 'LOW',
    aliases: ['heartbeat.topics.prefix'],
    listing: { name: 'heartbeat.topics.prefix' }
  })
} as const

const snapshotKeys = {
  'snapshot.mode': oneOf(['always', 'initial', 'initial_only', 'no_data', 'when_needed'], {
    doc: 'When to read the tables as they are: at every start, when there is no offset, the same and stop after it, never, or when there is no offset or the slot has lost changes.',
    default: 'initial',
    group: 'Snapshot'
  }),
  'snapshot.include.collection.list': patterns('The captured tables to read in a snapshot.'),
  'snapshot.tables.order.by.row.count': oneOf(['disabled', 'descending', 'ascending'], {
    doc: 'Read tables by their estimated number of rows instead of by name.',
    default: 'disabled',
    group: 'Snapshot'
  })
} as const

const queueKeys = {
  'max.batch.size': int({
    doc: 'The most rows that one poll returns.',
    default: 2048,
    min: 1,
    group: 'Queue'
  }),
  'max.queue.size.in.bytes': long({
    doc: 'The most bytes read ahead from the server; 0 stands for 4 MiB.',
    default: 0,
    min: 0,
    group: 'Queue'
  })
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

export const DEFAULT_QUEUE_BYTES = 4 * 1024 * 1024
