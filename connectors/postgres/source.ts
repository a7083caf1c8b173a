import { defineSource, type KeyProblem } from '../../runtime/api/connector.ts'
import { failure } from '../relational/explanation.ts'
import { FoundProblems } from '../relational/live-check.ts'
import { messageKeyProblems } from '../relational/topic-naming.ts'
import { connect, contextOf, destroy, queryOn, type RunQuery } from './connection.ts'
import { publicationMissing } from './errors.ts'
import { checkReadable } from './privileges.ts'
import { checkSlot, readSlot, serverProblems } from './slot.ts'
import { type SourceConfig, sourceKeys } from './source-config.ts'
import { connectionSettings, PostgresSourceTask } from './source-task.ts'
import { listTables, TableFilter } from './table-list.ts'
import { VERSION } from './version.ts'

export default defineSource({
  summary:
    'Captures a PostgreSQL database: its rows, then every change, as Debezium change events.',
  classNames: ['postgres', 'io.debezium.connector.postgresql.PostgresConnector'],
  taskClass: 'io.debezium.connector.postgresql.PostgresConnectorTask',
  version: VERSION,
  dialect: 'debezium',
  config: sourceKeys,
  validate,
  check,
  // One slot, one reader: the order of transactions is the order of records.
  taskConfigs: () => [{}],
  createTask: (config) => new PostgresSourceTask(config)
})

function validate(config: SourceConfig): KeyProblem[] {
  const problems: KeyProblem[] = []
  if (config['plugin.name'] !== 'pgoutput') {
    problems.push({
      key: 'plugin.name',
      message: `plugin.name '${config['plugin.name']}' is not supported: use pgoutput, which comes with PostgreSQL 10 and later`
    })
  }
  return [...problems, ...messageKeyProblems(config['message.key.columns'])]
}

/** Where an error of the server belongs in the configuration. */
const KEY_OF: Readonly<Record<string, string>> = {
  POSTGRES_UNREACHABLE: 'database.hostname',
  POSTGRES_AUTHENTICATION: 'database.password',
  POSTGRES_NO_DATABASE: 'database.dbname',
  POSTGRES_TLS: 'database.sslmode',
  POSTGRES_SLOT_PLUGIN: 'slot.name',
  POSTGRES_SLOT_DATABASE: 'slot.name',
  POSTGRES_SLOT_LOST: 'slot.name',
  POSTGRES_PRIVILEGE: 'database.user',
  POSTGRES_NO_PUBLICATION: 'publication.name'
}

/** A publication that the connector may not create must be there. */
async function checkPublication(query: RunQuery, config: SourceConfig): Promise<void> {
  if (config['publication.autocreate.mode'] !== 'disabled') return
  const name = config['publication.name']
  const rows = await query('SELECT FROM pg_catalog.pg_publication WHERE pubname = $1', [name])
  if (rows.length === 0) throw failure(publicationMissing(name))
}

/** Connects and looks whether everything is there; changes nothing. */
async function check(
  config: SourceConfig,
  _raw: unknown,
  signal: AbortSignal
): Promise<KeyProblem[]> {
  const found = new FoundProblems(KEY_OF)
  const settings = connectionSettings(config, { connector: 'check', task: 0 })
  let client: Awaited<ReturnType<typeof connect>>
  try {
    client = await connect(settings, { signal })
  } catch (error) {
    found.add(error)
    return found.all
  }
  try {
    const query = queryOn(client, contextOf(settings))
    for (const problem of await serverProblems(query, settings.user)) found.add(problem)
    const slot = await readSlot(query, config['slot.name'])
    if (slot) {
      try {
        checkSlot(slot, config['slot.name'], config['database.dbname'])
      } catch (error) {
        found.add(error)
      }
    }
    await checkPublication(query, config).catch(found.add)
    const tables = await listTables(query, new TableFilter(config))
    if (tables.length === 0) found.addNoTables('database', 'schema')
    await checkReadable(query, tables, settings.user).catch(found.add)
  } catch (error) {
    found.add(error)
  } finally {
    destroy(client)
  }
  return found.all
}
