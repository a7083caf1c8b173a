import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openLmdbBroker } from '../../runtime/broker/lmdb/lmdb-broker.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { PostgresEnd } from '../support/shop/postgres-end.ts'
import { surviveKills } from './kill-contract.ts'

describe('a worker on embedded topics that is killed again and again', () => {
  let postgres: PostgresServer
  before(async () => {
    postgres = await startPostgres()
  })
  after(() => postgres.stop())

  it('loses nothing, doubles nothing and keeps the order', async () => {
    const phases = await surviveKills({
      seed: 20_261_123,
      kills: 30,
      prefix: 'killed',
      source: new PostgresEnd(postgres),
      target: new PostgresEnd(postgres),
      brokerKeys: (folder) => `data.dir: ${join(folder, 'topics')}`,
      openBroker: (folder) => openLmdbBroker({ path: join(folder, 'topics') })
    })
    assert.ok(phases.snapshot >= 3, `kills in the snapshot: ${phases.snapshot}`)
    assert.ok(phases.stream >= 10, `kills in the stream: ${phases.stream}`)
  })
})
