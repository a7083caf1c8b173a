import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../../../runtime/api/clock.ts'
import { LocalGroup, localCoordinator } from '../../../runtime/broker/local-coordinator.ts'
import { SharedCoordinator } from '../../../runtime/broker/shared-coordinator.ts'
import { coordinatorContract } from '../../contract/coordinator-contract.ts'

const groups = new Map<string, LocalGroup>()

coordinatorContract('local', {
  tellsByItself: true,
  open: async (options) => {
    const group = groups.get(options.groupId) ?? new LocalGroup(systemClock)
    groups.set(options.groupId, group)
    return new SharedCoordinator(group, options)
  }
})

describe('a group of one', () => {
  it('never ends by silence', async () => {
    let now = 0
    const clock = {
      now: () => now,
      wallTime: () => 0,
      after: () => () => {},
      atNext: () => () => {}
    }
    const options = {
      groupId: 'solo',
      protocol: 'millrace',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      clientId: 'solo'
    }
    const coordinator = localCoordinator(options, clock)
    const { memberId, generation } = await coordinator.join('', Buffer.from('me'))
    const own = new Map([[memberId, Buffer.from('all')]])
    const assignment = await coordinator.sync({ memberId, generation }, own)
    assert.equal(Buffer.from(assignment).toString(), 'all')
    now += 7 * 24 * 3_600_000
    await coordinator.heartbeat({ memberId, generation })
    await coordinator.leave(memberId)
    await coordinator.close()
  })
})
