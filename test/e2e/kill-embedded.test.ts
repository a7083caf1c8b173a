import { after, before, describe, it } from 'node:test'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { PostgresEnd } from '../support/shop/postgres-end.ts'
import { onEmbeddedTopics, surviveKillsInEachPhase } from './kill-brokers.ts'

describe('a worker on embedded topics that is killed again and again', () => {
  let postgres: PostgresServer
  before(async () => {
    postgres = await startPostgres()
  })
  after(() => postgres.stop())

  it('loses nothing, doubles nothing and keeps the order', async () => {
    await surviveKillsInEachPhase({
      seed: 20_261_123,
      kills: 30,
      prefix: 'killed',
      source: new PostgresEnd(postgres),
      target: new PostgresEnd(postgres),
      ...onEmbeddedTopics
    })
  })
})
