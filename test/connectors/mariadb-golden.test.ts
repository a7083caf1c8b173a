import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { VERSION } from '../../connectors/mysql/version.ts'
import { compareRecords, masked } from '../support/golden-compare.ts'
import { runScenario } from '../support/golden-driver.ts'
import { type MeantDifference, notMeant } from '../support/golden-meant.ts'
import { loadEvents, loadScenario } from '../support/golden-scenario.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { MEANT } from './mariadb-golden-differences.ts'

const ROOT = join(import.meta.dirname, '../..')

/** What Debezium refuses, or fails on at once, and Millrace too: the scenario, and the message. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  'mariadb-modes-adaptive': /time\.precision\.mode/,
  'mariadb-snapshot-schema-only': /snapshot\.mode must be one of/,
  'mariadb-snapshot-recovery': /goes on from a stored offset, and there is none/
}

/** Transforms that are not built yet. */
const TRANSFORMS = /^mariadb-smt-/

const SCENARIOS = readdirSync(join(ROOT, 'test/golden')).filter(
  (name) => name.startsWith('mariadb-') && !TRANSFORMS.test(name)
)

/** A task that never sends what a scenario waits for has to fail by name. */
const LIMIT = { timeout: 120_000 }

describe('the records of Debezium for MariaDB, byte for byte', () => {
  let server: MariadbServer
  const used = new Set<MeantDifference>()
  const ran = new Set<string>()
  before(async () => {
    server = await startMariadb()
  })
  after(() => server.stop())

  for (const name of SCENARIOS) {
    test(name, LIMIT, async () => {
      const scenario = loadScenario(name)
      const refusal = REFUSED[name]
      if (refusal !== undefined) {
        await assert.rejects(runScenario(server, scenario), refusal)
      } else {
        const theirs = masked(scenario, loadEvents(name), '3.5.0.Final')
        const ours = masked(scenario, await runScenario(server, scenario), VERSION)
        assert.deepEqual(notMeant(MEANT, name, compareRecords(theirs, ours), used), [])
      }
      ran.add(name)
    })
  }

  test('every difference that is meant came up', (t) => {
    if (ran.size < SCENARIOS.length) return t.skip('not every scenario passed or ran')
    assert.deepEqual(
      MEANT.filter((one) => !used.has(one)),
      []
    )
  })
})
