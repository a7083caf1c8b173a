import source from '../../connectors/mysql/mariadb-source.ts'
import type { SourceRecord } from '../../runtime/api/record.ts'
import type { Row } from '../support/database-server.ts'
import type { MariadbServer } from '../support/mariadb.ts'
import { brief, SourceHarness } from './source-harness.ts'

let serverIds = 8000

/** Keys of a source of one database of a server. It reads the log under a number of its own. */
export function sourceKeys(server: MariadbServer, database: string): Record<string, string> {
  return {
    'topic.prefix': 'p',
    'database.hostname': server.host,
    'database.port': String(server.port),
    'database.user': server.user,
    'database.password': server.password,
    'database.include.list': database,
    'database.server.id': String(++serverIds),
    'include.schema.changes': 'false'
  }
}

/** A database of its own, and a source of it that was not started. */
export interface PreparedSource {
  readonly database: string
  readonly task: SourceHarness
  /** Runs statements in the database, in any session, and gives the rows of the last one. */
  run(statements: string): Promise<Row[]>
  /** A record in short, without the name of the database. */
  short(record: SourceRecord): string
  /** The next records in short. */
  next(count: number): Promise<string[]>
}

/**
 * @param sql makes the tables
 * @param config keys besides {@link sourceKeys}, or those for a database of a name
 */
export async function prepareSource(
  server: MariadbServer,
  sql: string,
  config: Record<string, string> | ((database: string) => Record<string, string>) = {}
): Promise<PreparedSource> {
  const database = await server.createDatabase()
  if (sql !== '') await server.query(sql, undefined, database)
  const more = typeof config === 'function' ? config(database) : config
  const task = new SourceHarness(source, { ...sourceKeys(server, database), ...more })
  const short = (record: SourceRecord) => brief(record).replaceAll(`${database}.`, '')
  return {
    database,
    task,
    run: (statements) => server.query(statements, undefined, database),
    short,
    next: async (count) => (await task.records(count)).map(short)
  }
}

/** A source that was started. */
export interface RunningSource extends Omit<PreparedSource, 'run'>, AsyncDisposable {
  /** Runs statements in the one session that makes changes. */
  run(statements: string): Promise<unknown>
}

/**
 * Starts a source.
 *
 * @param options.isRead false: its snapshot is not read. Default: it is, and the source follows changes.
 */
export async function startSource(
  server: MariadbServer,
  sql: string,
  options: { readonly config: Record<string, string>; readonly isRead?: boolean }
): Promise<RunningSource> {
  const { config, isRead = true } = options
  const prepared = await prepareSource(server, sql, config)
  const client = await server.connect(prepared.database, { multipleStatements: true })
  await prepared.task.start()
  if (isRead) await prepared.task.snapshot()
  return {
    ...prepared,
    run: (statements) => client.query(statements),
    async [Symbol.asyncDispose]() {
      await prepared.task.stop()
      await client.end()
    }
  }
}
