import { defineSink } from '../../runtime/api/connector.ts'
import { describeError } from '../../runtime/api/errors.ts'
import { addressProblems } from '../relational/sink-address.ts'
import { JAVA_CLASSES, JAVA_TASK_CLASS, modeProblems } from '../relational/sink-settings.ts'
import { RelationalSinkTask } from '../relational/sink-task.ts'
import { contextOf, destroy, queryOn } from './connection.ts'
import { postgresSettings, sinkKeys } from './sink-config.ts'
import { connectSink, sinkConnection } from './sink-connection.ts'
import { quoteName } from './sink-names.ts'
import { alterTargetOffsets } from './sink-offset-change.ts'
import { PostgresTarget } from './sink-target.ts'
import { VERSION } from './version.ts'

const APPLICATION = 'millrace postgres-sink'

export default defineSink({
  summary:
    'Rows of topics into PostgreSQL tables: upserts, deletes, new tables and columns, exactly once.',
  classNames: [...JAVA_CLASSES],
  version: VERSION,
  taskClass: JAVA_TASK_CLASS,
  config: sinkKeys,

  validate(config, raw) {
    const connection = addressProblems(() => sinkConnection(config, APPLICATION))
    return [...connection, ...modeProblems(postgresSettings(config, raw))]
  },

  async check(config, raw, signal) {
    const connection = sinkConnection(config, APPLICATION)
    const settings = postgresSettings(config, raw)
    try {
      const client = await connectSink(connection, signal)
      try {
        const query = queryOn(client, contextOf(connection))
        if (!settings.autoCreate && !settings.exactlyOnce) return []
        const [row] = await query(
          `SELECT current_schema(), has_schema_privilege(current_schema(), 'CREATE') OR to_regclass($1) IS NOT NULL`,
          [settings.offsetsTable]
        )
        if (row?.[1] === 't') return []
        const grant = `GRANT USAGE, CREATE ON SCHEMA ${quoteName(row?.[0] ?? 'public')} TO ${quoteName(connection.user)}`
        return [{ key: 'connection.username', message: `may not create tables: ${grant}` }]
      } finally {
        destroy(client)
      }
    } catch (error) {
      return [{ key: 'connection.url', message: describeError(error) }]
    }
  },

  async alterOffsets(config, raw, connector, changes) {
    const { exactlyOnce, offsetsTable } = postgresSettings(config, raw)
    if (!exactlyOnce) return
    const connection = sinkConnection(config, APPLICATION)
    const client = await connectSink(connection, AbortSignal.timeout(30_000))
    try {
      const query = queryOn(client, contextOf(connection))
      await alterTargetOffsets(query, { connector, table: offsetsTable, changes })
    } finally {
      destroy(client)
    }
  },

  createTask(config, raw) {
    const settings = postgresSettings(config, raw)
    const target = new PostgresTarget(sinkConnection(config, APPLICATION), settings)
    return new RelationalSinkTask(target, settings.offsetsTable)
  }
})
