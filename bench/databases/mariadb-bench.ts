import { setTimeout as delay } from 'node:timers/promises'
import { type MariadbServer, startMariadb } from '../../test/support/mariadb.ts'
import type { ConnectorConfig } from '../system.ts'
import {
  type BenchDatabase,
  countCopies,
  highestId,
  sinkKeys,
  sourceKeys,
  type Updates
} from './bench-database.ts'

/** @param bootstrap of the Kafka in which Debezium keeps its schema history */
export async function startMariadbBench(bootstrap: string): Promise<BenchDatabase> {
  const settings = { innodb_buffer_pool_size: '512M', innodb_log_file_size: '1G' }
  const server = await startMariadb({ durable: true, settings })
  const [row] = await server.query<{ version: string }>('SELECT @@version AS version')
  const version = row?.version.replace(/-.*$/, '') ?? ''
  return new MariadbBench(server, { version, bootstrap })
}

class MariadbBench implements BenchDatabase {
  readonly name: string
  readonly #server: MariadbServer
  readonly #bootstrap: string
  #sources = 0

  constructor(server: MariadbServer, facts: { version: string; bootstrap: string }) {
    this.#server = server
    this.name = `MariaDB ${facts.version}`
    this.#bootstrap = facts.bootstrap
  }

  createDatabase(name: string): Promise<string> {
    return this.#server.createDatabase(name)
  }

  async createOrders(database: string, rows: number): Promise<void> {
    await this.createDatabase(database)
    const run = (sql: string) => this.#server.query(sql, undefined, database)
    await run(`CREATE TABLE orders (
      id bigint PRIMARY KEY, customer_id int NOT NULL, status varchar(40) NOT NULL,
      amount decimal(12,2) NOT NULL, note text, created_at timestamp(6) NOT NULL, paid boolean NOT NULL)`)
    await run(`INSERT INTO orders SELECT seq, seq % 50000, 'new', round((seq % 9973) / 7.0, 2),
      concat('order number ', seq, ' with a note of usual length'),
      now(6) - interval seq second, seq % 3 = 0 FROM seq_1_to_${rows}`)
    await run('ANALYZE TABLE orders')
  }

  async updateOrders(database: string, { updates, perTransaction, rows }: Updates): Promise<void> {
    const session = await this.#server.connect(database, { multipleStatements: true })
    try {
      await session.query('SET GLOBAL innodb_flush_log_at_trx_commit = 0, GLOBAL sync_binlog = 0')
      await session.query(`BEGIN NOT ATOMIC
        DECLARE t, start bigint DEFAULT 0;
        WHILE t < ${Math.ceil(updates / perTransaction)} DO
          SET start = (t * ${perTransaction}) % ${rows};
          UPDATE orders SET status = concat('changed ', t), amount = amount + 1
            WHERE id > start AND id <= start + ${perTransaction};
          SET t = t + 1;
        END WHILE; END`)
    } finally {
      await session.query('SET GLOBAL innodb_flush_log_at_trx_commit = 1, GLOBAL sync_binlog = 1')
      await session.end()
    }
  }

  async openUpdater(database: string) {
    const session = await this.#server.connect(database)
    return {
      async update(customer: number, id: number): Promise<void> {
        await session.query('UPDATE orders SET customer_id = ? WHERE id = ?', [customer, id])
      },
      [Symbol.asyncDispose]: () => session.end()
    }
  }

  highestId(database: string): Promise<number> {
    return highestId(this.#server, database)
  }

  countCopies(database: string): Promise<number> {
    return countCopies(this.#server, database)
  }

  topic(database: string): string {
    return `${database}.${database}.orders`
  }

  sourceConfig(database: string): ConnectorConfig {
    return {
      ...sourceKeys(this.#server, database),
      'connector.class': 'io.debezium.connector.mariadb.MariaDbConnector',
      'database.server.id': String(7000 + ++this.#sources),
      'database.include.list': database,
      'table.include.list': `${database}.orders`,
      'schema.history.internal.kafka.bootstrap.servers': this.#bootstrap,
      'schema.history.internal.kafka.topic': `${database}_history`
    }
  }

  sinkConfig({ topic, database }: { readonly topic: string; readonly database: string }) {
    const { host, port } = this.#server
    return {
      ...sinkKeys(this.#server, topic),
      'connection.url': `jdbc:mariadb://${host}:${port}/${database}`
    }
  }

  /** A replica is connected: the snapshot does without. */
  async streaming(): Promise<void> {
    const sql =
      "SELECT 1 FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%' LIMIT 1"
    while ((await this.#server.query(sql)).length === 0) await delay(100)
  }

  async release(): Promise<void> {}

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.stop()
  }
}
