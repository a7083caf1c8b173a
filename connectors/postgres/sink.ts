import { defineSink, type KeyProblem } from '../../runtime/api/connector.ts'
import { describeError } from '../../runtime/api/errors.ts'
import { contextOf, destroy, queryOn } from './connection.ts'
import { JAVA_CLASSES, type SinkConfig, sinkKeys, sinkSettings } from './sink-config.ts'
import { connectSink, sinkConnection } from './sink-connection.ts'
import { quoteName } from './sink-naming.ts'
import { alterTargetOffsets } from './sink-offset-change.ts'
import { PostgresSinkTask } from './sink-task.ts'
import { VERSION } from './version.ts'

const APPLICATION = 'millrace postgres-sink'

function connectionProblem(config: SinkConfig): KeyProblem | null {
  try {
    sinkConnection(config, APPLICATION)
    return null
  } catch (error) {
    return {
      key: 'connection.url',
      message: error instanceof Error ? error.message : String(error)
    }
  }
}

export default defineSink({
  summary:
    'Rows of topics into PostgreSQL tables: upserts, deletes, new tables and columns, exactly once.',
  classNames: [...JAVA_CLASSES],
  version: VERSION,
  taskClass: 'io.debezium.connector.jdbc.JdbcSinkConnectorTask',
  config: sinkKeys,

  validate(config, raw) {
    const problems: KeyProblem[] = []
    const connection = connectionProblem(config)
    if (connection) problems.push(connection)
    const settings = sinkSettings(config, raw)
    const { keyMode, insertMode } = settings
    if (settings.deleteEnabled && (keyMode === 'none' || keyMode === 'kafka')) {
      const message = `cannot be true with primary.key.mode ${keyMode}: rows are deleted by the key of their record`
      problems.push({ key: 'delete.enabled', message })
    }
    if (keyMode === 'none' && insertMode !== 'insert') {
      const message = `cannot be ${insertMode} with primary.key.mode none: set it to record_key`
      problems.push({ key: 'insert.mode', message })
    }
    if (keyMode === 'kafka' && ![0, 3].includes(settings.keyFields.length)) {
      const message =
        'must name three columns with primary.key.mode kafka: for topic, partition and offset'
      problems.push({ key: 'primary.key.fields', message })
    }
    return problems
  },

  async check(config, raw, signal) {
    const connection = sinkConnection(config, APPLICATION)
    const settings = sinkSettings(config, raw)
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
    const { exactlyOnce, offsetsTable } = sinkSettings(config, raw)
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
    return new PostgresSinkTask(sinkConnection(config, APPLICATION), sinkSettings(config, raw))
  }
})
