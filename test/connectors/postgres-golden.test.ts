import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { VERSION } from '../../connectors/postgres/version.ts'
import { compareRecords, masked } from '../support/golden-compare.ts'
import { runScenario } from '../support/golden-driver.ts'
import { type MeantDifference, notMeant } from '../support/golden-meant.ts'
import { loadEvents, loadScenario, payloads, type TextRecord } from '../support/golden-scenario.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { MEANT } from './postgres-golden-differences.ts'

const ROOT = join(import.meta.dirname, '../..')
const SCENARIOS = readdirSync(join(ROOT, 'test/golden')).filter((name) =>
  name.startsWith('postgres-')
)

/** A task that never sends what a scenario waits for has to fail by name. */
const LIMIT = { timeout: 120_000 }

/** Its statements come without pauses: which version of the schema an event shows depends on timing. */
const RACE = 'postgres-ddl-race'

/** What ends with an error here as it does there, and what the error says. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  'postgres-smt-unwrap-none': /delete\.tombstone\.handling\.mode must be one of/
}

/** Messages of applications (`pg_logical_emit_message`), which the source does not read yet. */
const withoutMessages = (records: readonly TextRecord[]) =>
  records.filter(({ topic }) => !topic.endsWith('.message'))

describe('the records of Debezium, byte for byte', () => {
  let server: PostgresServer
  const used = new Set<MeantDifference>()
  const ran = new Set<string>()
  const compared = SCENARIOS.filter((name) => !REFUSED[name])
  before(async () => {
    server = await startPostgres({ version: '15' })
  })
  after(() => server.stop())

  for (const name of compared) {
    test(name, LIMIT, async () => {
      const scenario = loadScenario(name)
      const shown = (records: readonly TextRecord[], version: string) =>
        masked(scenario, name === RACE ? payloads(records) : records, version)
      const theirs = shown(withoutMessages(loadEvents(name)), '3.6.0.Final')
      const ours = shown(await runScenario(server, scenario), VERSION)
      assert.deepEqual(notMeant(MEANT, name, compareRecords(theirs, ours), used), [])
      ran.add(name)
    })
  }

  for (const [name, message] of Object.entries(REFUSED)) {
    test(`${name}: refused, as by Debezium`, async () => {
      await assert.rejects(runScenario(server, loadScenario(name)), message)
    })
  }

  test('every difference that is meant came up', (t) => {
    if (ran.size < compared.length) return t.skip('not every scenario passed or ran')
    const unused = MEANT.filter((one) => !used.has(one))
    assert.deepEqual(unused, [])
  })

  test('a table whose replica identity is an index is keyed by its columns', async () => {
    const records = await runScenario(server, loadScenario('postgres-ops-default'))
    const keys = records
      .filter(({ topic }) => topic.endsWith('.indexed'))
      .map(({ key, value, headers }) => {
        const op = value === null ? '-' : /"op":"(.)"/.exec(value)?.[1]
        const moved = headers.filter(([name]) => /key$/.test(name)).map(([, text]) => text)
        return [op, key, ...moved].join(' ')
      })
    const [a, aa] = ['{"code":"A","seen":19723}', '{"code":"AA","seen":19723}']
    const [b, bb] = ['{"code":"B","seen":19724}', '{"code":"BB","seen":19724}']
    const c = '{"code":"C","seen":19725}'
    assert.deepEqual(keys, [
      ...[`r ${a}`, `r ${b}`, `c ${c}`, `u ${a}`],
      ...[`d ${a} ${aa}`, `- ${a} ${aa}`, `c ${aa} ${a}`],
      ...[`u ${b}`, `d ${b} ${bb}`, `- ${b} ${bb}`, `c ${bb} ${b}`],
      ...[`d ${c}`, `- ${c}`]
    ])
  })
})
