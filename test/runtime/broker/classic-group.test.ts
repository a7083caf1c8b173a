import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as rules from '../../../runtime/broker/classic-group.ts'
import { EMPTY_GROUP, type GroupState, type Step } from '../../../runtime/broker/group-state.ts'

const SESSION = 1000
const REBALANCE = 5000

/** A group whose events are given one after another. */
class Group {
  state: GroupState = EMPTY_GROUP
  now = 0

  join(memberId: string, over: { isNew?: boolean; metadata?: string; protocol?: string } = {}) {
    const request = {
      memberId,
      isNew: over.isNew ?? true,
      protocol: over.protocol ?? 'millrace',
      metadata: over.metadata ?? `of ${memberId}`,
      sessionTimeoutMs: SESSION,
      rebalanceTimeoutMs: REBALANCE
    }
    return this.#take(rules.join(this.state, request, this.now))
  }

  sync(memberId: string, assignments: Record<string, string> = {}, generation = this.generation) {
    return this.#take(rules.sync(this.state, { memberId, generation, assignments }, this.now))
  }

  heartbeat(memberId: string, generation = this.generation) {
    return this.#take(rules.heartbeat(this.state, { memberId, generation }, this.now))
  }

  leave(memberId: string) {
    this.state = rules.leave(this.state, memberId, this.now)
  }

  pass(ms: number) {
    this.now += ms
    this.state = rules.expire(this.state, this.now)
  }

  get generation() {
    return this.state.generation
  }

  get members() {
    return this.state.members.map(({ id }) => id)
  }

  /** Brings the members into a stable generation. */
  settle(...members: string[]) {
    for (const id of members) this.join(id)
    for (const id of members) this.join(id)
    this.sync(this.state.leaderId, {})
    for (const id of members) this.sync(id)
    assert.equal(this.state.phase, 'Stable')
    return this
  }

  #take<T>({ state, outcome }: Step<T>): T {
    this.state = JSON.parse(JSON.stringify(state))
    return outcome
  }
}

const refused = (refusal: string) => ({ kind: 'refused', refusal })
const waits = { kind: 'waits' }
const answered = (value: unknown) => ({ kind: 'answered', value })

