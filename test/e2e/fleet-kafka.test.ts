import { describe } from 'node:test'
import { openKafkaBroker } from '../../runtime/broker/kafka/kafka-broker.ts'
import { requireEngine } from '../support/engines.ts'
import { sharedKafka, uniqueName } from '../support/kafka.ts'
import { fleetContract } from './fleet-contract.ts'
import { stalledContract } from './stalled-contract.ts'

describe('a fleet of workers on Kafka', requireEngine('kafka'), () => {
  const under = async () => {
    const { bootstrap } = await sharedKafka()
    const prefix = uniqueName('fleet')
    const topics = ['config', 'offset', 'status'].map((kind) => {
      return [`${kind}.storage.topic`, `${prefix}-${kind}`] as const
    })
    return {
      seed: 4711,
      prefix,
      settings: {
        'bootstrap.servers': bootstrap,
        'group.id': prefix,
        'session.timeout.ms': '6000',
        ...Object.fromEntries(topics)
      },
      openBroker: () => openKafkaBroker({ 'bootstrap.servers': bootstrap })
    }
  }
  describe('under load', () => fleetContract(under))
  stalledContract(under)
})
