import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { VERSION } from '../../connectors/postgres/version.ts'
import { compareRecords, masked } from '../support/golden-compare.ts'
import { runScenario } from '../support/golden-driver.ts'
import { loadEvents, loadScenario } from '../support/golden-scenario.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'

const HOME = join(import.meta.dirname, '../golden')

describe('the events of Debezium, byte for byte', () => {
  let server: PostgresServer
  before(async () => {
    server = await startPostgres({ version: '15' })
  })
  after(() => server.stop())

  for (const name of readdirSync(HOME).filter((name) => name.startsWith('postgres-'))) {
    test(name, async () => {
      const scenario = loadScenario(name)
      const theirs = masked(scenario, loadEvents(name), '3.6.0.Final')
      const ours = masked(scenario, await runScenario(server, scenario), VERSION)
      assert.deepEqual(compareRecords(theirs, ours), [])
    })
  }
})
