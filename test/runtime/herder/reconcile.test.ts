import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { reconcile } from '../../../runtime/herder/reconcile.ts'
import type { WantedTask } from '../../../runtime/worker/worker.ts'
import { Random } from '../../support/random.ts'

const task = (connector: string, number: number, more: Partial<WantedTask> = {}): WantedTask => ({
  connector,
  task: number,
  config: { a: '1' },
  tasks: 1,
  endOffset: -1,
  paused: false,
  version: null,
  ...more
})

/** Any set of tasks: each connector has one config and one number of tasks. */
function anyTasks(random: Random): WantedTask[] {
  return ['a', 'b', 'a-1'].flatMap((connector) => {
    const tasks = random.below(4)
    const paused = random.next() < 0.3
    const config = { version: String(random.below(2)) }
    return Array.from({ length: tasks }, (_, id) => task(connector, id, { config, tasks, paused }))
  })
}

const idOf = ({ connector, task: number }: { connector: string; task: number }) =>
  `${connector}/${number}`

describe('reconcile', () => {
  it('leaves a task alone whose config only changed its order', () => {
    const before = task('a', 0, { config: { a: '1', b: '2' } })
    const after = task('a', 0, { config: { b: '2', a: '1' } })
    assert.deepEqual(reconcile([after], [before]), { stop: [], start: [], pause: [], resume: [] })
  })

  it('stops and starts a task whose config changed, and no other', () => {
    const changed = task('a', 0, { config: { a: '2' } })
    const { stop, start } = reconcile([changed, task('b', 0)], [task('a', 0), task('b', 0)])
    assert.deepEqual([stop.map(idOf), start.map(idOf)], [['a/0'], ['a/0']])
  })

  it('starts anew what was stopped and is wanted again by the time that is read', () => {
    const resumed = task('a', 0, { endOffset: 7 })
    const { stop, start } = reconcile([resumed], [task('a', 0)])
    assert.deepEqual([stop.map(idOf), start.map(idOf)], [['a/0'], ['a/0']])
  })

  it('pauses and resumes without a restart', () => {
    const paused = task('a', 0, { paused: true })
    assert.deepEqual(reconcile([paused], [task('a', 0)]).pause, [paused])
    assert.deepEqual(reconcile([task('a', 0)], [paused]).resume, [task('a', 0)])
  })

  it('leads from anything to anything, touching nothing that may stay', () => {
    for (let seed = 0; seed < 2000; seed++) {
      const random = new Random(seed)
      const present = anyTasks(random)
      const desired = anyTasks(random)
      const { stop, start, pause, resume } = reconcile(desired, present)
      const running = new Map(present.map((one) => [idOf(one), one]))
      for (const one of stop) assert.ok(running.delete(idOf(one)), `seed ${seed}: stops nothing`)
      for (const one of start) {
        assert.ok(!running.has(idOf(one)), `seed ${seed}: starts twice`)
        running.set(idOf(one), one)
      }
      for (const [ids, paused] of [
        [pause, true],
        [resume, false]
      ] as const) {
        for (const id of ids) {
          const one = running.get(idOf(id))
          assert.ok(one && one.paused !== paused, `seed ${seed}: pauses or resumes for nothing`)
          running.set(idOf(id), { ...one, paused })
        }
      }
      const byId = (a: WantedTask, b: WantedTask) => (idOf(a) < idOf(b) ? -1 : 1)
      assert.deepEqual([...running.values()].sort(byId), desired.toSorted(byId), `seed ${seed}`)
      assert.deepEqual(reconcile(desired, desired), { stop: [], start: [], pause: [], resume: [] })
    }
  })
})
