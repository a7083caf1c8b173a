import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { VERSION } from '../../connectors/mysql/version.ts'
import { requireEngine } from '../support/engines.ts'
import { compareRecords, masked } from '../support/golden-compare.ts'
import { runScenario } from '../support/golden-driver.ts'
import { type MeantDifference, notMeant } from '../support/golden-meant.ts'
import { loadEvents, loadScenario } from '../support/golden-scenario.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { MEANT, OURS } from './mariadb-golden-differences.ts'

const HOME = join(import.meta.dirname, '../golden')
const SCENARIOS = readdirSync(HOME).filter((name) => name.startsWith('mariadb-'))

/** A task that never sends what a scenario waits for has to fail by name. */
const LIMIT = { timeout: 60_000 }

/** What ends with an error here as it does there, and what the error says. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  'mariadb-modes-adaptive': /time\.precision\.mode/,
  'mariadb-snapshot-schema-only': /snapshot\.mode/,
  'mariadb-snapshot-recovery': /recovery/
}

const DEBEZIUM = '3.5.0.Final'

describe("the records of Debezium's MariaDB connector", requireEngine('mariadb'), () => {
  let server: MariadbServer
  const used = new Set<MeantDifference>()
  const ran = new Set<string>()
  const compared = SCENARIOS.filter((name) => !REFUSED[name])
  before(async () => {
    // Statistics that come while a scenario runs change the order in which a join updates its tables.
    server = await startMariadb({ settings: { innodb_stats_auto_recalc: 'OFF' } })
  })
  after(() => server.stop())

  for (const name of compared) {
    test(name, LIMIT, async () => {
      const scenario = loadScenario(name)
      const expected = OURS[name] ? loadEvents(name, 'ours.jsonl') : loadEvents(name)
      const theirs = masked(scenario, expected, DEBEZIUM)
      const ours = masked(scenario, await runScenario(server, scenario), VERSION)
      assert.deepEqual(notMeant(MEANT, name, compareRecords(theirs, ours), used), [])
      ran.add(name)
    })
  }

  for (const name of Object.keys(OURS)) {
    test(`${name}: has all that Debezium wrote before it failed`, () => {
      const scenario = loadScenario(name)
      const [theirs, ours] = ['events.jsonl', 'ours.jsonl'].map((file) =>
        masked(scenario, loadEvents(name, file), DEBEZIUM)
      )
      const lost = compareRecords(theirs ?? [], ours ?? []).filter(
        ({ expected }) => expected !== 'nothing'
      )
      assert.deepEqual(lost, [])
    })
  }

  for (const [name, message] of Object.entries(REFUSED)) {
    test(`${name}: refused, as by Debezium`, LIMIT, async () => {
      await assert.rejects(runScenario(server, loadScenario(name)), message)
    })
  }

  test('every difference that is meant came up', (t) => {
    if (ran.size < compared.length) return t.skip('not every scenario passed or ran')
    assert.deepEqual(
      MEANT.filter((one) => !used.has(one)),
      []
    )
  })
})
