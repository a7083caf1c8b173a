import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openKafkaBroker } from '../../runtime/broker/kafka/kafka-broker.ts'
import { requireEngine } from '../support/engines.ts'
import { type KafkaAddress, sharedKafka } from '../support/kafka.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { PostgresEnd } from '../support/shop/postgres-end.ts'
import { surviveKills } from './kill-contract.ts'

describe('a worker on Kafka that is killed again and again', requireEngine('kafka'), () => {
  let postgres: PostgresServer
  let kafka: KafkaAddress
  before(async () => {
    ;[postgres, kafka] = await Promise.all([startPostgres(), sharedKafka()])
  })
  after(() => postgres.stop())

  it('loses nothing, doubles nothing and keeps the order', async () => {
    const prefix = `killed${process.pid}`
    const brokerKeys = [
      `bootstrap.servers: ${kafka.bootstrap}`,
      `group.id: ${prefix}`,
      ...['config', 'offset', 'status'].map((kind) => `${kind}.storage.topic: ${prefix}-${kind}`)
    ].join('\n')
    const phases = await surviveKills({
      seed: 42,
      kills: 30,
      prefix,
      source: new PostgresEnd(postgres),
      target: new PostgresEnd(postgres),
      brokerKeys: () => brokerKeys,
      openBroker: () => openKafkaBroker({ 'bootstrap.servers': kafka.bootstrap })
    })
    assert.ok(phases.snapshot >= 3, `kills in the snapshot: ${phases.snapshot}`)
    assert.ok(phases.stream >= 10, `kills in the stream: ${phases.stream}`)
  })
})
