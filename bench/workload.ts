import type { PostgresServer } from '../test/support/postgres.ts'
import type { ConnectorConfig } from './system.ts'

/** A table of seven columns in a database of its own, with rows that differ. */
export async function createOrders(
  postgres: PostgresServer,
  database: string,
  rows: number
): Promise<void> {
  await postgres.createDatabase(database)
  const run = (sql: string) => postgres.query(sql, undefined, database)
  await run(`CREATE TABLE orders (
    id bigint PRIMARY KEY, customer_id integer NOT NULL, status text NOT NULL,
    amount numeric(12,2) NOT NULL, note text, created_at timestamptz NOT NULL, paid boolean NOT NULL)`)
  await run(`INSERT INTO orders SELECT n, n % 50000, 'new', (n % 9973) / 7.0,
    'order number ' || n || ' with a note of usual length', now() - n * interval '1 second', n % 3 = 0
    FROM generate_series(1, ${rows}) n`)
  await run('VACUUM ANALYZE orders')
  await run('CHECKPOINT')
}

/** Updates rows in transactions of a given size, as fast as the server can. */
export async function updateOrders(
  postgres: PostgresServer,
  database: string,
  options: { readonly updates: number; readonly perTransaction: number; readonly rows: number }
): Promise<void> {
  const { updates, perTransaction, rows } = options
  const block = `DO $$ DECLARE first bigint; BEGIN
    SET LOCAL synchronous_commit = off;
    FOR t IN 0 .. ${Math.ceil(updates / perTransaction) - 1} LOOP
      first := (t::bigint * ${perTransaction}) % ${rows};
      UPDATE orders SET status = 'changed ' || t, amount = amount + 1
        WHERE id > first AND id <= first + ${perTransaction};
      COMMIT;
      SET LOCAL synchronous_commit = off;
    END LOOP; END $$`
  await postgres.query(block, undefined, database)
}

/** Debezium's keys, which both systems take. */
export function sourceConfig(
  postgres: PostgresServer,
  database: string,
  table: string
): ConnectorConfig {
  return {
    'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
    'tasks.max': '1',
    'topic.prefix': database,
    'database.hostname': postgres.host,
    'database.port': String(postgres.port),
    'database.user': postgres.user,
    'database.password': postgres.password,
    'database.dbname': database,
    'plugin.name': 'pgoutput',
    'slot.name': database,
    'publication.name': database,
    'publication.autocreate.mode': 'filtered',
    'table.include.list': `public.${table}`,
    'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'key.converter.schemas.enable': 'false',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter.schemas.enable': 'false',
    'topic.creation.default.partitions': '1',
    'topic.creation.default.replication.factor': '1'
  }
}

/** Debezium's JDBC sink: upsert by key, rows as they come. */
export function sinkConfig(
  postgres: PostgresServer,
  options: { readonly topic: string; readonly database: string; readonly table: string }
): ConnectorConfig {
  return {
    'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
    'tasks.max': '1',
    topics: options.topic,
    'connection.url': `jdbc:postgresql://${postgres.host}:${postgres.port}/${options.database}`,
    'connection.username': postgres.user,
    'connection.password': postgres.password,
    'insert.mode': 'upsert',
    'primary.key.mode': 'record_key',
    'schema.evolution': 'basic',
    'collection.name.format': options.table,
    'batch.size': '2000',
    'consumer.override.max.poll.records': '2000',
    'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'key.converter.schemas.enable': 'true',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter.schemas.enable': 'true'
  }
}
