import {
  defineSource,
  type KeyProblem,
  type SourceConnector,
  type SourceOffsetChange
} from '../../runtime/api/connector.ts'
import { ConnectError } from '../../runtime/api/errors.ts'

import { converterProblems } from '../relational/column-converters.ts'
import { columnRuleProblems } from '../relational/column-rules.ts'
import { FoundProblems } from '../relational/live-check.ts'
import { notificationProblems } from '../relational/notifications.ts'
import { messageKeyProblems } from '../relational/topic-naming.ts'
import { connectionSettings } from './connection-settings.ts'
import { parseOffset } from './offset.ts'
import { QuerySession } from './query-session.ts'
import { checkReadable } from './readable.ts'
import { lookAtServer } from './server-check.ts'
import { ServerSchema } from './server-schema.ts'
import { parseShape } from './shape-store.ts'
import { type SourceConfig, sourceKeys } from './source-config.ts'
import { MysqlSourceTask } from './source-task.ts'
import { TableFilter } from './table-filter.ts'
import type { Flavor } from './types/column-codec.ts'
import { VERSION } from './version.ts'

const NAMES = {
  mysql: {
    product: 'MySQL',
    className: 'io.debezium.connector.mysql.MySqlConnector',
    taskClass: 'io.debezium.connector.mysql.MySqlConnectorTask'
  },
  mariadb: {
    product: 'MariaDB',
    className: 'io.debezium.connector.mariadb.MariaDbConnector',
    taskClass: 'io.debezium.connector.mariadb.MariaDbConnectorTask'
  }
} as const

/** The source connector for one of the two: they differ in types, GTIDs and names. */
export function mysqlSource(flavor: Flavor): SourceConnector {
  const { product, className, taskClass } = NAMES[flavor]
  return defineSource({
    summary: `Captures a ${product} server: its rows, then every change, as Debezium change events.`,
    classNames: [className],
    taskClass,
    version: VERSION,
    dialect: 'debezium',
    config: sourceKeys(flavor),
    validate,
    check: (config, _raw, signal) => check(flavor, config, signal),
    checkOffsets,
    // One log, one reader: the order of transactions is the order of records.
    taskConfigs: () => [{}],
    createTask: (config, raw) => new MysqlSourceTask(flavor, config, raw)
  })
}

function validate(config: SourceConfig): KeyProblem[] {
  return [
    ...messageKeyProblems(config['message.key.columns']),
    ...columnRuleProblems(config),
    ...converterProblems(config),
    ...notificationProblems(config)
  ]
}

/** @throws {ConnectError} MYSQL_OFFSET, MYSQL_SHAPE for an offset that a task could not start from */
function checkOffsets(
  config: SourceConfig,
  _raw: unknown,
  changes: readonly SourceOffsetChange[]
): void {
  for (const { partition, offset } of changes) {
    if (offset === null) continue
    const { server, table } = partition
    if (server !== config['topic.prefix']) {
      throw new ConnectError(
        'MYSQL_OFFSET',
        `The source partition ${JSON.stringify(partition)} is not one of this connector`,
        { hint: `Its position is in {"server":"${config['topic.prefix']}"}` }
      )
    }
    if (table === undefined) parseOffset(offset)
    else parseShape(String(table), offset)
  }
}

/** Where an error of the server belongs in the configuration. */
const KEY_OF: Readonly<Record<string, string>> = {
  MYSQL_UNREACHABLE: 'database.hostname',
  MYSQL_AUTHENTICATION: 'database.password',
  MYSQL_TLS: 'database.ssl.mode',
  MYSQL_TLS_FILE: 'database.ssl.truststore',
  MYSQL_PRIVILEGE: 'database.user',
  MYSQL_BINLOG_OFF: 'database.hostname',
  MYSQL_BINLOG_FORMAT: 'database.hostname',
  MYSQL_OTHER_PRODUCT: 'database.hostname'
}

/** Connects and looks whether everything is there; changes nothing. */
async function check(
  flavor: Flavor,
  config: SourceConfig,
  signal: AbortSignal
): Promise<KeyProblem[]> {
  const found = new FoundProblems(KEY_OF)
  const settings = connectionSettings(config, { connector: 'check', task: 0 })
  const session = new QuerySession(settings, signal)
  try {
    await session.query('SELECT 1')
  } catch (error) {
    found.add(error)
    return found.all
  }
  try {
    const { problems } = await lookAtServer(session, flavor, config)
    for (const problem of problems) found.add(problem)
    const filter = new TableFilter(config)
    const server = await ServerSchema.load(session, flavor)
    const listed = await server.listTables(filter)
    const tables = listed.filter(({ database, name }) => filter.captures(database, name))
    if (tables.length === 0) found.addNoTables('server', 'database')
    await checkReadable(session, tables, settings.user).catch(found.add)
  } catch (error) {
    found.add(error)
  } finally {
    session.close()
  }
  return found.all
}
