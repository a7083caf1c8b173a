import {
  boolean,
  type ConfigOf,
  ignored,
  oneOf,
  password,
  type RawConfig,
  refused,
  string
} from '../../runtime/api/config.ts'
import { targetKeys } from '../relational/connection-keys.ts'
import { sharedSinkKeys } from '../relational/sink-keys.ts'
import { otherFlag, otherText } from '../relational/sink-other-keys.ts'
import { type SinkSettings, sinkSettings } from '../relational/sink-settings.ts'

const connectionKeys = {
  ...targetKeys({
    url: '`mysql://host:port/database` or `mariadb://host:port/database`, with or without `jdbc:` before it. Parameters `user`, `password` and `sslMode` are understood.',
    example: 'mysql://localhost:3306/warehouse',
    port: 3306,
    needs:
      'SELECT, INSERT, UPDATE and DELETE on the target tables, and CREATE and ALTER on the database where tables are created. With CREATE TEMPORARY TABLES it writes new rows faster.'
  }),
  'connection.ssl.mode': oneOf(
    ['disabled', 'preferred', 'required', 'verify_ca', 'verify_identity'],
    {
      doc: 'Whether to use TLS and what to check: not at all, if the server has it, without checking, the certificate, its host name too.',
      default: 'preferred',
      group: 'Connection'
    }
  ),
  'connection.ssl.truststore': string({
    doc: "PEM file with the root certificates that the server's is checked against.",
    default: null,
    group: 'Connection'
  }),
  'connection.ssl.keystore': string({
    doc: 'PEM file with the client certificate and its key.',
    default: null,
    group: 'Connection'
  }),
  'connection.ssl.keystore.password': password({
    doc: 'Password of that file.',
    default: null,
    group: 'Connection'
  })
} as const

const mysqlKeys = {
  'load.data.enabled': boolean({
    doc: 'Send many rows of a delivery with `LOAD DATA LOCAL`, where the server is MariaDB and allows it (`local_infile`), and the user may create temporary tables. `false` sends all rows in INSERT statements.',
    default: true,
    importance: 'LOW',
    group: 'Writing'
  }),
  'quote.identifiers': ignored(otherFlag, 'names are always taken as they are'),
  'sql.quote.identifiers': ignored(otherFlag, 'names are always taken as they are'),
  'dialect.name': refused(otherText, 'this sink writes to MySQL and MariaDB only', [
    'MySqlDatabaseDialect',
    'MariaDbDatabaseDialect',
    ''
  ])
}

export const sinkKeys = { ...connectionKeys, ...sharedSinkKeys, ...mysqlKeys }

export type SinkConfig = ConfigOf<typeof sinkKeys>

/** Applies the defaults of the sink whose class name was given. */
export function mysqlSettings(config: SinkConfig, raw: RawConfig): SinkSettings {
  return sinkSettings(config, raw, false)
}
