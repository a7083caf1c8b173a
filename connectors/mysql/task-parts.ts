import { randomUUID } from 'node:crypto'
import type { RawConfig } from '../../runtime/api/config.ts'
import type { SourceTaskContext } from '../../runtime/api/task.ts'
import { DEFAULT_QUEUE_BYTES } from '../relational/capture-keys.ts'
import { contextHeaders } from '../relational/change-records.ts'
import { Notifications } from '../relational/notifications.ts'
import { topicName } from '../relational/topic-naming.ts'
import { TransactionMetadata } from '../relational/transaction-metadata.ts'
import { TableCompiler } from './captured-table.ts'
import type { ConnectionSettings } from './client-options.ts'
import { LaterView } from './later-view.ts'
import type { TaskParts } from './phase.ts'
import type { QuerySession } from './query-session.ts'
import { type MysqlRecordSettings, MysqlRecords } from './records.ts'
import { SchemaTables } from './schema/schema-tables.ts'
import { SchemaChangeRecords } from './schema-change-records.ts'
import { lookAtServer } from './server-check.ts'
import { ServerSchema } from './server-schema.ts'
import { ShapeStore } from './shape-store.ts'
import type { SourceConfig } from './source-config.ts'
import { TableFilter } from './table-filter.ts'
import type { Flavor } from './types/column-codec.ts'
import { VERSION } from './version.ts'

export interface TaskFacts {
  readonly flavor: Flavor
  readonly config: SourceConfig
  readonly raw: RawConfig
  readonly context: SourceTaskContext
  readonly settings: ConnectionSettings
  readonly session: QuerySession
}

/** Looks at the server, and makes what the phases of a task work with. */
export async function makeParts(facts: TaskFacts): Promise<TaskParts> {
  const { flavor, config, context, session } = facts
  const { identity, warnings, problems } = await lookAtServer(session, flavor, config)
  if (problems[0] !== undefined) throw problems[0]
  for (const warning of warnings) context.logger.warn(warning)
  const filter = new TableFilter(config)
  const server = await ServerSchema.load(session, flavor)
  const tables = new SchemaTables(server.facts)
  await server.describeDatabases(tables, filter)
  const transactions = config['provide.transaction.metadata']
    ? new TransactionMetadata(topicName(config, config['topic.transaction']))
    : null
  const records = new MysqlRecords(recordSettings(facts), transactions ?? undefined)
  return {
    ...facts,
    filter,
    tables,
    store: new ShapeStore({
      prefix: config['topic.prefix'],
      flavor,
      committed: (partition) => context.committed(partition)
    }),
    server,
    compiler: new TableCompiler({ flavor, config, logger: context.logger }),
    records,
    changeRecords: config['include.schema.changes'] ? new SchemaChangeRecords(records) : null,
    transactions,
    laterView: new LaterView(flavor),
    notifications: new Notifications({
      config,
      name: config['topic.prefix'],
      logger: context.logger,
      now: Date.now
    }),
    identity,
    maxBytes: config['max.queue.size.in.bytes'] || DEFAULT_QUEUE_BYTES
  }
}

function recordSettings({ flavor, config, context }: TaskFacts): MysqlRecordSettings {
  const prefix = config['topic.prefix']
  const about = { prefix, task: context.task, kind: flavor, runId: randomUUID() }
  return {
    flavor,
    prefix,
    version: VERSION,
    headers: config['extended.headers.enabled'] ? contextHeaders(about) : [],
    tombstones: config['tombstones.on.delete'],
    skipped: new Set(config['skipped.operations']),
    skipUnchanged: config['skip.messages.without.change']
  }
}
