import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { requireEngine } from '../support/engines.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { copyRandomTables } from '../support/random-tables/random-copies.ts'

/** Fixed, so that a run can be repeated; `npm run property` takes others. */
const SEEDS = [1, 2, 3, 4, 5, 6]

describe('random tables of MariaDB and what happens to them', requireEngine('mariadb'), () => {
  let mariadb: MariadbServer
  before(async () => {
    mariadb = await startMariadb()
  })
  after(() => mariadb.stop())

  it('are the same in the copy, bit by bit', async () => {
    const found = await copyRandomTables(mariadb, SEEDS)
    for (const [seed, faults] of found) assert.deepEqual(faults.slice(0, 5), [], `seed ${seed}`)
    assert.deepEqual([...found.keys()], SEEDS)
    for (const seed of SEEDS) {
      const count = ['t0', 't1', 't2'].map(
        (table) => `(select count(*) from random_${seed}.${table})`
      )
      const [row] = await mariadb.query<{ n: number }>(`select ${count.join(' + ')} as n`)
      assert.ok((row?.n ?? 0) > 20, `seed ${seed} leaves rows to compare`)
    }
  })
})
