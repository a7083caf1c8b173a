import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openKafkaBroker } from '../../runtime/broker/kafka/kafka-broker.ts'
import { requireEngine } from '../support/engines.ts'
import { type KafkaAddress, sharedKafka } from '../support/kafka.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { MariadbEnd } from '../support/shop/mariadb-end.ts'
import { surviveKills } from './kill-contract.ts'

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
      const brokerKeys = [
        `bootstrap.servers: ${kafka.bootstrap}`,
        `group.id: ${prefix}`,
        ...['config', 'offset', 'status'].map((kind) => `${kind}.storage.topic: ${prefix}-${kind}`)
      ].join('\n')
      const phases = await surviveKills({
        seed: 43,
        kills: 30,
        prefix,
        source: new MariadbEnd(mariadb),
        target: new MariadbEnd(mariadb),
        brokerKeys: () => brokerKeys,
        openBroker: () => openKafkaBroker({ 'bootstrap.servers': kafka.bootstrap })
      })
      assert.ok(phases.snapshot >= 3, `kills in the snapshot: ${phases.snapshot}`)
      assert.ok(phases.stream >= 10, `kills in the stream: ${phases.stream}`)
    })
  }
)
