import type { ConnectorConfig } from '../system.ts'

/** Updates to make, as fast as the server can. */
export interface Updates {
  readonly updates: number
  readonly perTransaction: number
  /** How many rows the table has. */
  readonly rows: number
}

/** The database that is captured and written to, in its own words. */
export interface BenchDatabase extends AsyncDisposable {
  /** Product and version. */
  readonly name: string
  /** A database of its own for each measure, empty. */
  createDatabase(name: string): Promise<unknown>
  /** Makes a database with a table `orders` of seven columns, with rows that differ. */
  createOrders(database: string, rows: number): Promise<void>
  /** Updates rows in transactions of a given size. */
  updateOrders(database: string, updates: Updates): Promise<void>
  /** A session that commits one update at a time: of `customer_id`, by `id`. */
  openUpdater(
    database: string
  ): Promise<AsyncDisposable & { update(customer: number, id: number): Promise<void> }>
  /** Highest id that a sink has written into {@link SINK_TABLE}, 0 without the table. */
  highestId(database: string): Promise<number>
  countCopies(database: string): Promise<number>
  /** The topic of `orders` of a source whose prefix is the database's name. */
  topic(database: string): string
  /** Debezium's keys of a source of `orders`, which both systems take. */
  sourceConfig(database: string): ConnectorConfig
  /** Keys of Debezium's JDBC sink: upsert by key, rows as they come. */
  sinkConfig(to: { readonly topic: string; readonly database: string }): ConnectorConfig
  /** Waits until a source has read its snapshot and follows changes. */
  streaming(database: string): Promise<void>
  /** Forgets what a source that is gone has left behind. */
  release(database: string): Promise<void>
}

/** Another name than the source's: Debezium's sink takes a table of another database for its own. */
export const SINK_TABLE = 'copied_orders'

/** What is asked of the server under the database, whichever it is. */
export interface BenchServer {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  query<T>(sql: string, params?: readonly unknown[], database?: string): Promise<T[]>
}

/** Rows come in the order of their ids: the highest tells how many there are. */
export async function highestId(server: BenchServer, database: string): Promise<number> {
  const sql = `SELECT coalesce(max(id), 0) AS value FROM ${SINK_TABLE}`
  return await numberFrom(server, sql, database).catch(() => 0)
}

export async function countCopies(server: BenchServer, database: string): Promise<number> {
  return await numberFrom(server, `SELECT count(*) AS value FROM ${SINK_TABLE}`, database)
}

/** Integers of 64 bits come as text from some servers. */
async function numberFrom(server: BenchServer, sql: string, database: string): Promise<number> {
  const [row] = await server.query<{ value: number | string }>(sql, [], database)
  return Number(row?.value ?? 0)
}

/** Keys that the sources of all databases have. */
export function sourceKeys(server: BenchServer, database: string): ConnectorConfig {
  return {
    'tasks.max': '1',
    'topic.prefix': database,
    'database.hostname': server.host,
    'database.port': String(server.port),
    'database.user': server.user,
    'database.password': server.password,
    ...SOURCE_FORMAT
  }
}

/** Keys that the sinks into all databases have. */
export function sinkKeys(server: BenchServer, topic: string): ConnectorConfig {
  return {
    ...SINK_FORMAT,
    topics: topic,
    'connection.username': server.user,
    'connection.password': server.password
  }
}

/** JSON without schemas, topics of one partition. */
const SOURCE_FORMAT: ConnectorConfig = {
  'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'key.converter.schemas.enable': 'false',
  'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'value.converter.schemas.enable': 'false',
  'topic.creation.default.partitions': '1',
  'topic.creation.default.replication.factor': '1'
}

/** Upsert by key, JSON with schemas, batches of 2,000. */
const SINK_FORMAT: ConnectorConfig = {
  'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
  'tasks.max': '1',
  'insert.mode': 'upsert',
  'primary.key.mode': 'record_key',
  'schema.evolution': 'basic',
  'collection.name.format': SINK_TABLE,
  'batch.size': '2000',
  'consumer.override.max.poll.records': '2000',
  'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'key.converter.schemas.enable': 'true',
  'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'value.converter.schemas.enable': 'true'
}
