import { boolean, ignored, int, password, refused } from '../../runtime/api/config.ts'
import { flag, java, later, number, otherKeys, ownRuntime, text } from '../relational/other-keys.ts'

const history = 'the shapes of tables are stored with the offsets: there is no schema history topic'

/** Keys of the schema history: some of them are credentials of a Kafka client. */
const historyKeys = {
  'schema.history.internal': ignored(java, history),
  'schema.history.internal.skip.unparseable.ddl': ignored(
    flag(false),
    'a statement that cannot be parsed makes the connector ask the server for the table'
  ),
  'schema.history.internal.store.only.captured.databases.ddl': ignored(flag(false), history),
  'schema.history.internal.<key>': ignored(
    password({ doc: 'A key of Debezium.', default: null, importance: 'LOW' }),
    history
  ),
  'ddl.parser.type': ignored(text, 'there is one parser')
} as const

export const laterKeys = {
  ...otherKeys,
  ...historyKeys,
  'table.ignore.builtin': refused(
    boolean({
      doc: 'A key of Debezium.',
      default: true,
      importance: 'LOW',
      dependents: ['database.include.list']
    }),
    'system tables cannot be captured',
    ['true']
  ),
  'topic.naming.strategy': refused(
    java,
    'topics are named by database and table; rename them with a transform',
    [
      'io.debezium.schema.SchemaTopicNamingStrategy',
      'io.debezium.schema.DefaultTopicNamingStrategy'
    ]
  ),
  'signal.kafka.topic': later(text),
  'signal.kafka.bootstrap.servers': later(text),
  'transaction.metadata.factory': ignored(text, 'there are no Java classes to load'),
  'event.deserialization.failure.handling.mode': refused(text, 'no event is ever skipped', [
    'fail'
  ]),
  'database.server.id.offset': ignored(number(10_000), 'there is one task'),
  'use.nongraceful.disconnect': ignored(flag(false), 'a connection is always cut at once'),
  'binlog.buffer.size': ignored(number(0), 'a transaction need not be looked at as a whole'),
  'binlog.net.read.timeout': ignored(number(0), "the server's own time-outs apply"),
  'binlog.net.write.timeout': ignored(number(0), "the server's own time-outs apply"),
  'min.row.count.to.stream.results': ignored(
    int({ doc: 'A key of Debezium.', default: 1000, importance: 'LOW' }),
    'rows are always read as they come'
  ),
  'gtid.ignore.on.recovery': ignored(flag(false), 'there is no schema history to recover'),
  'database.protocol': ignored(text, 'there is one protocol'),
  'database.jdbc.driver': ignored(java, ownRuntime)
} as const
