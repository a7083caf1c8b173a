import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type GroupCoordinator, GroupError } from '../../../runtime/broker/group-coordinator.ts'
import { coordinatorBean } from '../../../runtime/herder/group-beans.ts'
import type { GroupView } from '../../../runtime/herder/herder.ts'
import { MeasuredCoordinator } from '../../../runtime/herder/measured-coordinator.ts'
import { Metrics } from '../../../runtime/metrics/metrics.ts'

const group: GroupView = {
  memberId: 'a',
  generation: 1,
  leaderId: 'a',
  leaderUrl: null,
  isLeader: true,
  rebalancing: false,
  completedRebalances: 0,
  rebalanceMs: { last: 0, max: 0, sum: 0 },
  sinceRebalanceMs: null,
  connectors: ['x', 'y'],
  tasks: [{ connector: 'x', task: 0 }]
}
const member = { memberId: 'a', generation: 1 }
const nothing = new Uint8Array()

/** A coordinator whose answers take a time on a clock that only they move. */
function timedGroup() {
  let now = 0
  let refuse: GroupError | null = null
  const takes = async <T>(ms: number, answer: T): Promise<T> => {
    now += ms
    if (refuse !== null) throw refuse
    return answer
  }
  const coordinator: GroupCoordinator = {
    join: () => takes(30, { generation: 1, memberId: 'a', leaderId: 'a', members: [] }),
    sync: () => takes(10, nothing),
    heartbeat: () => takes(5, undefined),
    leave: async () => undefined,
    close: async () => undefined
  }
  const metrics = new Metrics({ clock: { now: () => now } })
  const measured = new MeasuredCoordinator(coordinator, metrics.coordinator, metrics.now)
  return {
    measured,
    pass(ms: number) {
      now += ms
    },
    refuse(error: GroupError | null) {
      refuse = error
    },
    read: () =>
      coordinatorBean(group, metrics.coordinator, { labels: {}, now: metrics.now() }).attributes
  }
}

describe('a measured coordinator', () => {
  it('has nothing to say before it is asked', () => {
    const { read } = timedGroup()
    const attributes = read()
    assert.equal(attributes['assigned-connectors'], 2)
    assert.equal(attributes['assigned-tasks'], 1)
    assert.equal(attributes['join-total'], 0)
    assert.equal(attributes['heartbeat-rate'], 0)
    assert.ok(Number.isNaN(attributes['join-time-avg']))
    assert.ok(Number.isNaN(attributes['last-heartbeat-seconds-ago']))
  })

  it('notes joins, assignments and heartbeats, and how long each took', async () => {
    const { measured, pass, read } = timedGroup()
    await measured.join('', nothing)
    pass(20)
    await measured.sync(member, new Map())
    await measured.heartbeat(member)
    await measured.heartbeat(member)
    pass(2000)
    const attributes = read()
    assert.equal(attributes['join-total'], 1)
    assert.equal(attributes['join-time-max'], 30)
    assert.equal(attributes['sync-time-avg'], 10)
    assert.equal(attributes['rebalance-total'], 1)
    assert.equal(attributes['rebalance-latency-total'], 60)
    assert.equal(attributes['rebalance-latency-max'], 60)
    assert.equal(attributes['heartbeat-total'], 2)
    assert.equal(attributes['heartbeat-response-time-max'], 5)
    assert.equal(attributes['last-heartbeat-seconds-ago'], 2.005)
    assert.equal(attributes['last-rebalance-seconds-ago'], 2.01)
    assert.equal(attributes['failed-rebalance-total'], 0)
  })

  it('counts a refusal, and the rebalance from its first join on', async () => {
    const { measured, refuse, read } = timedGroup()
    const refusal = new GroupError('UNKNOWN_MEMBER', 'Gone')
    refuse(refusal)
    await assert.rejects(measured.join('a', nothing), refusal)
    refuse(null)
    await measured.join('', nothing)
    await measured.sync(member, new Map())
    const attributes = read()
    assert.equal(attributes['failed-rebalance-total'], 1)
    assert.equal(attributes['join-total'], 1)
    assert.equal(attributes['rebalance-latency-max'], 70)
  })

  it('offers the news of a rebalance only where the coordinator does', () => {
    const { measured } = timedGroup()
    assert.equal(measured.onRebalance, undefined)
  })
})
