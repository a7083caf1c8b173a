import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Assignments, assign, type Owner, type Work } from '../../../runtime/herder/assign.ts'
import { CONNECTOR, taskKey } from '../../../runtime/worker/task-spec.ts'
import { Random } from '../../support/random.ts'

const work = (connector: string, tasks: number): Work[] =>
  Array.from({ length: tasks + 1 }, (_, index) => ({ connector, task: index + CONNECTOR }))

const owner = (id: string, owned: readonly Work[] = []): Owner => ({ id, owned })

const keysOf = (given: Assignments, id: string) => (given.byMember.get(id) ?? []).map(taskKey)

/** What each member runs once it has done as it was told. */
const after = (given: Assignments) => [...given.byMember].map(([id, owned]) => owner(id, owned))

function countsOf(members: readonly Owner[], connectors: boolean): number[] {
  return members.map(
    ({ owned }) => owned.filter(({ task }) => (task === CONNECTOR) === connectors).length
  )
}

describe('assign', () => {
  it('gives everything to a worker that is alone', () => {
    const all = [...work('a', 2), ...work('b', 1)]
    const given = assign({ members: [owner('m')], work: all })
    assert.deepEqual(keysOf(given, 'm').toSorted(), all.map(taskKey).toSorted())
    assert.equal(given.incomplete, false)
  })

  it('takes away in one generation what it gives to a new worker in the next', () => {
    const all = work('a', 4)
    const first = assign({ members: [owner('m', all), owner('n')], work: all })
    assert.equal(first.incomplete, true)
    assert.deepEqual(keysOf(first, 'n'), [])
    const second = assign({ members: after(first), work: all })
    assert.equal(second.incomplete, false)
    assert.deepEqual(countsOf(after(second), false), [2, 2])
    const kept = keysOf(first, 'm')
    assert.ok(kept.every((key) => keysOf(second, 'm').includes(key)))
  })

  it('hands the work of a lost worker over at once', () => {
    const all = work('a', 4)
    const halves = [all.slice(0, 3), all.slice(3)] as const
    const given = assign({ members: [owner('m', halves[0])], work: all })
    assert.equal(given.incomplete, false)
    assert.equal(keysOf(given, 'm').length, all.length)
  })

  it('keeps back what is held, and room for it', () => {
    const all = work('a', 4)
    const given = assign({ members: [owner('m'), owner('n')], work: all, held: all.slice(1, 3) })
    assert.equal(keysOf(given, 'm').length + keysOf(given, 'n').length, 3)
    assert.deepEqual(countsOf(after(given), false), [1, 1])
  })

  it('stops on both sides what two workers run', () => {
    const all = work('a', 1)
    const given = assign({ members: [owner('m', all), owner('n', all)], work: all })
    assert.deepEqual([keysOf(given, 'm'), keysOf(given, 'n'), given.incomplete], [[], [], true])
  })

  it('spreads the tasks of one connector', () => {
    const all = [...work('a', 3), ...work('b', 3)]
    const given = assign({ members: ['m', 'n', 'o'].map((id) => owner(id)), work: all })
    for (const { owned } of after(given)) {
      const tasks = owned.filter(({ task }) => task !== CONNECTOR)
      assert.deepEqual(tasks.map(({ connector }) => connector).sort(), ['a', 'b'])
    }
  })

  it('decides the same whatever the order of members and work', () => {
    const all = [...work('a', 3), ...work('b', 2)]
    const members = [owner('m', all.slice(0, 5)), owner('n'), owner('o', all.slice(5))]
    const one = assign({ members, work: all })
    const other = assign({ members: members.toReversed(), work: all.toReversed() })
    for (const { id } of members) assert.deepEqual(keysOf(one, id), keysOf(other, id))
  })

  for (const seed of Array.from({ length: 200 }, (_, index) => index + 1)) {
    it(`keeps its promises over a random history (seed ${seed})`, () => {
      const random = new Random(seed)
      let members: Owner[] = [owner('w0')]
      let next = 1
      const connectors = new Map<string, number>()
      for (let round = 0; round < 30; round++) {
        const what = random.below(5)
        const name = `c${random.below(6)}`
        if (what === 0) members = [...members, owner(`w${next++}`)]
        else if (what === 1 && members.length > 1) {
          members = members.toSpliced(random.below(members.length), 1)
        } else if (what === 2) connectors.delete(name)
        else connectors.set(name, random.below(6))
        const all = [...connectors].flatMap(([connector, tasks]) => work(connector, tasks))
        members = settle(members, all)
        checkSettled(members, all)
      }
    })
  }
})

/** Assigns until nothing is left to move, and checks every step on the way. */
function settle(before: readonly Owner[], all: readonly Work[]): Owner[] {
  const wanted = new Set(all.map(taskKey))
  let members = before.map(({ id, owned }) => owner(id, owned))
  for (let generation = 0; ; generation++) {
    assert.ok(generation < 3, 'two generations are enough')
    const given = assign({ members, work: all })
    const ran = new Map(
      members.flatMap(({ id, owned }) => owned.map((item) => [taskKey(item), id] as const))
    )
    for (const { id, owned } of after(given)) {
      for (const item of owned) {
        const key = taskKey(item)
        assert.ok(wanted.has(key), 'nothing runs that should not')
        assert.ok((ran.get(key) ?? id) === id, 'nothing is given away before its owner let go')
      }
    }
    checkMoves(members, after(given), all)
    members = after(given)
    if (!given.incomplete) return members
  }
}

/** No worker loses more than balance asks for: what it keeps is at least the smaller quota. */
function checkMoves(before: readonly Owner[], now: readonly Owner[], all: readonly Work[]): void {
  for (const connectors of [true, false]) {
    const part = all.filter(({ task }) => (task === CONNECTOR) === connectors)
    const quota = Math.floor(part.length / before.length)
    const wanted = new Set(part.map(taskKey))
    for (const { id, owned } of before) {
      const had = owned.map(taskKey).filter((key) => wanted.has(key))
      const has = new Set(now.find((member) => member.id === id)?.owned.map(taskKey))
      const kept = had.filter((key) => has.has(key)).length
      assert.ok(kept >= Math.min(had.length, quota), `${id} keeps what balance lets it keep`)
    }
  }
}

function checkSettled(members: readonly Owner[], all: readonly Work[]): void {
  const given = members.flatMap(({ owned }) => owned.map(taskKey))
  assert.deepEqual(given.toSorted(), all.map(taskKey).toSorted(), 'everything runs once')
  for (const connectors of [true, false]) {
    const counts = countsOf(members, connectors)
    assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, `balanced: ${counts}`)
  }
}
