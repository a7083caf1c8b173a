import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { SchemaTables } from '../../connectors/mysql/schema/schema-tables.ts'
import { requireEngine } from '../support/engines.ts'
import { modelFacts, serverFacts } from '../support/information-schema.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { Random } from '../support/random.ts'
import { RandomDdl } from '../support/random-ddl.ts'

const SEEDS = [1, 2, 48, 54]
const STATEMENTS = 150

// Random statements are run on a server; those that it takes are read back from its log and applied.
// After each, the models must say of every table what the server says.

describe('tables that follow the DDL of the log', requireEngine('mariadb'), () => {
  let server: MariadbServer
  before(async () => {
    server = await startMariadb({ settings: { sql_mode: 'NO_ENGINE_SUBSTITUTION' } })
  })
  after(() => server.stop())

  for (const seed of SEEDS) {
    test(`are those of the server (seed ${seed})`, { timeout: 120_000 }, () => follow(server, seed))
  }
})

async function follow(server: MariadbServer, seed: number): Promise<void> {
  const database = await server.createDatabase()
  const tables = new SchemaTables({
    flavor: 'mariadb',
    version: 101119,
    lowerCaseTableNames: 0,
    charset: 'utf8mb4',
    explicitTimestamps: true
  })
  tables.setDatabase(database, 'utf8mb4')
  const statements = new RandomDdl(new Random(seed), () => tables.all())
  const log = await LogReader.open(server)
  let taken = 0
  for (let i = 0; taken < STATEMENTS; i++) {
    assert.ok(i < STATEMENTS * 40, 'the server refuses too much')
    const sql = statements.next()
    const isTaken = await run(server, sql, database)
    if (isTaken) taken++
    const about = `seed ${seed}, statement ${taken}: ${sql}`
    // What is refused may be in the log all the same, with the error that only the log itself shows.
    const errorCode = isTaken ? 0 : 1
    const logged = await log.statements()
    for (const { text, session } of logged) {
      assert.equal(tables.apply(text, { database: session, errorCode }).unknown, null, about)
    }
    if (logged.length === 0) continue
    const models = tables.all().map((table) => [table.name, modelFacts(table)] as const)
    const expected = Object.fromEntries(await serverFacts(server, database))
    assert.deepEqual(Object.fromEntries(models), expected, about)
  }
}

async function run(server: MariadbServer, sql: string, database: string): Promise<boolean> {
  try {
    await server.query(sql, undefined, database)
    return true
  } catch (error) {
    const { errno = 0 } = error as { errno?: number }
    assert.ok(errno > 0, `${sql}: ${error}`)
    return false
  }
}

interface LoggedStatement {
  readonly text: string
  readonly session: string
}

/** Reads the statements of the binary log through SQL. */
class LogReader {
  readonly #server: MariadbServer
  #file: string
  #position: number

  private constructor(server: MariadbServer, file: string, position: number) {
    this.#server = server
    this.#file = file
    this.#position = position
  }

  static async open(server: MariadbServer): Promise<LogReader> {
    const [status] = await server.query<{ File: string; Position: number }>('SHOW MASTER STATUS')
    assert.ok(status)
    return new LogReader(server, status.File, status.Position)
  }

  /** Those that came since the last call. */
  async statements(): Promise<LoggedStatement[]> {
    const events = await this.#server.query<{
      Event_type: string
      Info: string
      End_log_pos: number
    }>(`SHOW BINLOG EVENTS IN '${this.#file}' FROM ${this.#position}`)
    this.#position = events.at(-1)?.End_log_pos ?? this.#position
    return events
      .filter((event) => event.Event_type === 'Query')
      .map(({ Info }) => {
        const use = /^use `((?:[^`]|``)*)`; /.exec(Info)
        return { text: Info.slice(use?.[0].length ?? 0), session: use?.[1] ?? '' }
      })
  }
}
