import { after, before, describe, it } from 'node:test'
import { requireEngine } from '../support/engines.ts'
import { type KafkaAddress, sharedKafka } from '../support/kafka.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { PostgresEnd } from '../support/shop/postgres-end.ts'
import { onKafka, surviveKillsInEachPhase } from './kill-brokers.ts'

describe('a worker on Kafka that is killed again and again', requireEngine('kafka'), () => {
  let postgres: PostgresServer
  let kafka: KafkaAddress
  before(async () => {
    ;[postgres, kafka] = await Promise.all([startPostgres(), sharedKafka()])
  })
  after(() => postgres.stop())

  it('loses nothing, doubles nothing and keeps the order', async () => {
    const prefix = `killed${process.pid}`
    await surviveKillsInEachPhase({
      seed: 42,
      kills: 30,
      prefix,
      source: new PostgresEnd(postgres),
      target: new PostgresEnd(postgres),
      ...onKafka(kafka, prefix)
    })
  })
})
