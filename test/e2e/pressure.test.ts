import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import {
  connectorYaml,
  EMBEDDED_WORKER,
  Scenario,
  sinkKeys,
  sourceKeys
} from '../support/scenario.ts'
import { until } from '../support/until.ts'

const STUCK_MS = 60_000
const ROWS = 400_000
/** Two task threads at full rate, with some room: what leaks or queues without bound is far above. */
const BOUND = 400 * 2 ** 20

const READINGS =
  'create table readings (id bigint primary key, at timestamptz default now(), text text)'
const FLOOD = `insert into readings select n, now(), repeat('flood ', 60) from generate_series($1::int, $2::int) n`

describe('pressure', () => {
  let postgres: PostgresServer
  before(async () => {
    postgres = await startPostgres()
    await postgres.createDatabase('flood')
    await postgres.createDatabase('flood_copy')
    await postgres.query(READINGS, [], 'flood')
    await postgres.query(READINGS, [], 'flood_copy')
  })
  after(() => postgres.stop())

  async function flood(): Promise<void> {
    for (let from = 1; from < ROWS; from += 2000) {
      await postgres.query(FLOOD, [from, from + 1999], 'flood')
    }
  }

  it('keeps its memory and its manners while a sink is stuck and a source floods', async () => {
    const names = { prefix: 'flood', database: 'flood_copy' }
    await using scenario = new Scenario(
      {
        'worker.yaml': EMBEDDED_WORKER,
        'source.yaml': connectorYaml('source', sourceKeys(postgres, 'flood')),
        'sink.yaml': connectorYaml('sink', sinkKeys(postgres, names)),
        'lines.yaml': connectorYaml('lines', {
          'connector.class': 'file-sink',
          topics: 'nothing-yet',
          file: 'FOLDER/lines'
        })
      },
      '--watch'
    )
    const { worker } = scenario
    await worker.start()
    await worker.says('"phase":"streaming"')
    const blocker = await postgres.connect('flood_copy')
    await blocker.query('begin; lock table readings in access exclusive mode')
    const meter = setInterval(() => worker.measureMemory(), 100)

    const stuckUntil = Date.now() + STUCK_MS
    await flood()
    // The other connectors of the worker go on: one that is changed now follows the flood.
    const lines = join(scenario.folder, 'lines')
    scenario.write(
      'lines.yaml',
      connectorYaml('lines', {
        'connector.class': 'file-sink',
        topics: 'flood.public.readings',
        file: 'FOLDER/lines'
      })
    )
    await until(() => existsSync(lines) && statSync(lines).size > ROWS * 360, { limitMs: 120_000 })
    await until(() => Date.now() > stuckUntil, { limitMs: STUCK_MS })
    await blocker.query('rollback')
    await blocker.end()

    const copied = async () => {
      const rows = await postgres.query('select count(*)::int as n from readings', [], 'flood_copy')
      return Number(rows[0]?.['n'])
    }
    await until(async () => (await copied()) === ROWS, { limitMs: 120_000 })
    clearInterval(meter)
    const peak = worker.peakBytes
    assert.ok(peak > 0 && peak < BOUND, `peak of the worker's memory: ${peak >> 20} MB`)
    await worker.stop()
  })
})
