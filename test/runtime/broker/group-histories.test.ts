import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as rules from '../../../runtime/broker/classic-group.ts'
import {
  EMPTY_GROUP,
  type GroupState,
  memberOf,
  type Outcome
} from '../../../runtime/broker/group-state.ts'
import { Random } from '../../support/random.ts'

const SESSION = 1000
const REBALANCE = 3000
const CLIENTS = 5
const HISTORIES = 400
const STEPS = 150

/** What a client believes; each of its calls may be made at a bad moment, or never. */
interface Client {
  id: string
  generation: number
  alive: boolean
  waits: 'join' | 'sync' | null
}

/** A random history of one group, which checks after each event what must always hold. */
class History {
  state: GroupState = EMPTY_GROUP
  now = 0
  readonly random: Random
  readonly clients: Client[] = Array.from({ length: CLIENTS }, () => ({
    id: '',
    generation: 0,
    alive: true,
    waits: null
  }))
  readonly #leaders = new Map<number, string>()
  /** Per generation, who was told that it is in it, and what the leader gave to whom. */
  readonly #told = new Map<number, Set<string>>()
  readonly #given = new Map<number, Record<string, string>>()
  #ids = 0

  constructor(seed: number) {
    this.random = new Random(seed)
  }

  step(): void {
    const client = this.random.pick(this.clients)
    const action = this.random.below(10)
    if (action === 0) this.pass(this.random.below(SESSION * 1.5))
    else if (action === 1) client.alive = !client.alive
    else if (action === 2 && client.alive) this.leave(client)
    // Its request is given up; the coordinator does not know.
    else if (action === 3) client.waits = null
    else if (client.alive) this.act(client)
    else this.pass(this.random.below(SESSION / 10))
  }

  /** What a member does next, if it follows the protocol, or at random something else. */
  act(client: Client, orderly = false): void {
    const odd = !orderly && this.random.below(8) === 0
    if (client.id === '' || odd) this.join(client)
    else if (client.waits !== null) this.look(client)
    else if (this.random.below(2) === 0) this.heartbeat(client)
    else this.sync(client)
  }

  join(client: Client): void {
    const isNew = client.id === ''
    if (isNew) client.id = `member-${++this.#ids}`
    const request = {
      memberId: client.id,
      isNew,
      protocol: 'millrace',
      metadata: this.random.pick(['one', 'two']),
      sessionTimeoutMs: SESSION,
      rebalanceTimeoutMs: REBALANCE
    }
    const { state, outcome } = rules.join(this.state, request, this.now)
    this.#became(state)
    this.#joined(client, outcome)
  }

  look(client: Client): void {
    this.#became(rules.renew(rules.expire(this.state, this.now), client.id, this.now))
    if (rules.mustJoinAgain(this.state, client.id)) this.join(client)
    else if (client.waits === 'join') this.#joined(client, rules.joinOutcome(this.state, client.id))
    else this.#synced(client, rules.syncOutcome(this.state, memberIn(client)))
  }

  sync(client: Client): void {
    const leads = this.#leaders.get(client.generation) === client.id
    const names = leads ? this.state.members.map(({ id }) => id) : []
    const chosen = this.random.below(1000)
    const assignments = Object.fromEntries(names.map((id) => [id, `${id} ${chosen}`]))
    const request = { ...memberIn(client), assignments }
    const { state, outcome } = rules.sync(this.state, request, this.now)
    if (leads && outcome.kind === 'answered' && !this.#given.has(client.generation)) {
      this.#given.set(client.generation, assignments)
    }
    this.#became(state)
    this.#synced(client, outcome)
  }

  heartbeat(client: Client): void {
    const { state, outcome } = rules.heartbeat(this.state, memberIn(client), this.now)
    this.#became(state)
    if (outcome.kind === 'answered') {
      assert.equal(client.generation, this.state.generation)
      assert.ok(memberOf(this.state, client.id))
      return
    }
    this.#refused(client, outcome)
  }

  leave(client: Client): void {
    this.#became(rules.leave(this.state, client.id, this.now))
    assert.equal(memberOf(this.state, client.id), undefined)
    client.id = ''
    client.waits = null
  }

