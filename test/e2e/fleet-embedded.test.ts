import { join } from 'node:path'
import { describe } from 'node:test'
import { openLmdbBroker } from '../../runtime/broker/lmdb/lmdb-broker.ts'
import { fleetContract } from './fleet-contract.ts'
import { stalledContract } from './stalled-contract.ts'

describe('a fleet of workers on embedded topics', () => {
  const under = async () => ({
    seed: 20_261_124,
    prefix: 'fleet',
    settings: { 'data.dir': 'FOLDER/topics', 'session.timeout.ms': '4000' },
    openBroker: (folder: string) => openLmdbBroker({ path: join(folder, 'topics') })
  })
  describe('under load', () => fleetContract(under))
  stalledContract(under)
})
