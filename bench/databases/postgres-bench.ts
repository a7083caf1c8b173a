import { setTimeout as delay } from 'node:timers/promises'
import { type PostgresServer, startPostgres } from '../../test/support/postgres.ts'
import type { ConnectorConfig } from '../system.ts'
import {
  type BenchDatabase,
  countCopies,
  highestId,
  sinkKeys,
  sourceKeys,
  type Updates
} from './bench-database.ts'

/** Starts a PostgreSQL with room for the load. */
export async function startPostgresBench(): Promise<BenchDatabase> {
  const settings = { shared_buffers: '512MB', max_wal_size: '8GB', checkpoint_timeout: '30min' }
  return new PostgresBench(await startPostgres({ durable: true, settings }))
}

class PostgresBench implements BenchDatabase {
  readonly name = 'PostgreSQL 18'
  readonly #server: PostgresServer

  constructor(server: PostgresServer) {
    this.#server = server
  }

  createDatabase(name: string): Promise<string> {
    return this.#server.createDatabase(name)
  }

  async createOrders(database: string, rows: number): Promise<void> {
    await this.createDatabase(database)
    const run = (sql: string) => this.#server.query(sql, undefined, database)
    await run(`CREATE TABLE orders (
      id bigint PRIMARY KEY, customer_id integer NOT NULL, status text NOT NULL,
      amount numeric(12,2) NOT NULL, note text, created_at timestamptz NOT NULL, paid boolean NOT NULL)`)
    await run(`INSERT INTO orders SELECT n, n % 50000, 'new', (n % 9973) / 7.0,
      'order number ' || n || ' with a note of usual length', now() - n * interval '1 second', n % 3 = 0
      FROM generate_series(1, ${rows}) n`)
    await run('VACUUM ANALYZE orders')
    await run('CHECKPOINT')
  }

  async updateOrders(database: string, { updates, perTransaction, rows }: Updates): Promise<void> {
    const block = `DO $$ DECLARE first bigint; BEGIN
      SET LOCAL synchronous_commit = off;
      FOR t IN 0 .. ${Math.ceil(updates / perTransaction) - 1} LOOP
        first := (t::bigint * ${perTransaction}) % ${rows};
        UPDATE orders SET status = 'changed ' || t, amount = amount + 1
          WHERE id > first AND id <= first + ${perTransaction};
        COMMIT;
        SET LOCAL synchronous_commit = off;
      END LOOP; END $$`
    await this.#server.query(block, undefined, database)
  }

  async openUpdater(database: string) {
    const client = await this.#server.connect(database)
    return {
      async update(customer: number, id: number): Promise<void> {
        await client.query('UPDATE orders SET customer_id = $1 WHERE id = $2', [customer, id])
      },
      [Symbol.asyncDispose]: () => client.end()
    }
  }

  highestId(database: string): Promise<number> {
    return highestId(this.#server, database)
  }

  countCopies(database: string): Promise<number> {
    return countCopies(this.#server, database)
  }

  topic(database: string): string {
    return `${database}.public.orders`
  }

  sourceConfig(database: string): ConnectorConfig {
    return {
      ...sourceKeys(this.#server, database),
      'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
      'database.dbname': database,
      'plugin.name': 'pgoutput',
      'slot.name': database,
      'publication.name': database,
      'publication.autocreate.mode': 'filtered',
      'table.include.list': 'public.orders'
    }
  }

  sinkConfig({ topic, database }: { readonly topic: string; readonly database: string }) {
    const { host, port } = this.#server
    return {
      ...sinkKeys(this.#server, topic),
      'connection.url': `jdbc:postgresql://${host}:${port}/${database}`
    }
  }

  /** Its replication slot is in use. */
  async streaming(slot: string): Promise<void> {
    const sql = 'SELECT 1 FROM pg_replication_slots WHERE slot_name = $1 AND active'
    while ((await this.#server.query(sql, [slot])).length === 0) await delay(100)
  }

  async release(slot: string): Promise<void> {
    await this.#server.query('SELECT pg_drop_replication_slot($1)', [slot]).catch(() => {})
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.stop()
  }
}