  pass(ms: number): void {
    const deadline = rules.nextDeadline(this.state)
    const until = this.now + ms
    if (deadline <= until) {
      this.now = Math.max(this.now, deadline - 1)
      assert.equal(rules.expire(this.state, this.now), this.state, 'nothing is due yet')
      this.now = deadline
      assert.notEqual(rules.expire(this.state, this.now), this.state, 'something is due')
    }
    this.now = until
    this.#became(rules.expire(this.state, this.now))
  }

  /** Everyone who lives follows the protocol, until there is nothing left to do. */
  settle(): void {
    for (let round = 0; round < 60; round++) {
      for (const client of this.clients) if (client.alive) this.act(client, true)
      this.pass(SESSION / 10)
    }
    for (const client of this.clients) if (client.alive) this.sync(client)
    const alive = this.clients.filter((client) => client.alive)
    assert.equal(this.state.phase, alive.length === 0 ? 'Empty' : 'Stable')
    const members = this.state.members.map(({ id }) => id)
    assert.deepEqual(members.toSorted(), alive.map(({ id }) => id).toSorted())
    for (const client of alive) {
      const outcome = rules.heartbeatOutcome(this.state, memberIn(client))
      assert.equal(outcome.kind, 'answered')
    }
  }

  #joined(client: Client, outcome: Outcome<{ generation: number; leaderId: string }>): void {
    client.waits = outcome.kind === 'waits' ? 'join' : null
    if (outcome.kind === 'refused') this.#refused(client, outcome)
    if (outcome.kind !== 'answered') return
    const { generation, leaderId } = outcome.value
    client.generation = generation
    assert.equal(this.#leaders.get(generation) ?? leaderId, leaderId, 'one leader per generation')
    this.#leaders.set(generation, leaderId)
    const told = this.#told.get(generation) ?? new Set()
    this.#told.set(generation, told.add(client.id))
  }

  #synced(client: Client, outcome: Outcome<string>): void {
    client.waits = outcome.kind === 'waits' ? 'sync' : null
    if (outcome.kind === 'refused') this.#refused(client, outcome)
    if (outcome.kind !== 'answered') return
    assert.ok(this.#told.get(client.generation)?.has(client.id), 'assigned without membership')
    const given = this.#given.get(client.generation)
    assert.equal(outcome.value, given?.[client.id], 'assigned what the leader gave')
  }

  #refused(client: Client, { refusal }: { refusal: string }): void {
    client.waits = null
    assert.notEqual(refusal, 'INCONSISTENT_GROUP_PROTOCOL')
    if (refusal === 'UNKNOWN_MEMBER') {
      assert.equal(memberOf(this.state, client.id), undefined)
      client.id = ''
    } else this.join(client)
  }

  #became(state: GroupState): void {
    const before = this.state
    this.state = frozen(state)
    assert.ok(state.generation >= before.generation, 'generations go back')
    if (memberOf(state, before.leaderId)) assert.equal(state.leaderId, before.leaderId)
    if (state.generation > before.generation) {
      const asked = before.members.filter(({ joined }) => joined).length
      assert.ok(state.members.length <= asked + 1, 'only who joined is in a generation')
    }
    assert.deepEqual(JSON.parse(JSON.stringify(state)), state)
    assert.equal(state.phase === 'Empty', state.members.length === 0)
    assert.equal(memberOf(state, state.leaderId) === undefined, state.members.length === 0)
    if (state.phase !== 'PreparingRebalance' || before.phase !== 'PreparingRebalance') return
    assert.equal(state.roundEnd, before.roundEnd, 'a round gets no more time')
  }
}

function memberIn({ id, generation }: Client) {
  return { memberId: id, generation }
}

/** Makes a change of a state that others may hold an error. */
function frozen(state: GroupState): GroupState {
  for (const member of state.members) Object.freeze(member)
  Object.freeze(state.members)
  return Object.freeze(state)
}

describe('random histories of a group', () => {
  it('keep one leader per generation, and end stable with all who live', () => {
    for (let seed = 1; seed <= HISTORIES; seed++) {
      const history = new History(seed)
      try {
        for (let step = 0; step < STEPS; step++) history.step()
        history.settle()
      } catch (error) {
        throw new Error(`seed ${seed}: ${String(error)}`, { cause: error })
      }
    }
  })
})