describe('the rules of a group', () => {
  it('let the first member lead a generation of its own at once', () => {
    const group = new Group()
    const members = [{ id: 'a', metadata: 'of a' }]
    const joined = { generation: 1, memberId: 'a', leaderId: 'a', members }
    assert.deepEqual(group.join('a'), answered(joined))
    assert.deepEqual(group.sync('a', { a: 'all' }), answered('all'))
    assert.deepEqual(group.heartbeat('a'), answered(null))
  })

  it('begin a new generation for a new member when the others have joined again', () => {
    const group = new Group().settle('a')
    assert.deepEqual(group.join('b'), waits)
    assert.deepEqual(group.heartbeat('a'), refused('REBALANCE_IN_PROGRESS'))
    assert.deepEqual(group.sync('a'), refused('REBALANCE_IN_PROGRESS'))
    assert.equal(group.join('a', { isNew: false }).kind, 'answered')
    const forFollower = { generation: 2, memberId: 'b', leaderId: 'a', members: [] }
    assert.deepEqual(rules.joinOutcome(group.state, 'b'), answered(forFollower))
  })

  it('keep a follower waiting for its assignment until the leader has sent it', () => {
    const group = new Group()
    group.settle('a').join('b')
    group.join('a')
    assert.deepEqual(group.sync('b'), waits)
    assert.deepEqual(group.heartbeat('b'), answered(null))
    assert.deepEqual(group.sync('a', { b: 'one' }), answered(''))
    const member = { memberId: 'b', generation: 2 }
    assert.deepEqual(rules.syncOutcome(group.state, member), answered('one'))
  })

  it('answer a follower of a stable group again, and begin anew for the leader', () => {
    const group = new Group().settle('a', 'b')
    const { generation } = group
    assert.equal(group.join('b', { isNew: false }).kind, 'answered')
    assert.equal(group.generation, generation)
    assert.equal(group.join('a', { isNew: false }).kind, 'waits')
    assert.equal(group.state.phase, 'PreparingRebalance')
  })

  it('begin anew when a follower has something else to say', () => {
    const group = new Group().settle('a', 'b')
    assert.deepEqual(group.join('b', { isNew: false, metadata: 'changed' }), waits)
    assert.deepEqual(group.join('a', { isNew: false }).kind, 'answered')
    assert.equal(group.state.members[1]?.metadata, 'changed')
  })

  it('drop a member that is silent for its session, and let the next one lead', () => {
    const group = new Group().settle('a', 'b')
    group.pass(SESSION - 1)
    group.heartbeat('b')
    assert.equal(rules.nextDeadline(group.state), SESSION)
    group.pass(1)
    assert.deepEqual(group.members, ['b'])
    assert.deepEqual(group.heartbeat('a'), refused('UNKNOWN_MEMBER'))
    assert.deepEqual(group.join('a', { isNew: false }), refused('UNKNOWN_MEMBER'))
    const joined = group.join('b', { isNew: false })
    assert.equal(joined.kind === 'answered' && joined.value.leaderId, 'b')
  })

  it('go on without a member that does not join again in time', () => {
    const group = new Group().settle('a', 'b')
    group.join('c')
    group.join('b', { isNew: false })
    for (let passed = 0; passed < REBALANCE; passed += SESSION / 2) {
      for (const id of ['a', 'b', 'c']) group.heartbeat(id)
      group.pass(SESSION / 2)
    }
    assert.deepEqual(group.members, ['b', 'c'])
    assert.equal(group.state.phase, 'CompletingRebalance')
    assert.equal(group.state.leaderId, 'b')
  })

  it('drop a leader that lives but does not send the assignments in time', () => {
    const group = new Group().settle('a', 'b')
    group.join('a', { isNew: false })
    group.join('b', { isNew: false })
    assert.deepEqual(group.sync('b'), waits)
    for (let passed = 0; passed < REBALANCE; passed += SESSION / 2) {
      for (const id of ['a', 'b']) group.heartbeat(id)
      group.pass(SESSION / 2)
    }
    assert.deepEqual(group.members, ['b'])
    assert.deepEqual(group.heartbeat('b'), refused('REBALANCE_IN_PROGRESS'))
  })

  it('refuse what belongs to another generation', () => {
    const group = new Group().settle('a', 'b')
    const old = group.generation
    group.leave('b')
    group.join('a', { isNew: false })
    assert.deepEqual(group.heartbeat('a', old), refused('ILLEGAL_GENERATION'))
    assert.deepEqual(group.sync('a', {}, old), refused('ILLEGAL_GENERATION'))
    assert.equal(group.sync('a').kind, 'answered')
  })

  it('refuse another protocol as long as there are members', () => {
    const group = new Group().settle('a')
    const outcome = group.join('x', { protocol: 'connect' })
    assert.deepEqual(outcome, refused('INCONSISTENT_GROUP_PROTOCOL'))
    group.leave('a')
    assert.equal(group.join('x', { protocol: 'connect' }).kind, 'answered')
  })

  it('count on when the group was empty', () => {
    const group = new Group().settle('a')
    const { generation } = group
    group.leave('a')
    assert.equal(group.state.phase, 'Empty')
    assert.equal(group.state.leaderId, '')
    group.join('b')
    assert.ok(group.generation > generation)
  })

  it('take members of before for gone when the clock has started anew', () => {
    const group = new Group()
    group.now = 50_000
    group.settle('a', 'b')
    group.now = 10
    assert.equal(group.join('c').kind, 'answered')
    assert.deepEqual(group.members, ['c'])
  })

  it('tell a member whose generation was given up before it looked to join again', () => {
    const group = new Group().settle('a')
    group.join('b')
    group.join('a', { isNew: false })
    group.join('c')
    assert.deepEqual(rules.joinOutcome(group.state, 'b'), waits)
    assert.equal(rules.mustJoinAgain(group.state, 'b'), true)
    assert.equal(rules.mustJoinAgain(group.state, 'c'), false)
  })

  it('change nothing for what changes nothing', () => {
    const { state, now } = new Group().settle('a', 'b')
    assert.equal(rules.expire(state, now), state)
    assert.equal(rules.leave(state, 'x', now), state)
    assert.equal(rules.renew(state, 'x', now), state)
  })
})
