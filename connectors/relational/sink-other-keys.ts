import { boolean, ignored, int, oneOf, refused, string } from '../../runtime/api/config.ts'

// Keys of the Java sinks that need nothing here, or that would change what is written.

export const otherText = string({
  doc: 'A key of the JDBC sinks.',
  default: null,
  importance: 'LOW'
})
const number = int({ doc: 'A key of the JDBC sinks.', default: null, importance: 'LOW' })
export const otherFlag = boolean({
  doc: 'A key of the JDBC sinks.',
  default: false,
  importance: 'LOW'
})

const onePerTask = 'each task has one connection'
const retried = 'the worker retries with backoff: see errors.retry.timeout'
const reduced = 'rows of one key are always reduced to the last one within a batch'
const utc = 'times are written as they are, in UTC'
const names = 'columns have the names of the fields; rename them with a transform'
const sqlServer = 'only SQL Server has it'
const jdbc = 'there is no JDBC here'

export const otherSinkKeys = {
  'connection.provider': ignored(otherText, jdbc),
  'connection.pool.min_size': ignored(number, onePerTask),
  'connection.pool.max_size': ignored(number, onePerTask),
  'connection.pool.acquire_increment': ignored(number, onePerTask),
  'connection.pool.timeout': ignored(number, onePerTask),
  'connection.attempts': ignored(number, retried),
  'connection.backoff.ms': ignored(number, retried),
  'connection.restart.on.errors': ignored(otherFlag, retried),
  'max.retries': ignored(number, retried),
  'retry.backoff.ms': ignored(number, retried),
  'flush.max.retries': ignored(number, retried),
  'flush.retry.delay.ms': ignored(number, retried),
  'use.reduction.buffer': ignored(otherFlag, reduced),
  'keyed.message.batch.mode': ignored(otherText, reduced),
  'hibernate.<name>': ignored(otherText, jdbc),
  'table.types': refused(otherText, 'not built yet', ['TABLE']),
  'table.name.normalize': refused(otherFlag, 'not built yet', ['false']),
  'topics.to.tables.mapping': refused(
    otherText,
    'use table.name.regex and table.name.replacement, or a RegexRouter transform',
    ['']
  ),
  'use.time.zone': refused(otherText, utc, ['UTC']),
  'db.timezone': refused(otherText, utc, ['UTC']),
  'date.timezone': refused(otherText, utc, ['UTC', 'DB_TIMEZONE']),
  'date.calendar.system': ignored(otherText, 'dates are those of the proleptic Gregorian calendar'),
  'quote.sql.identifiers': refused(
    oneOf(['always', 'never'], { doc: 'A key of the JDBC sinks.', default: 'always' }),
    'use quote.identifiers',
    ['always']
  ),
  'replace.null.with.default': ignored(
    boolean({ doc: 'A key of the JDBC sinks.', default: true, importance: 'LOW' }),
    'null is written as null; the converter has the same key for what it reads'
  ),
  'trim.sensitive.log': ignored(otherFlag, 'values are never logged'),
  'mssql.use.merge.holdlock': ignored(otherFlag, sqlServer),
  'collection.naming.strategy': refused(otherText, 'use collection.name.format', [
    'io.debezium.sink.naming.DefaultCollectionNamingStrategy',
    'io.debezium.connector.jdbc.naming.DefaultTableNamingStrategy',
    'io.debezium.connector.jdbc.naming.DefaultCollectionNamingStrategy'
  ]),
  'table.naming.strategy': refused(otherText, 'use collection.name.format', [
    'io.debezium.connector.jdbc.naming.DefaultTableNamingStrategy'
  ]),
  'collection.naming.style': refused(otherText, names, ['DEFAULT', 'default']),
  'column.naming.strategy': refused(otherText, names, [
    'io.debezium.sink.naming.DefaultColumnNamingStrategy',
    'io.debezium.connector.jdbc.naming.DefaultColumnNamingStrategy'
  ]),
  'column.naming.style': refused(otherText, names, ['DEFAULT', 'default']),
  'column.naming.prefix': refused(otherText, names, ['']),
  'column.naming.suffix': refused(otherText, names, ['']),
  'dialect.sqlserver.identity.insert': ignored(otherFlag, sqlServer),
  'cloudevents.schema.name.pattern': ignored(otherText, 'CloudEvents are not read')
}
