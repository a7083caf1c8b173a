import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { requireEngine } from '../support/engines.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { copyRandomTables } from '../support/random-tables/random-copies.ts'

const SEEDS = [11, 12, 13, 14]

describe('random tables of MariaDB whose log leaves columns out', requireEngine('mariadb'), () => {
  let mariadb: MariadbServer
  before(async () => {
    mariadb = await startMariadb()
  })
  after(() => mariadb.stop())

  for (const image of ['MINIMAL', 'NOBLOB'] as const) {
    it(`are the same in the copy with binlog_row_image ${image}`, async () => {
      const found = await copyRandomTables(mariadb, SEEDS, image)
      for (const [seed, faults] of found) assert.deepEqual(faults.slice(0, 5), [], `seed ${seed}`)
      assert.deepEqual([...found.keys()], SEEDS)
    })
  }
})
