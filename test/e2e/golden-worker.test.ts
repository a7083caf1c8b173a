import { test } from 'node:test'
import { VERSION as MYSQL } from '../../connectors/mysql/version.ts'
import { VERSION as POSTGRES } from '../../connectors/postgres/version.ts'
import { MEANT as OF_MARIADB } from '../connectors/mariadb-golden-differences.ts'
import { MEANT as OF_POSTGRES } from '../connectors/postgres-golden-differences.ts'
import { requireEngine } from '../support/engines.ts'
import { GoldenMariadb } from '../support/golden-mariadb.ts'
import { GoldenPostgres } from '../support/golden-postgres.ts'
import { startMariadb } from '../support/mariadb.ts'
import { startPostgres } from '../support/postgres.ts'
import { holdWorkerToCaptures } from './golden-worker-contract.ts'

const LIMIT = { timeout: 120_000 }

test('a worker writes the bytes of Kafka Connect with Debezium for PostgreSQL', LIMIT, async () => {
  await using server = await startPostgres({ version: '15' })
  await holdWorkerToCaptures({
    scenarios: [
      'postgres-ops-schemas',
      'postgres-ops-no-tombstones',
      'postgres-names',
      'postgres-types-numbers',
      'postgres-types-defaults-kept-null'
    ],
    meant: OF_POSTGRES,
    versions: ['3.6.0.Final', POSTGRES],
    databaseOf: (scenario) => new GoldenPostgres(server, scenario)
  })
})

test('a worker writes the bytes of Kafka Connect with Debezium for MariaDB', {
  ...LIMIT,
  ...requireEngine('mariadb')
}, async () => {
  // Statistics that come while a scenario runs change the order in which a join updates its tables.
  await using server = await startMariadb({ settings: { innodb_stats_auto_recalc: 'OFF' } })
  await holdWorkerToCaptures({
    scenarios: [
      'mariadb-ddl',
      'mariadb-ops-schemas',
      'mariadb-ops-no-tombstones',
      'mariadb-types-text',
      'mariadb-types-numbers',
      'mariadb-types-defaults-kept-null'
    ],
    meant: OF_MARIADB,
    versions: ['3.5.0.Final', MYSQL],
    databaseOf: (scenario) => new GoldenMariadb(server, scenario)
  })
})
