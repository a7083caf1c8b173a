import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { VERSION } from '../../connectors/mysql/version.ts'
import { requireEngine } from '../support/engines.ts'
import { compareRecords, masked } from '../support/golden-compare.ts'
import { runScenario } from '../support/golden-driver.ts'
import { notMeant } from '../support/golden-meant.ts'
import { loadEvents, loadScenario } from '../support/golden-scenario.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { MEANT } from './mariadb-golden-differences.ts'

// The golden tests mask places in the log. They repeat as long as nothing but the scenario's statements is
// in it, which is so where no mark makes the driver write in between, and on the version of the captures.

const SCENARIOS = [
  'mariadb-ddl',
  'mariadb-ops-default',
  'mariadb-ops-schemas',
  'mariadb-smt-unwrap',
  'mariadb-transactions',
  'mariadb-types-numbers'
]

describe('places in the log', requireEngine('mariadb'), () => {
  let server: MariadbServer
  let isSameVersion: boolean
  before(async () => {
    server = await startMariadb()
    const [row] = await server.query<{ version: string }>('SELECT @@version AS version')
    isSameVersion = row?.version.startsWith('10.11.') ?? false
  })
  after(() => server.stop())

  for (const name of SCENARIOS) {
    test(`${name}: every event has the place that Debezium gives it`, async (t) => {
      if (!isSameVersion) return t.skip('other versions write events of other lengths')
      const scenario = loadScenario(name)
      const options = { withPositions: true }
      const theirs = masked(scenario, loadEvents(name), '3.5.0.Final', options)
      const ours = masked(scenario, await runScenario(server, scenario), VERSION, options)
      assert.deepEqual(notMeant(MEANT, name, compareRecords(theirs, ours)), [])
    })
  }
})
