// Written by `npm run generate` from the declarations themselves; do not edit.
import type { PluginRegistry } from '../runtime/config/plugins.ts'

/** Every plugin that comes with Millrace, by short name. Loaded when it is asked for. */
export const registry: PluginRegistry = {
  file: {
    kind: 'source',
    classNames: ['org.apache.kafka.connect.file.FileStreamSourceConnector', 'FileStreamSource'],
    summary: 'The lines of a file, as they are appended.',
    load: () => import('./file/source.ts')
  },
  'file-sink': {
    kind: 'sink',
    classNames: ['org.apache.kafka.connect.file.FileStreamSinkConnector', 'FileStreamSink'],
    summary: 'Records as lines of a file, JSON or text, each exactly once.',
    load: () => import('./file/sink.ts')
  },
  mariadb: {
    kind: 'source',
    classNames: ['io.debezium.connector.mariadb.MariaDbConnector'],
    summary: 'Captures a MariaDB server: its rows, then every change, as Debezium change events.',
    version: '0.1.0',
    load: () => import('./mysql/mariadb-source.ts')
  },
  mysql: {
    kind: 'source',
    classNames: ['io.debezium.connector.mysql.MySqlConnector'],
    summary: 'Captures a MySQL server: its rows, then every change, as Debezium change events.',
    version: '0.1.0',
    load: () => import('./mysql/source.ts')
  },
  'mysql-sink': {
    kind: 'sink',
    classNames: [
      'mariadb-sink',
      'io.debezium.connector.jdbc.JdbcSinkConnector',
      'io.confluent.connect.jdbc.JdbcSinkConnector',
      'io.aiven.connect.jdbc.JdbcSinkConnector'
    ],
    summary:
      'Rows of topics into MySQL and MariaDB tables: upserts, deletes, new tables and columns, exactly once.',
    version: '0.1.0',
    load: () => import('./mysql/sink.ts')
  },
  postgres: {
    kind: 'source',
    classNames: ['postgres', 'io.debezium.connector.postgresql.PostgresConnector'],
    summary:
      'Captures a PostgreSQL database: its rows, then every change, as Debezium change events.',
    version: '0.1.0',
    load: () => import('./postgres/source.ts')
  },
  'postgres-sink': {
    kind: 'sink',
    classNames: [
      'io.debezium.connector.jdbc.JdbcSinkConnector',
      'io.confluent.connect.jdbc.JdbcSinkConnector',
      'io.aiven.connect.jdbc.JdbcSinkConnector'
    ],
    summary:
      'Rows of topics into PostgreSQL tables: upserts, deletes, new tables and columns, exactly once.',
    version: '0.1.0',
    load: () => import('./postgres/sink.ts')
  },
  stdout: {
    kind: 'sink',
    classNames: [],
    summary: 'Records as lines on the standard output of the worker, to look at them.',
    load: () => import('./stdout/sink.ts')
  },
  bytearray: {
    kind: 'converter',
    classNames: ['org.apache.kafka.connect.converters.ByteArrayConverter'],
    summary: 'Bytes passed through as they are.',
    load: () => import('../runtime/converters/bytearray-converter.ts')
  },
  'header_converter:bytearray': {
    kind: 'header_converter',
    classNames: ['org.apache.kafka.connect.converters.ByteArrayConverter'],
    summary: 'Headers whose values are bytes, passed through as they are.',
    load: () => import('../runtime/converters/bytearray-header-converter.ts')
  },
  json: {
    kind: 'converter',
    classNames: ['org.apache.kafka.connect.json.JsonConverter'],
    summary: 'JSON, with or without schemas, byte for byte as the JsonConverter of Kafka Connect.',
    load: () => import('../runtime/converters/json-converter.ts')
  },
  'header_converter:json': {
    kind: 'header_converter',
    classNames: ['org.apache.kafka.connect.json.JsonConverter'],
    summary: 'Headers as JSON, with or without schemas.',
    load: () => import('../runtime/converters/json-header-converter.ts')
  },
  simple: {
    kind: 'header_converter',
    classNames: ['org.apache.kafka.connect.storage.SimpleHeaderConverter'],
    summary: 'Headers as plain text, whose type is guessed when they are read.',
    load: () => import('../runtime/converters/simple-header-converter.ts')
  },
  string: {
    kind: 'converter',
    classNames: ['org.apache.kafka.connect.storage.StringConverter'],
    summary: 'Plain text; numbers and booleans as text.',
    load: () => import('../runtime/converters/string-converter.ts')
  },
  'header_converter:string': {
    kind: 'header_converter',
    classNames: ['org.apache.kafka.connect.storage.StringConverter'],
    summary: 'Headers as plain text, read back as text.',
    load: () => import('../runtime/converters/string-header-converter.ts')
  },
  'by-logical-table-router': {
    kind: 'transform',
    classNames: ['io.debezium.transforms.ByLogicalTableRouter'],
    summary: 'Sends the change events of several tables, such as shards, to one topic.',
    version: '0.1.0',
    load: () => import('../runtime/transforms/by-logical-table-router.ts')
  },
  'extract-field': {
    kind: 'transform',
    classNames: [
      'org.apache.kafka.connect.transforms.ExtractField$Value',
      'org.apache.kafka.connect.transforms.ExtractField$Key',
      'org.apache.kafka.connect.transforms.ExtractField'
    ],
    summary: 'Replaces the key or value by one of its fields.',
    load: () => import('../runtime/transforms/extract-field.ts')
  },
  'extract-new-record-state': {
    kind: 'transform',
    classNames: ['io.debezium.transforms.ExtractNewRecordState'],
    summary: 'Replaces a change event by the row as the change left it.',
    version: '0.1.0',
    load: () => import('../runtime/transforms/extract-new-record-state.ts')
  },
  filter: {
    kind: 'transform',
    classNames: ['org.apache.kafka.connect.transforms.Filter'],
    summary: 'Drops the records that its predicate chooses.',
    load: () => import('../runtime/transforms/filter.ts')
  },
  'has-header-key': {
    kind: 'predicate',
    classNames: ['org.apache.kafka.connect.transforms.predicates.HasHeaderKey'],
    summary: 'Chooses records that have a header of a name.',
    load: () => import('../runtime/transforms/has-header-key.ts')
  },
  'hoist-field': {
    kind: 'transform',
    classNames: [
      'org.apache.kafka.connect.transforms.HoistField$Value',
      'org.apache.kafka.connect.transforms.HoistField$Key',
      'org.apache.kafka.connect.transforms.HoistField'
    ],
    summary: 'Wraps the key or value in a struct or object with one field.',
    load: () => import('../runtime/transforms/hoist-field.ts')
  },
  'insert-field': {
    kind: 'transform',
    classNames: [
      'org.apache.kafka.connect.transforms.InsertField$Value',
      'org.apache.kafka.connect.transforms.InsertField$Key',
      'org.apache.kafka.connect.transforms.InsertField'
    ],
    summary: 'Adds the topic, partition, offset, timestamp or a fixed text as a field.',
    load: () => import('../runtime/transforms/insert-field.ts')
  },
  'record-is-tombstone': {
    kind: 'predicate',
    classNames: ['org.apache.kafka.connect.transforms.predicates.RecordIsTombstone'],
    summary: 'Chooses tombstones: records whose value is null.',
    load: () => import('../runtime/transforms/record-is-tombstone.ts')
  },
  'regex-router': {
    kind: 'transform',
    classNames: ['org.apache.kafka.connect.transforms.RegexRouter'],
    summary: 'Sends records to another topic, by a regular expression on the name of their topic.',
    load: () => import('../runtime/transforms/regex-router.ts')
  },
  'replace-field': {
    kind: 'transform',
    classNames: [
      'org.apache.kafka.connect.transforms.ReplaceField$Value',
      'org.apache.kafka.connect.transforms.ReplaceField$Key',
      'org.apache.kafka.connect.transforms.ReplaceField'
    ],
    summary: 'Leaves out or renames fields.',
    load: () => import('../runtime/transforms/replace-field.ts')
  },
  'topic-name-matches': {
    kind: 'predicate',
    classNames: ['org.apache.kafka.connect.transforms.predicates.TopicNameMatches'],
    summary: 'Chooses records by the name of their topic.',
    load: () => import('../runtime/transforms/topic-name-matches.ts')
  }
}
