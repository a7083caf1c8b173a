import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openLmdbBroker } from '../../runtime/broker/lmdb/lmdb-broker.ts'
import { requireEngine } from '../support/engines.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { startPostgres } from '../support/postgres.ts'
import { MariadbEnd } from '../support/shop/mariadb-end.ts'
import { PostgresEnd } from '../support/shop/postgres-end.ts'
import { type KillRun, surviveKills } from './kill-contract.ts'

const EMBEDDED: Pick<KillRun, 'brokerKeys' | 'openBroker'> = {
  brokerKeys: (folder) => `data.dir: ${join(folder, 'topics')}`,
  openBroker: (folder) => openLmdbBroker({ path: join(folder, 'topics') })
}

describe(
  'a worker on embedded topics that is killed again and again, from MariaDB',
  requireEngine('mariadb'),
  () => {
    let mariadb: MariadbServer
    before(async () => {
      mariadb = await startMariadb()
    })
    after(() => mariadb.stop())

    it('loses nothing, doubles nothing and keeps the order on the way to MariaDB', async () => {
      const [source, target] = [new MariadbEnd(mariadb), new MariadbEnd(mariadb)]
      const run = { seed: 20_261_126, kills: 30, prefix: 'killed', source, target }
      const phases = await surviveKills({ ...run, ...EMBEDDED })
      assert.ok(phases.snapshot >= 3, `kills in the snapshot: ${phases.snapshot}`)
      assert.ok(phases.stream >= 10, `kills in the stream: ${phases.stream}`)
    })

    it('loses nothing, doubles nothing and keeps the order on the way to PostgreSQL', async () => {
      await using postgres = await startPostgres()
      const [source, target] = [new MariadbEnd(mariadb), new PostgresEnd(postgres)]
      const run = { seed: 20_261_127, kills: 12, prefix: 'crossed', source, target }
      await surviveKills({ ...run, ...EMBEDDED })
    })
  }
)
