import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { type GoldenDatabase, SENTINEL } from './golden-database.ts'
import type { ScenarioScript } from './golden-scenario.ts'
import type { MariadbServer } from './mariadb.ts'

/**
 * Runs scenarios on a MariaDB that nobody else uses: each begins with an empty binary log, as the
 * captures did, so that positions are the same every time.
 */
export class GoldenMariadb implements GoldenDatabase {
  readonly config: Readonly<Record<string, string>>
  /** GTIDs of the sentinels' own transactions. */
  readonly sentinelGtids = new Set<string>()
  readonly #server: MariadbServer
  readonly #database: string
  #isThere = false

  constructor(server: MariadbServer, { config, name }: ScenarioScript) {
    this.#server = server
    const databases = config['database.include.list'] ?? name
    this.#database = databases.split(',')[0] ?? name
    const tables = config['table.include.list']
    this.config = {
      ...config,
      'database.hostname': server.host,
      'database.port': String(server.port),
      'database.user': server.user,
      'database.password': server.password,
      // The sentinels are in a database of their own, so that nothing about them is in the scenario's.
      'database.include.list': `${databases},${SENTINEL}`,
      ...(tables && { 'table.include.list': `${tables},${SENTINEL}.${SENTINEL}` })
    }
  }

  async create(): Promise<void> {
    await this.#client('mysql', 'reset master')
    const name = `\`${this.#database}\``
    const statements = `drop database if exists ${name}; create database ${name} character set utf8mb4`
    await this.#client('mysql', statements)
  }

  run(script: string): Promise<void> {
    return script.trim() === '' ? Promise.resolve() : this.#client(this.#database, script)
  }

  async sendSentinel(): Promise<void> {
    if (!this.#isThere) {
      await this.#own(`CREATE DATABASE IF NOT EXISTS ${SENTINEL}`)
      await this.#own(`CREATE TABLE IF NOT EXISTS ${TABLE} (n int auto_increment primary key)`)
      this.#isThere = true
    }
    await this.#own(`INSERT INTO ${TABLE} VALUES ()`)
  }

  async clearSentinel(): Promise<void> {
    if (this.#isThere) await this.#own(`DROP DATABASE ${SENTINEL}`)
    this.#isThere = false
  }

  async drop(): Promise<void> {
    for (const name of [this.#database, SENTINEL]) {
      await this.#server.query(`DROP DATABASE IF EXISTS \`${name}\``)
    }
  }

  async #own(statement: string): Promise<void> {
    const answer = `${statement}; SELECT @@last_gtid AS gtid`
    const [row] = await this.#server.query<{ gtid: string }>(answer)
    if (row) this.sentinelGtids.add(row.gtid)
  }

  /** The command line client, in a session of its own, as in the capture: it knows `delimiter`. */
  async #client(database: string, script: string): Promise<void> {
    const { host, port, user, password, clientProgram } = this.#server
    const connection = ['-h', host, '-P', String(port), `-u${user}`, '--protocol=tcp']
    const options = ['-N', '-D', database, '--default-character-set=utf8mb4']
    const client = spawn(clientProgram, ['--no-defaults', ...connection, ...options], {
      env: { ...process.env, MYSQL_PWD: password },
      stdio: ['pipe', 'ignore', 'pipe']
    })
    const ended = once(client, 'close')
    client.stdin.end(script)
    const [errors, [code]] = await Promise.all([text(client.stderr), ended])
    if (code !== 0) throw new Error(`mariadb: ${errors}`)
  }
}

const TABLE = `${SENTINEL}.${SENTINEL}`
