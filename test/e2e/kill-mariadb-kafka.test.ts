import { after, before, describe, it } from 'node:test'
import { requireEngine } from '../support/engines.ts'
import { type KafkaAddress, sharedKafka } from '../support/kafka.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { MariadbEnd } from '../support/shop/mariadb-end.ts'
import { onKafka, surviveKillsInEachPhase } from './kill-brokers.ts'

describe(
  'a worker on Kafka that is killed again and again, from MariaDB',
  requireEngine('kafka', 'mariadb'),
  () => {
    let mariadb: MariadbServer
    let kafka: KafkaAddress
    before(async () => {
      ;[mariadb, kafka] = await Promise.all([startMariadb(), sharedKafka()])
    })
    after(() => mariadb.stop())

    it('loses nothing, doubles nothing and keeps the order on the way to MariaDB', async () => {
      const prefix = `killed${process.pid}`
      await surviveKillsInEachPhase({
        seed: 43,
        kills: 30,
        prefix,
        source: new MariadbEnd(mariadb),
        target: new MariadbEnd(mariadb),
        ...onKafka(kafka, prefix)
      })
    })
  }
)
