import { boolean, int, list, oneOf, string } from '../../runtime/api/config.ts'
import { otherSinkKeys } from './sink-other-keys.ts'

// The keys of Debezium's JDBC sink and of Confluent's and Aiven's. Where they have two names for one
// thing, one is the key and the others are its aliases.

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
    doc: 'The table for those offsets, with or without the name of its schema (in MySQL its database).',
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
    doc: 'Name of the table. `${topic}` is the topic with dots as underscores, `${source.db}`, `${source.schema}` and `${source.table}` come from change events. A dot separates schema (in MySQL the database) and table.',
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

/** The keys of every sink into tables, but for those of its connection and its database. */
export const sharedSinkKeys = { ...writingKeys, ...tableKeys, ...otherSinkKeys }

function isRegex(text: string): boolean {
  try {
    new RegExp(text)
    return true
  } catch {
    return false
  }
}
