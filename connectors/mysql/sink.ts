import type { RawConfig } from '../../runtime/api/config.ts'
import { defineSink } from '../../runtime/api/connector.ts'
import { describeError } from '../../runtime/api/errors.ts'
import { addressProblems } from '../relational/sink-address.ts'
import { JAVA_CLASSES, JAVA_TASK_CLASS, modeProblems } from '../relational/sink-settings.ts'
import { RelationalSinkTask } from '../relational/sink-task.ts'
import { mysqlSettings, type SinkConfig, sinkKeys } from './sink-config.ts'
import { connectSink } from './sink-connection.ts'
import { alterTargetOffsets } from './sink-offset-change.ts'
import { isOwnUrl, sinkPlace } from './sink-place.ts'
import { missingCreation } from './sink-privileges.ts'
import { MysqlTarget } from './sink-target.ts'
import { VERSION } from './version.ts'

const APPLICATION = 'millrace mysql-sink'

function targetOf(config: SinkConfig, raw: RawConfig): MysqlTarget {
  const settings = mysqlSettings(config, raw)
  return new MysqlTarget(sinkPlace(config, APPLICATION), settings, config['load.data.enabled'])
}

export default defineSink({
  summary:
    'Rows of topics into MySQL and MariaDB tables: upserts, deletes, new tables and columns, exactly once.',
  classNames: ['mariadb-sink', ...JAVA_CLASSES],
  version: VERSION,
  taskClass: JAVA_TASK_CLASS,
  config: sinkKeys,

  isMeantBy: (raw) => isOwnUrl(raw['connection.url']),

  validate(config, raw) {
    const connection = addressProblems(() => sinkPlace(config, APPLICATION))
    return [...connection, ...modeProblems(mysqlSettings(config, raw))]
  },

  async check(config, raw, signal) {
    const place = sinkPlace(config, APPLICATION)
    const settings = mysqlSettings(config, raw)
    try {
      const connection = await connectSink(place, signal)
      try {
        if (!settings.autoCreate && !settings.exactlyOnce) return []
        const grant = await missingCreation(connection)
        if (grant === null) return []
        return [{ key: 'connection.username', message: `may not create tables: ${grant}` }]
      } finally {
        connection.destroy()
      }
    } catch (error) {
      const explained = targetOf(config, raw).explainWrite(error, null)
      return [{ key: 'connection.url', message: describeError(explained) }]
    }
  },

  async alterOffsets(config, raw, connector, changes) {
    const { exactlyOnce, offsetsTable } = mysqlSettings(config, raw)
    if (!exactlyOnce) return
    const place = sinkPlace(config, APPLICATION)
    const connection = await connectSink(place, AbortSignal.timeout(30_000))
    try {
      await alterTargetOffsets(connection, { connector, table: offsetsTable, changes })
    } finally {
      connection.destroy()
    }
  },

  createTask(config, raw) {
    const settings = mysqlSettings(config, raw)
    return new RelationalSinkTask(targetOf(config, raw), settings.offsetsTable)
  }
})
