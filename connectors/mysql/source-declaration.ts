import { defineSource, type KeyProblem, type SourceConnector } from '../../runtime/api/connector.ts'
import { messageKeyProblems } from '../relational/topic-naming.ts'
import { type SourceConfig, sourceKeys } from './source-config.ts'
import { MysqlSourceTask } from './source-task.ts'
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
    // One log, one reader: the order of transactions is the order of records.
    taskConfigs: () => [{}],
    createTask: (config, raw) => new MysqlSourceTask(flavor, config, raw)
  })
}

function validate(config: SourceConfig): KeyProblem[] {
  return messageKeyProblems(config['message.key.columns']).map((message) => ({
    key: 'message.key.columns',
    message
  }))
}
