import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectError } from '../../runtime/api/errors.ts'
import { GroupFixture, type GroupUnderTest, refusalOf, SHORT_SESSION_MS } from './group-fixture.ts'
import { processContract } from './group-process-contract.ts'

/**
 * What every coordinator of groups must do.
 *
 * @param options `skip` is a reason not to run, such as a missing server
 */
export function coordinatorContract(
  name: string,
  under: GroupUnderTest,
  options: { skip?: string | false } = {}
): void {
  describe(`${name} coordinator`, { skip: options.skip ?? false, timeout: 300_000 }, () => {
    joiningContract(under)
    leavingContract(under)
    refusingContract(under)
    waitingContract(under)
    tellingContract(under)
    processContract(under)
  })
}

function joiningContract(under: GroupUnderTest): void {
  describe('joining', () => {
    it('makes a member alone the leader of itself', async () => {
      await using group = new GroupFixture(under)
      const member = await group.member({ clientId: 'worker-1' })
      const { generation, memberId, leaderId, members } = await member.join('about me')
      assert.ok(generation > 0)
      assert.match(memberId, /^worker-1-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
      assert.equal(leaderId, memberId)
      assert.deepEqual(
        members.map(({ id }) => id),
        [memberId]
      )
      assert.deepEqual(member.metadata, ['about me'])
      assert.equal(await member.sync(), `${memberId} ${generation} 1`)
      await member.coordinator.heartbeat(member.membership)
    })

    it('gives the leader what all sent, and each the assignment that the leader made', async () => {
      await using group = new GroupFixture(under)
      const [first] = await group.stable(1)
      const second = await group.member()
      assert.ok(first)
      const joined = second.join('second')
      assert.equal(await first.refusal(), 'REBALANCE_IN_PROGRESS')
      await Promise.all([joined, first.join('first')])
      assert.equal(first.leads, true)
      assert.equal(second.leads, false)
      assert.equal(second.joined?.leaderId, first.id)
      assert.deepEqual(first.metadata.toSorted(), ['first', 'second'])
      assert.deepEqual(second.metadata, [])
      assert.equal(second.generation, first.generation)
      const waiting = second.sync()
      await first.sync()
      assert.equal(await waiting, `${second.id} ${second.generation} 2`)
    })

    it('gives a member without an assignment nothing', async () => {
      await using group = new GroupFixture(under)
      const [leader, other] = await group.stable(2)
      assert.ok(leader && other)
      const joined = leader.join('again')
      assert.equal(await other.refusal(), 'REBALANCE_IN_PROGRESS')
      await Promise.all([joined, other.join()])
      const waiting = other.sync()
      const only = new Map([[leader.id, Buffer.from('all')]])
      const own = await leader.coordinator.sync(leader.membership, only)
      assert.equal(Buffer.from(own).toString(), 'all')
      assert.equal(await waiting, '')
    })

    it('keeps ids and grows generations while members come', async () => {
      await using group = new GroupFixture(under)
      const members = await group.stable(2)
      const before = members.map(({ id, generation }) => ({ id, generation }))
      const third = await group.member()
      const joined = third.join()
      for (const member of members) {
        assert.equal(await member.refusal(), 'REBALANCE_IN_PROGRESS')
      }
      await Promise.all([joined, ...members.map((member) => member.join())])
      for (const [index, { id, generation }] of members.entries()) {
        assert.equal(id, before[index]?.id)
        assert.ok(generation > (before[index]?.generation ?? 0))
      }
    })

    it('gives a follower that joins again without a change the generation that there is', async () => {
      await using group = new GroupFixture(under)
      const [leader, follower] = await group.stable(2)
      assert.ok(leader && follower)
      const { generation } = follower
      await follower.join()
      assert.equal(follower.generation, generation)
      assert.equal(await refusalOf(leader.coordinator.heartbeat(leader.membership)), null)
      const changed = follower.join('changed')
      assert.equal(await leader.refusal(), 'REBALANCE_IN_PROGRESS')
      await Promise.all([changed, leader.join()])
      assert.deepEqual(leader.metadata.toSorted(), ['changed', 'hello'])
    })

    it('brings many that come at once into one generation', async () => {
      await using group = new GroupFixture(under)
      const members = await Promise.all(Array.from({ length: 8 }, () => group.member()))
      await Promise.all(members.map((member) => member.takePart(members.length)))
      assert.equal(new Set(members.map(({ generation }) => generation)).size, 1)
      assert.equal(new Set(members.map(({ id }) => id)).size, members.length)
      assert.equal(members.filter(({ leads }) => leads).length, 1)
    })
  })
}

function leavingContract(under: GroupUnderTest): void {
  describe('going away', () => {
    it('hands over at once when a member leaves', async () => {
      await using group = new GroupFixture(under)
      const [leader, other] = await group.stable(2)
      assert.ok(leader && other)
      await leader.coordinator.leave(leader.id)
      assert.equal(await other.refusal(), 'REBALANCE_IN_PROGRESS')
      await other.join()
      assert.equal(other.leads, true)
      assert.equal(await other.sync(), `${other.id} ${other.generation} 1`)
    })

    it('allows to leave what is left already', async () => {
      await using group = new GroupFixture(under)
      const [member] = await group.stable(1)
      assert.ok(member)
      await member.coordinator.leave(member.id)
      await member.coordinator.leave(member.id)
      const refusal = await refusalOf(member.coordinator.heartbeat(member.membership))
      assert.equal(refusal, 'UNKNOWN_MEMBER')
    })

    it('drops a member that is silent for its session', async () => {
      await using group = new GroupFixture(under)
      const [patient] = await group.stable(1)
      assert.ok(patient)
      const silent = await group.member({ sessionTimeoutMs: SHORT_SESSION_MS })
      const joined = silent.join()
      await patient.refusal()
      await Promise.all([joined, patient.join()])
      await Promise.all([silent.sync(), patient.sync()])
      assert.equal(await patient.refusal(), 'REBALANCE_IN_PROGRESS')
      await patient.join()
      assert.equal(await patient.sync(), `${patient.id} ${patient.generation} 1`)
      const refusal = await refusalOf(silent.coordinator.heartbeat(silent.membership))
      assert.equal(refusal, 'UNKNOWN_MEMBER')
      assert.equal(await refusalOf(silent.join()), 'UNKNOWN_MEMBER')
    })

    it('keeps a member that gives signs of life', async () => {
      await using group = new GroupFixture(under)
      const [member] = await group.stable(1, { sessionTimeoutMs: SHORT_SESSION_MS })
      assert.ok(member)
      for (let passed = 0; passed < 2 * SHORT_SESSION_MS; passed += 100) {
        await sleep(100)
        await member.coordinator.heartbeat(member.membership)
      }
    })

    it('goes on without a leader that dies before it has sent the assignments', async () => {
      await using group = new GroupFixture(under)
      const [leader] = await group.stable(1, { sessionTimeoutMs: SHORT_SESSION_MS })
      assert.ok(leader)
      const other = await group.member()
      const joined = other.join()
      await leader.refusal()
      await Promise.all([joined, leader.join()])
      assert.equal(await refusalOf(other.sync()), 'REBALANCE_IN_PROGRESS')
      await other.join()
      assert.equal(other.leads, true)
    })
  })
}

function refusingContract(under: GroupUnderTest): void {
  describe('refusing', () => {
    it('does not know a member that never joined', async () => {
      await using group = new GroupFixture(under)
      const [member] = await group.stable(1)
      assert.ok(member)
      const { coordinator, generation } = member
      const stranger = { memberId: 'contract-stranger', generation }
      assert.equal(await refusalOf(coordinator.heartbeat(stranger)), 'UNKNOWN_MEMBER')
      assert.equal(await refusalOf(coordinator.sync(stranger, new Map())), 'UNKNOWN_MEMBER')
      const joining = coordinator.join(stranger.memberId, Buffer.alloc(0))
      assert.equal(await refusalOf(joining), 'UNKNOWN_MEMBER')
    })

    it('refuses what belongs to an older generation', async () => {
      await using group = new GroupFixture(under)
      const [member] = await group.stable(1)
      assert.ok(member)
      const { coordinator, membership } = member
      await member.join()
      assert.equal(await refusalOf(coordinator.heartbeat(membership)), 'ILLEGAL_GENERATION')
      assert.equal(await refusalOf(coordinator.sync(membership, new Map())), 'ILLEGAL_GENERATION')
      await member.sync()
      assert.equal(await refusalOf(coordinator.heartbeat(membership)), 'ILLEGAL_GENERATION')
    })

    it('lets in no member of another protocol, and says what to do', async () => {
      await using group = new GroupFixture(under)
      await group.stable(1)
      const other = await group.member({ protocol: 'connect' })
      await assert.rejects(other.join(), (error) => {
        assert.ok(error instanceof ConnectError)
        assert.equal(error.code, 'GROUP_PROTOCOL')
        assert.equal(error.retriable, false)
        assert.match(error.hint ?? '', /first, or set another group\.id/)
        return true
      })
    })
  })
}

function tellingContract(under: GroupUnderTest): void {
  if (under.tellsByItself !== true) return
  describe('telling', () => {
    it('tells at once that a generation ends', async () => {
      await using group = new GroupFixture(under)
      const [member] = await group.stable(1)
      assert.ok(member)
      let told = 0
      const { promise, resolve } = Promise.withResolvers<void>()
      member.coordinator.onRebalance?.(() => {
        told++
        resolve()
      })
      const other = await group.member()
      const joined = other.join()
      await promise
      assert.equal(await member.refusal(), 'REBALANCE_IN_PROGRESS')
      await Promise.all([joined, member.join()])
      assert.equal(told, 1)
    })
  })
}

function waitingContract(under: GroupUnderTest): void {
  describe('waiting', () => {
    it('keeps the session of a member that waits to join', async () => {
      await using group = new GroupFixture(under)
      const [slow] = await group.stable(1)
      assert.ok(slow)
      const waiting = await group.member({ sessionTimeoutMs: SHORT_SESSION_MS })
      const joined = waiting.join()
      await slow.refusal()
      await sleep(2 * SHORT_SESSION_MS)
      await Promise.all([slow.join(), joined])
      assert.equal(slow.joined?.members.length, 2)
    })

    it('answers heartbeats while a join waits', async () => {
      await using group = new GroupFixture(under)
      const [first, second] = await group.stable(2)
      assert.ok(first && second)
      const joined = first.join()
      await second.refusal()
      const refusal = await refusalOf(first.coordinator.heartbeat(first.membership))
      assert.equal(refusal, 'REBALANCE_IN_PROGRESS')
      await Promise.all([second.join(), joined])
    })

    it('gives a join up at its signal, and the others go on without it', async () => {
      await using group = new GroupFixture(under)
      const [member] = await group.stable(1)
      assert.ok(member)
      const impatient = await group.member()
      const abort = new AbortController()
      const joined = impatient.join('hello', abort.signal)
      await member.refusal()
      abort.abort(new Error('enough'))
      await assert.rejects(joined, /enough/)
      await member.join()
      assert.equal(member.joined?.members.length, 1)
      await member.sync()
      const again = impatient.join()
      await member.refusal()
      await Promise.all([member.join(), again])
      assert.equal(member.joined?.members.length, 2)
    })

    it('gives a sync up at its signal', async () => {
      await using group = new GroupFixture(under)
      const [leader, other] = await group.stable(2)
      assert.ok(leader && other)
      const joined = leader.join()
      await other.refusal()
      await Promise.all([joined, other.join()])
      const abort = new AbortController()
      const synced = other.coordinator.sync(other.membership, new Map(), abort.signal)
      setImmediate(() => abort.abort(new Error('enough')))
      await assert.rejects(synced, /enough/)
      await leader.sync()
      assert.equal(await other.sync(), `${other.id} ${other.generation} 2`)
    })

    it('ends with the coordinator', async () => {
      await using group = new GroupFixture(under)
      const [member] = await group.stable(1)
      assert.ok(member)
      const waiting = await group.member()
      const joined = waiting.join()
      await member.refusal()
      await waiting.coordinator.close()
      await assert.rejects(joined, ConnectError)
    })
  })
}
