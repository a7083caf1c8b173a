import { execFileSync } from 'node:child_process'
import mysqlSink from '../../connectors/mysql/sink.ts'
import postgresSink from '../../connectors/postgres/sink.ts'
import type { RawConfig } from '../../runtime/api/config.ts'
import type { SinkConnector } from '../../runtime/api/connector.ts'
import { type Requirement, requireEngine } from './engines.ts'
import { startMariadb } from './mariadb.ts'
import { startPostgres } from './postgres.ts'
import { splitStatements } from './sql-script.ts'

export type ResultRow = Record<string, unknown>

/** A database of its own for one test. */
export interface TestDatabase {
  readonly name: string
  /** Keys of a sink that writes to it. */
  readonly config: RawConfig
  /** Runs statements and gives the rows of the last one. */
  run(sql: string): Promise<ResultRow[]>
  /** Runs a script as the database's own client does. */
  script(text: string): Promise<void>
  hasTable(name: string): Promise<boolean>
  /** Cuts the connections of sinks, as a failing network would. */
  cut(): Promise<void>
}

/** A server that sinks write to. */
export interface SinkServer {
  /** Runs a statement as its administrator, in no database of a test. */
  query(sql: string): Promise<ResultRow[]>
  create(): Promise<TestDatabase>
  stop(): Promise<void>
}

/** What a contract of sinks needs to know of a kind of database. */
export interface SinkDatabase {
  readonly name: string
  readonly plugin: SinkConnector
  readonly requirement: Requirement
  start(): Promise<SinkServer>
}

export const postgres: SinkDatabase = {
  name: 'PostgreSQL',
  plugin: postgresSink,
  requirement: {},
  async start() {
    const server = await startPostgres()
    const create = async (): Promise<TestDatabase> => {
      const database = await server.createDatabase()
      const run = (sql: string) => server.query(sql, undefined, database)
      return {
        name: database,
        run,
        config: {
          'connector.class': 'postgres-sink',
          'connection.url': `jdbc:postgresql://${server.host}:${server.port}/${database}`,
          'connection.username': server.user,
          'connection.password': server.password
        },
        async script(text) {
          for (const statement of splitStatements(text)) await run(statement)
        },
        hasTable: async (name) =>
          (await run(`select 1 from pg_class where relname = '${name}'`)).length > 0,
        async cut() {
          await server.query(
            `select pg_terminate_backend(pid) from pg_stat_activity
             where datname = $1 and application_name like 'millrace%'`,
            [database]
          )
        }
      }
    }
    return { create, query: (sql) => server.query(sql), stop: () => server.stop() }
  }
}

export const mariadb: SinkDatabase = {
  name: 'MySQL',
  plugin: mysqlSink,
  requirement: requireEngine('mariadb'),
  async start() {
    const server = await startMariadb()
    const create = async (): Promise<TestDatabase> => {
      const database = await server.createDatabase()
      const run = (sql: string) => server.query(sql, undefined, database)
      const user = `sink_${database}`
      await run(`grant all on ${database}.* to '${user}'@'127.0.0.1' identified by 'paper'`)
      return {
        name: database,
        run,
        config: {
          'connector.class': 'mysql-sink',
          'connection.url': `mariadb://${server.host}:${server.port}/${database}`,
          'connection.username': user,
          'connection.password': 'paper'
        },
        async script(text) {
          const options = [`-h${server.host}`, `-P${server.port}`, `-u${server.user}`]
          const login = [`--password=${server.password}`, '--default-character-set=utf8mb4']
          execFileSync(server.clientProgram, ['--no-defaults', ...options, ...login, database], {
            input: text
          })
        },
        hasTable: async (name) =>
          (
            await run(
              `select 1 from information_schema.tables where table_schema = database() and table_name = '${name}'`
            )
          ).length > 0,
        async cut() {
          await server.query(`kill user '${user}'@'127.0.0.1'`)
        }
      }
    }
    return { create, query: (sql) => server.query(sql), stop: () => server.stop() }
  }
}
