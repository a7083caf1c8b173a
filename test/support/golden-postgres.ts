import type { Client } from 'pg'
import { type GoldenDatabase, SENTINEL } from './golden-database.ts'
import type { ScenarioScript } from './golden-scenario.ts'
import type { PostgresServer } from './postgres.ts'
import { splitStatements } from './sql-script.ts'

/** Runs scenarios on PostgreSQL, each in a database of its own. */
export class GoldenPostgres implements GoldenDatabase {
  readonly config: Readonly<Record<string, string>>
  readonly #server: PostgresServer
  readonly #database: string
  readonly #slot: string | undefined
  #client: Client | undefined
  #sentinels = 0

  constructor(server: PostgresServer, scenario: ScenarioScript) {
    this.#server = server
    this.#database = scenario.config['database.dbname'] ?? scenario.name
    this.#slot = scenario.config['slot.name']
    const tables = scenario.config['table.include.list']
    this.config = {
      ...scenario.config,
      ...(tables && { 'table.include.list': `${tables},${TABLE}` }),
      'database.hostname': server.host,
      'database.port': String(server.port),
      'database.user': server.user,
      'database.password': server.password
    }
  }

  async create(): Promise<void> {
    await this.#server.query(`CREATE DATABASE "${this.#database}" TEMPLATE template0`)
    this.#client = await this.#server.connect(this.#database)
  }

  async run(script: string): Promise<void> {
    for (const statement of splitStatements(script)) await this.#client?.query(statement)
  }

  async sendSentinel(): Promise<void> {
    const first = this.#sentinels++ === 0
    if (first)
      await this.run(`CREATE SCHEMA ${SENTINEL}; CREATE TABLE ${TABLE} (n int primary key)`)
    await this.run(`INSERT INTO ${TABLE} VALUES (${this.#sentinels})`)
  }

  async clearSentinel(): Promise<void> {}

  async drop(): Promise<void> {
    await this.#client?.end()
    await this.#server.query(
      `SELECT pg_terminate_backend(active_pid, 10000) FROM pg_replication_slots
       WHERE slot_name = $1 AND active`,
      [this.#slot]
    )
    await this.#server.query(
      `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1`,
      [this.#slot]
    )
    await this.#server.query(`DROP DATABASE "${this.#database}" WITH (FORCE)`)
  }
}

const TABLE = `${SENTINEL}.${SENTINEL}`
