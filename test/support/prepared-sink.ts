import type { RawConfig } from '../../runtime/api/config.ts'
import type { SinkConnector } from '../../runtime/api/connector.ts'
import * as s from '../../runtime/api/schema.ts'
import { ChangeEvents } from './change-events.ts'
import type { SinkServer, TestDatabase } from './sink-databases.ts'
import { type RunningSink, startSink } from './sink-harness.ts'

export interface PreparedSink extends TestDatabase {
  /** The keys of a sink that names tables as their source does. */
  readonly raw: RawConfig
  /** Starts a sink of the first partitions of these topics. */
  start(...topics: readonly string[]): Promise<RunningSink>
}

/**
 * A database of its own, and a sink that was not started.
 *
 * @param options.sql run in the database first
 * @param options.tolerate false: a rejected record fails the task
 */
export async function prepareSink(
  on: { readonly server: SinkServer; readonly plugin: SinkConnector },
  options: { readonly sql: string; readonly config: RawConfig; readonly tolerate: boolean }
): Promise<PreparedSink> {
  const { sql, config, tolerate } = options
  const target = await on.server.create()
  if (sql !== '') await target.run(sql)
  const raw = { ...target.config, 'collection.name.format': '${source.table}', ...config }
  const start = (...topics: readonly string[]) => {
    const partitions = topics.map((topic) => ({ topic, partition: 0 }))
    return startSink(on.plugin, raw, { partitions, tolerate })
  }
  return { ...target, raw, start }
}

/** A sink that runs, which a rejected record fails. */
export async function startedSink(
  on: { readonly server: SinkServer; readonly plugin: SinkConnector },
  topics: readonly string[],
  options: { readonly sql?: string; readonly config?: RawConfig } = {}
): Promise<PreparedSink & { readonly sink: RunningSink }> {
  const prepared = await prepareSink(on, { sql: '', config: {}, ...options, tolerate: false })
  return { ...prepared, sink: await prepared.start(...topics) }
}

/** Change events of a table with two columns that may be null. */
export function people(): ChangeEvents {
  return new ChangeEvents('people', {
    id: s.int32(),
    name: s.string({ optional: true }),
    mail: s.string({ optional: true })
  })
}

/** The values of the only row of a MySQL table, as text. */
export async function textsOf(
  run: TestDatabase['run'],
  table: string,
  names: readonly string[]
): Promise<Record<string, unknown> | undefined> {
  const columns = names.map((name) => `cast(\`${name}\` as char) as \`${name}\``)
  const [found] = await run(`select ${columns.join(', ')} from ${table}`)
  return found
}
