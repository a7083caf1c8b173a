import { boolean, ignored, int, oneOf, refused, string } from '../../runtime/api/config.ts'

// Keys of the Java sinks that need nothing here, or that would change what is written.

const text = string({ doc: 'A key of the JDBC sinks.', default: null, importance: 'LOW' })
const number = int({ doc: 'A key of the JDBC sinks.', default: null, importance: 'LOW' })
const flag = boolean({ doc: 'A key of the JDBC sinks.', default: false, importance: 'LOW' })

const onePerTask = 'each task has one connection'
const retried = 'the worker retries with backoff: see errors.retry.timeout'
const unnest = 'rows are always written in arrays, one statement for many rows'
const reduced = 'rows of one key are always reduced to the last one within a batch'
const utc = 'times are written as they are, in UTC'
const names = 'columns have the names of the fields; rename them with a transform'
const jdbc = 'there is no JDBC here'

export const otherSinkKeys = {
  'connection.provider': ignored(text, jdbc),
  'connection.pool.min_size': ignored(number, onePerTask),
  'connection.pool.max_size': ignored(number, onePerTask),
  'connection.pool.acquire_increment': ignored(number, onePerTask),
  'connection.pool.timeout': ignored(number, onePerTask),
  'connection.attempts': ignored(number, retried),
  'connection.backoff.ms': ignored(number, retried),
  'connection.restart.on.errors': ignored(flag, retried),
  'max.retries': ignored(number, retried),
  'retry.backoff.ms': ignored(number, retried),
  'flush.max.retries': ignored(number, retried),
  'flush.retry.delay.ms': ignored(number, retried),
  'use.reduction.buffer': ignored(flag, reduced),
  'keyed.message.batch.mode': ignored(text, reduced),
  'dialect.postgres.unnest.insert.enabled': ignored(flag, unnest),
  'dialect.name': refused(text, 'this sink writes to PostgreSQL only', [
    'PostgreSqlDatabaseDialect',
    ''
  ]),
  'hibernate.<name>': ignored(text, jdbc),
  'table.types': refused(text, 'not built yet', ['TABLE']),
  'table.name.normalize': refused(flag, 'not built yet', ['false']),
  'topics.to.tables.mapping': refused(
    text,
    'use table.name.regex and table.name.replacement, or a RegexRouter transform',
    ['']
  ),
  'use.time.zone': refused(text, utc, ['UTC']),
  'db.timezone': refused(text, utc, ['UTC']),
  'date.timezone': refused(text, utc, ['UTC', 'DB_TIMEZONE']),
  'date.calendar.system': ignored(text, 'dates are those of the proleptic Gregorian calendar'),
  'quote.sql.identifiers': refused(
    oneOf(['always', 'never'], { doc: 'A key of the JDBC sinks.', default: 'always' }),
    'use quote.identifiers',
    ['always']
  ),
  'replace.null.with.default': ignored(
    boolean({ doc: 'A key of the JDBC sinks.', default: true, importance: 'LOW' }),
    'null is written as null; the converter has the same key for what it reads'
  ),
  'trim.sensitive.log': ignored(flag, 'values are never logged'),
  'mssql.use.merge.holdlock': ignored(flag, 'this sink writes to PostgreSQL only'),
  'collection.naming.strategy': refused(text, 'use collection.name.format', [
    'io.debezium.sink.naming.DefaultCollectionNamingStrategy',
    'io.debezium.connector.jdbc.naming.DefaultTableNamingStrategy',
    'io.debezium.connector.jdbc.naming.DefaultCollectionNamingStrategy'
  ]),
  'table.naming.strategy': refused(text, 'use collection.name.format', [
    'io.debezium.connector.jdbc.naming.DefaultTableNamingStrategy'
  ]),
  'collection.naming.style': refused(text, names, ['DEFAULT', 'default']),
  'column.naming.strategy': refused(text, names, [
    'io.debezium.sink.naming.DefaultColumnNamingStrategy',
    'io.debezium.connector.jdbc.naming.DefaultColumnNamingStrategy'
  ]),
  'column.naming.style': refused(text, names, ['DEFAULT', 'default']),
  'column.naming.prefix': refused(text, names, ['']),
  'column.naming.suffix': refused(text, names, ['']),
  'dialect.postgres.postgis.schema': ignored(text, 'types are found by the search_path'),
  'dialect.sqlserver.identity.insert': ignored(flag, 'this sink writes to PostgreSQL only'),
  'cloudevents.schema.name.pattern': ignored(text, 'CloudEvents are not read')
}
