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
import {
  JAVA_CLASSES,
  javaClass,
  type SinkSettings,
  sinkSettings
} from '../relational/sink-settings.ts'

const connectionKeys = {
  ...targetKeys({
    url: '`postgresql://host:port/database` or `jdbc:postgresql://host:port/database`. Parameters such as `?sslmode=require&currentSchema=sales` are understood.',
    example: 'postgresql://localhost:5432/warehouse',
    port: 5432,
    needs:
      'INSERT, UPDATE, DELETE and SELECT on the target tables, and CREATE on their schema where tables are created.'
  }),
  'connection.sslmode': oneOf(
    ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'],
    {
      doc: 'Whether to use TLS and what to check, as in libpq.',
      default: 'prefer',
      group: 'Connection'
    }
  ),
  'connection.sslrootcert': string({
    doc: 'File with the certificates of trusted authorities.',
    default: null,
    group: 'Connection'
  }),
  'connection.sslcert': string({
    doc: 'File with the client certificate.',
    default: null,
    group: 'Connection'
  }),
  'connection.sslkey': string({
    doc: 'File with the key of the client certificate.',
    default: null,
    group: 'Connection'
  }),
  'connection.sslpassword': password({
    doc: 'Password of that key.',
    default: null,
    group: 'Connection'
  })
}

const postgresKeys = {
  'quote.identifiers': boolean({
    doc: "Take names as they are. `false` folds them to lower case, as PostgreSQL does with names that are not quoted; that is the default with Debezium's class name.",
    default: true,
    group: 'Tables',
    aliases: ['sql.quote.identifiers']
  }),
  'dialect.name': refused(otherText, 'this sink writes to PostgreSQL only', [
    'PostgreSqlDatabaseDialect',
    ''
  ]),
  'dialect.postgres.unnest.insert.enabled': ignored(
    otherFlag,
    'rows are always written in arrays, one statement for many rows'
  ),
  'dialect.postgres.postgis.schema': ignored(otherText, 'types are found by the search_path')
}

export const sinkKeys = { ...connectionKeys, ...sharedSinkKeys, ...postgresKeys }

export type SinkConfig = ConfigOf<typeof sinkKeys>

/** Applies the defaults of the sink whose class name was given. */
export function postgresSettings(config: SinkConfig, raw: RawConfig): SinkSettings {
  const given = ['quote.identifiers', 'sql.quote.identifiers'].some(
    (name) => raw[name] !== undefined
  )
  const quoted = given || javaClass(raw) !== JAVA_CLASSES[0] ? config['quote.identifiers'] : false
  return sinkSettings(config, raw, !quoted)
}
