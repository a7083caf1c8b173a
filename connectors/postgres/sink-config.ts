import {
  boolean,
  type ConfigOf,
  int,
  list,
  oneOf,
  password,
  type RawConfig,
  string
} from '../../runtime/api/config.ts'
import { otherSinkKeys } from './sink-other-keys.ts'

// The keys of Debezium's JDBC sink and of Confluent's and Aiven's. Where they have two names for one
// thing, one is the key and the others are its aliases.

const connectionKeys = {
  'connection.url': string({
    doc: 'The target database, as `postgresql://host:port/database` or `jdbc:postgresql://host:port/database`. Parameters such as `?sslmode=require&currentSchema=sales` are understood.',
    default: null,
    importance: 'HIGH',
    group: 'Connection',
    examples: ['postgresql://localhost:5432/warehouse']
  }),
  'connection.host': string({
    doc: 'Host name of the server, where there is no connection.url.',
    default: null,
    group: 'Connection',
    aliases: ['connection.hostname']
  }),
  'connection.port': int({
    doc: 'Port of the server, where there is no connection.url.',
    default: 5432,
    min: 1,
    max: 65535,
    group: 'Connection'
  }),
  'connection.dbname': string({
    doc: 'The database, where there is no connection.url.',
    default: null,
    group: 'Connection',
    aliases: ['connection.database']
  }),
  'connection.username': string({
    doc: 'User to connect as. It needs INSERT, UPDATE, DELETE and SELECT on the target tables, and CREATE on their schema where tables are created.',
    default: null,
    importance: 'HIGH',
    group: 'Connection',
    aliases: ['connection.user']
  }),
  'connection.password': password({
    doc: 'Password of the user.',
    default: null,
    importance: 'HIGH',
    group: 'Connection'
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

const writingKeys = {
  'insert.mode': oneOf(['insert', 'multi', 'upsert', 'update'], {
    doc: '`upsert` inserts a row or updates the one with the same key, `insert` only inserts, `update` only updates. With the Java class names the default is `insert`, as there.',
    default: 'upsert',
    importance: 'HIGH',
    group: 'Writing'
  }),
  'primary.key.mode': oneOf(['none', 'kafka', 'record_key', 'record_value', 'record_header'], {
    doc: "Where a row's key comes from: the record's key, fields of its value, its headers, the record's place in its topic (`kafka`), or nowhere. With the Java class names the default is `none`, as there.",
    default: 'record_key',
    importance: 'HIGH',
    group: 'Writing',
    aliases: ['pk.mode']
  }),
  'primary.key.fields': list({
    doc: 'The key columns: which fields of the key, value or headers to take (all, when empty), or the name of the column for a key that is no struct. With `kafka`: the three column names.',
    default: [],
    importance: 'MEDIUM',
    group: 'Writing',
    aliases: ['pk.fields']
  }),
  'delete.enabled': boolean({
    doc: 'Delete rows on delete events and tombstones. With the Java class names the default is `false`, as there.',
    default: true,
    importance: 'MEDIUM',
    group: 'Writing'
  }),
  'truncate.enabled': boolean({
    doc: 'Truncate the table on truncate events. With the Java class names the default is `false`, as there.',
    default: true,
    group: 'Writing'
  }),
  'batch.size': int({
    doc: 'Most rows in one statement. All rows of a delivery are one transaction, however many statements it takes.',
    default: 5000,
    min: 1,
    group: 'Writing'
  }),
  'exactly.once.enabled': boolean({
    doc: 'Keep the offsets of topics in a table of the target, in the same transaction as the rows, so that each record has its effect exactly once.',
    default: true,
    group: 'Writing'
  }),
  'offsets.table.name': string({
    doc: 'The table for those offsets, with or without a schema.',
    default: 'millrace_offsets',
    group: 'Writing'
  }),
  'unavailable.value.placeholder': string({
    doc: 'What the source writes for a value that did not change and that it was not told. Such columns are left as they are.',
    default: '__debezium_unavailable_value',
    importance: 'LOW',
    group: 'Writing'
  }),
  'schemaless.decimal.format': oneOf(['text', 'base64'], {
    doc: 'How to read text for numeric columns in records without schema: as the number, or as base64 of its unscaled bytes with the scale of the column (what Debezium writes with `decimal.handling.mode: precise`).',
    default: 'text',
    importance: 'LOW',
    group: 'Writing'
  })
}

const tableKeys = {
  'collection.name.format': string({
    doc: 'Name of the table. `${topic}` is the topic with dots as underscores, `${source.db}`, `${source.schema}` and `${source.table}` come from change events. A dot separates schema and table.',
    default: '${topic}',
    importance: 'MEDIUM',
    group: 'Tables',
    aliases: ['table.name.format'],
    examples: ['${source.table}', 'sales.${source.table}']
  }),
  'table.name.regex': string({
    doc: 'A regular expression over the whole topic name; where it matches, `table.name.replacement` gives the table.',
    default: null,
    group: 'Tables',
    examples: ['shop\\.public\\.(.*)'],
    validator: (value) =>
      value === null || isRegex(value) ? undefined : 'must be a regular expression'
  }),
  'table.name.replacement': string({
    doc: 'The table for topics that match `table.name.regex`; `$1` is its first group.',
    default: '$1',
    group: 'Tables'
  }),
  'collection.naming.prefix': string({
    doc: 'Put before every table name.',
    default: '',
    group: 'Tables'
  }),
  'collection.naming.suffix': string({
    doc: 'Put after every table name.',
    default: '',
    group: 'Tables'
  }),
  'schema.evolution': oneOf(['none', 'basic'], {
    doc: '`basic` creates missing tables and adds missing columns; nothing is ever dropped or retyped. With the Java class names the default is `none`, as there.',
    default: 'basic',
    importance: 'MEDIUM',
    group: 'Tables'
  }),
  'auto.create': boolean({
    doc: 'Create missing tables. Follows `schema.evolution` where it is not given.',
    default: true,
    importance: 'MEDIUM',
    group: 'Tables'
  }),
  'auto.evolve': boolean({
    doc: 'Add missing columns. Follows `schema.evolution` where it is not given.',
    default: true,
    importance: 'MEDIUM',
    group: 'Tables'
  }),
  'quote.identifiers': boolean({
    doc: "Take names as they are. `false` folds them to lower case, as PostgreSQL does with names that are not quoted; that is the default with Debezium's class name.",
    default: true,
    group: 'Tables',
    aliases: ['sql.quote.identifiers']
  }),
  'field.include.list': list({
    doc: 'Fields to write, as `field` or `topic:field`; all when empty.',
    default: [],
    group: 'Tables',
    aliases: ['fields.whitelist']
  }),
  'field.exclude.list': list({
    doc: 'Fields to leave out, as `field` or `topic:field`.',
    default: [],
    group: 'Tables'
  })
}

export const sinkKeys = { ...connectionKeys, ...writingKeys, ...tableKeys, ...otherSinkKeys }

export type SinkConfig = ConfigOf<typeof sinkKeys>

export const JAVA_CLASSES = [
  'io.debezium.connector.jdbc.JdbcSinkConnector',
  'io.confluent.connect.jdbc.JdbcSinkConnector',
  'io.aiven.connect.jdbc.JdbcSinkConnector'
] as const

export type InsertMode = 'insert' | 'upsert' | 'update'
export type KeyMode = SinkConfig['primary.key.mode']

/** The configuration in the form that the sink works with. */
export interface SinkSettings {
  readonly insertMode: InsertMode
  readonly keyMode: KeyMode
  readonly keyFields: readonly string[]
  readonly deleteEnabled: boolean
  readonly truncateEnabled: boolean
  readonly batchSize: number
  readonly exactlyOnce: boolean
  readonly offsetsTable: string
  readonly placeholder: string
  readonly decimalsAsBase64: boolean
  readonly nameFormat: string
  readonly nameRegex: RegExp | null
  readonly nameReplacement: string
  readonly namePrefix: string
  readonly nameSuffix: string
  /** Whether dots of the topic separate schema and table (Confluent, Aiven) or become underscores. */
  readonly topicDotsSeparate: boolean
  readonly autoCreate: boolean
  readonly autoEvolve: boolean
  readonly foldNames: boolean
  readonly includeFields: readonly string[]
  readonly excludeFields: readonly string[]
}

/** Applies the defaults of the sink whose class name was given. */
export function sinkSettings(config: SinkConfig, raw: RawConfig): SinkSettings {
  const java = JAVA_CLASSES.find((name) => name === raw['connector.class'])
  const debezium = java === JAVA_CLASSES[0]
  const given = (...names: readonly string[]) => names.some((name) => raw[name] !== undefined)
  const evolve = java && !given('schema.evolution') ? false : config['schema.evolution'] === 'basic'
  const mode = java && !given('insert.mode') ? 'insert' : config['insert.mode']
  const keyMode =
    given('primary.key.mode', 'pk.mode') || !java ? config['primary.key.mode'] : 'none'
  const quoted = given('quote.identifiers', 'sql.quote.identifiers') || !debezium
  const regex = config['table.name.regex']
  return {
    insertMode: mode === 'multi' ? 'insert' : mode,
    keyMode,
    keyFields: config['primary.key.fields'],
    deleteEnabled: java && !given('delete.enabled') ? false : config['delete.enabled'],
    truncateEnabled: java && !given('truncate.enabled') ? false : config['truncate.enabled'],
    batchSize: config['batch.size'],
    exactlyOnce: config['exactly.once.enabled'],
    offsetsTable: config['offsets.table.name'],
    placeholder: config['unavailable.value.placeholder'],
    decimalsAsBase64: config['schemaless.decimal.format'] === 'base64',
    nameFormat: config['collection.name.format'],
    nameRegex: regex === null ? null : new RegExp(`^(?:${regex})$`),
    nameReplacement: config['table.name.replacement'],
    namePrefix: config['collection.naming.prefix'],
    nameSuffix: config['collection.naming.suffix'],
    topicDotsSeparate: java !== undefined && !debezium,
    autoCreate: given('auto.create') ? config['auto.create'] : evolve,
    autoEvolve: given('auto.evolve') ? config['auto.evolve'] : evolve,
    foldNames: !(quoted ? config['quote.identifiers'] : false),
    includeFields: config['field.include.list'],
    excludeFields: config['field.exclude.list']
  }
}

function isRegex(text: string): boolean {
  try {
    new RegExp(text)
    return true
  } catch {
    return false
  }
}
