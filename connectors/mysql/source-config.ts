import {
  boolean,
  type ConfigOf,
  int,
  list,
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
import { converterKeys } from '../relational/column-converters.ts'
import { columnRuleKeys } from '../relational/column-rules.ts'
import { serverKeys, statementKeys } from '../relational/connection-keys.ts'
import { incrementalKeys } from '../relational/incremental-snapshot.ts'
import { notificationKeys } from '../relational/notifications.ts'
import { signalKeys } from '../relational/signals.ts'
import { laterKeys } from './later-keys.ts'
import { listing } from './listing.ts'
import type { Flavor } from './types/column-codec.ts'
import { valueKeys } from './value-keys.ts'

// Names, defaults and meanings are those of Debezium 3.5 for MariaDB and MySQL, so that existing
// configurations load as they are; where a default differs, the doc says so.

/** Debezium's words for MySQL, and those for MariaDB. */
const SSL_MODES = [
  'disabled',
  'preferred',
  'required',
  'verify_ca',
  'verify_identity',
  'disable',
  'trust',
  'verify-ca',
  'verify-full'
] as const

const connectionKeys = {
  ...serverKeys({
    server: 'the server',
    port: 3306,
    needs:
      'REPLICATION SLAVE, REPLICATION CLIENT, SELECT on the captured tables, and RELOAD or LOCK TABLES for a snapshot',
    variable: 'MYSQL_PASSWORD'
  }),
  'database.ssl.keystore': string({
    doc: 'PEM file with the client certificate and its key.',
    default: null,
    importance: 'MEDIUM',
    group: 'Connection'
  }),
  'database.ssl.keystore.password': password({
    doc: 'Password of that file.',
    default: null,
    importance: 'MEDIUM',
    group: 'Connection'
  }),
  'database.ssl.truststore': string({
    doc: "PEM file with the root certificates that the server's is checked against.",
    default: null,
    importance: 'MEDIUM',
    group: 'Connection'
  }),
  'database.ssl.truststore.password': password({
    doc: 'Password of that file.',
    default: null,
    importance: 'MEDIUM',
    group: 'Connection'
  }),
  ...statementKeys({
    except: 'the one that reads the binary log',
    queries: 'a query about tables'
  }),
  'connect.timeout.ms': int({
    doc: 'Longest time to connect, in milliseconds.',
    default: 30_000,
    min: 1,
    importance: 'MEDIUM',
    group: 'Connection'
  }),
  'connect.keep.alive': boolean({
    doc: 'Whether TCP checks idle connections.',
    default: true,
    importance: 'LOW',
    group: 'Connection'
  }),
  'connect.keep.alive.interval.ms': long({
    doc: 'How often the server says that it is there while nothing happens, in milliseconds, at most 5000. After six times of silence the connection counts as lost.',
    default: 60_000,
    min: 100,
    importance: 'LOW',
    group: 'Connection'
  })
} as const

const sslKeys = (flavor: Flavor) => ({
  'database.ssl.mode': oneOf(SSL_MODES, {
    doc: 'Whether to use TLS and what to check: not at all (disabled, disable), if the server has it (preferred), without checking (required, trust), the certificate (verify_ca, verify-ca), its host name too (verify_identity, verify-full).',
    default: flavor === 'mysql' ? 'preferred' : 'disable',
    importance: 'MEDIUM',
    group: 'Connection'
  })
})

const binlogKeys = {
  'database.server.id': long({
    doc: 'Number of this reader among the replicas of the server: no two may have the same. By default it follows from the name of the connector.',
    default: null,
    min: 1,
    max: 4_294_967_295,
    importance: 'HIGH',
    group: 'Binary log'
  }),
  'gtid.source.includes': list({
    doc: 'Regular expressions of sources in GTIDs (server UUIDs of MySQL, domains of MariaDB): only these are looked at in the position to start from.',
    default: [],
    importance: 'HIGH',
    dependents: ['table.include.list'],
    group: 'Binary log'
  }),
  'gtid.source.excludes': list({
    doc: 'Sources not to look at.',
    default: [],
    importance: 'MEDIUM',
    excludes: 'gtid.source.includes',
    group: 'Binary log'
  }),
  'gtid.source.filter.dml.events': boolean({
    doc: 'Whether rows of transactions from other sources are left out, too.',
    default: true,
    importance: 'MEDIUM',
    group: 'Binary log'
  }),
  'include.query': boolean({
    doc: 'Whether source.query has the statement that changed a row. The server must write it: binlog_annotate_row_events (MariaDB) or binlog_rows_query_log_events (MySQL).',
    default: false,
    importance: 'MEDIUM',
    group: 'Binary log'
  }),
  'inconsistent.schema.handling.mode': oneOf(['fail', 'warn', 'skip'], {
    doc: 'What to do about changes that cannot be told as rows, such as a statement that a session logged instead of its rows: fail, or leave them out with a warning (warn) or a message at level debug (skip).',
    default: 'fail',
    importance: 'MEDIUM',
    group: 'Binary log'
  })
} as const

const captureKeys = {
  ...topicKeys,
  'database.include.list': patterns(
    'Databases to capture: regular expressions that match whole names.',
    { dependents: ['table.include.list'] }
  ),
  'database.exclude.list': patterns('Databases not to capture.', {
    excludes: 'database.include.list'
  }),
  ...tableKeys('database', ['shop.orders', 'shop\\.(orders|customers)']),
  'include.schema.changes': boolean({
    doc: 'Whether statements that change tables are published, to the topic named as topic.prefix.',
    default: true,
    importance: 'MEDIUM'
  }),
  'schema.history.internal.store.only.captured.tables.ddl': boolean({
    doc: 'Whether those are left out of tables that are not captured, but in a captured database.',
    default: false,
    importance: 'LOW'
  }),
  'include.schema.comments': boolean({
    doc: 'Whether those records have the comments of tables and columns.',
    default: false,
    importance: 'MEDIUM'
  }),
  'provide.transaction.metadata': boolean({
    doc: 'Whether a record tells where each transaction begins and ends, and every event its place in it.',
    default: false,
    importance: 'LOW'
  }),
  'topic.transaction': string({
    doc: 'Those records go to the topic <topic.prefix>.<this>.',
    default: 'transaction',
    importance: 'LOW'
  }),
  'skip.messages.without.change': boolean({
    doc: 'Whether to leave out updates that change none of the captured columns.',
    default: false
  }),
  ...heartbeatKeys('The position is stored without it.'),
  'heartbeat.action.query': string({
    doc: 'A statement to run with every heartbeat.',
    default: null,
    importance: 'LOW'
  })
} as const

const snapshotKeys = {
  'snapshot.mode': oneOf(
    ['always', 'initial', 'initial_only', 'no_data', 'when_needed', 'never', 'recovery'],
    {
      doc: 'When to read the tables as they are: at every start, when there is no offset, the same and stop after it, never but for their shapes (no_data), when there is no offset or the binary log no longer has its position, or never: then the binary log is read from its beginning. recovery goes on from the offset and asks the server for the shapes of tables.',
      default: 'initial',
      importance: 'LOW',
      group: 'Snapshot'
    }
  ),
  'snapshot.locking.mode': oneOf(['minimal', 'minimal_percona', 'extended', 'none'], {
    doc: 'What a snapshot locks against writers: all tables while position and shapes are read, the same, all tables until every row is read, or nothing (then tables must not be altered meanwhile).',
    default: 'minimal',
    importance: 'LOW',
    group: 'Snapshot'
  }),
  'snapshot.lock.timeout.ms': long({
    doc: 'Longest time to wait for those locks, in milliseconds.',
    default: 10_000,
    min: 0,
    importance: 'MEDIUM',
    group: 'Snapshot'
  }),
  ...snapshotTableKeys,
  'snapshot.select.statement.overrides': list({
    doc: 'Tables, as database.table, that a snapshot reads with a statement of their own.',
    default: [],
    importance: 'MEDIUM',
    group: 'Snapshot'
  }),
  'snapshot.select.statement.overrides.<table>': string({
    doc: 'That statement.',
    default: null,
    group: 'Snapshot'
  })
} as const

/** Every key of the connector, Debezium's long tail included, in the order in which Debezium lists them. */
export const sourceKeys = (flavor: Flavor) =>
  listed(
    {
      ...captureKeys,
      ...connectionKeys,
      ...sslKeys(flavor),
      ...binlogKeys,
      ...snapshotKeys,
      ...valueKeys,
      ...signalKeys,
      ...incrementalKeys,
      ...notificationKeys,
      ...columnRuleKeys,
      ...converterKeys,
      ...queueKeys,
      ...laterKeys
    } as const,
    listing(flavor)
  )

export type SourceConfig = ConfigOf<ReturnType<typeof sourceKeys>>
