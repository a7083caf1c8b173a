import { systemClock } from '../../runtime/api/clock.ts'
import { brokerContract } from '../contract/broker-contract.ts'
import { GroupServer } from './group-server.ts'
import { LogClient } from './log-client.ts'
import { LogServer } from './log-server.ts'
import { direct } from './network.ts'

const server = new LogServer(systemClock)
const groups = new GroupServer(systemClock, 'contract')

brokerContract('simulated', {
  open: async () => new LogClient({ server, groups, connection: direct })
})
