import { after, before, describe, it } from 'node:test'
import { requireEngine } from '../support/engines.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { startPostgres } from '../support/postgres.ts'
import { MariadbEnd } from '../support/shop/mariadb-end.ts'
import { PostgresEnd } from '../support/shop/postgres-end.ts'
import { onEmbeddedTopics, surviveKillsInEachPhase } from './kill-brokers.ts'
import { surviveKills } from './kill-contract.ts'

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
      await surviveKillsInEachPhase({ ...run, ...onEmbeddedTopics })
    })

    it('loses nothing, doubles nothing and keeps the order on the way to PostgreSQL', async () => {
      await using postgres = await startPostgres()
      const [source, target] = [new MariadbEnd(mariadb), new PostgresEnd(postgres)]
      const run = { seed: 20_261_127, kills: 12, prefix: 'crossed', source, target }
      await surviveKills({ ...run, ...onEmbeddedTopics })
    })
  }
)
