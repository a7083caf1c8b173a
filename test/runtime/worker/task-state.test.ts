import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  nextState,
  shownState,
  startupOutcome,
  type TaskEvent,
  type TaskState
} from '../../../runtime/worker/task-state.ts'
import { Random } from '../../support/random.ts'

const EVENTS: readonly TaskEvent[] = [
  'start',
  'running',
  'paused',
  'retrying',
  'interrupted',
  'failed',
  'stop',
  'ended'
]
const after = (...events: TaskEvent[]) => events.reduce<TaskState>(nextState, 'UNASSIGNED')

describe('the states of a task', () => {
  it('follow a good life', () => {
    assert.equal(after('start'), 'STARTING')
    assert.equal(after('start', 'running'), 'RUNNING')
    assert.equal(after('start', 'running', 'paused', 'running'), 'RUNNING')
    assert.equal(after('start', 'running', 'stop', 'ended'), 'UNASSIGNED')
  })

  it('wait and start again after an error that may pass', () => {
    assert.equal(after('start', 'interrupted'), 'WAITING')
    assert.equal(after('start', 'interrupted', 'start', 'running'), 'RUNNING')
    assert.equal(shownState(after('start', 'interrupted', 'start')), 'RESTARTING')
  })

  it('stay failed until somebody starts the task', () => {
    for (const event of EVENTS) {
      const expected = { start: 'STARTING', stop: 'UNASSIGNED' }[String(event)] ?? 'FAILED'
      assert.equal(nextState('FAILED', event), expected, event)
    }
  })

  it('never run again on a report that comes too late', () => {
    const quiet: readonly TaskState[] = ['UNASSIGNED', 'STOPPING', 'WAITING', 'FAILED']
    for (const state of quiet) {
      for (const event of ['running', 'paused', 'retrying'] as const) {
        assert.equal(nextState(state, event), state, `${event} in ${state}`)
      }
    }
  })

  it('can always be stopped, whatever came before', () => {
    for (let seed = 0; seed < 500; seed++) {
      const random = new Random(seed)
      let state: TaskState = 'UNASSIGNED'
      for (let step = 0; step < 20; step++) state = nextState(state, random.pick(EVENTS))
      assert.equal(nextState(nextState(state, 'stop'), 'ended'), 'UNASSIGNED', `seed ${seed}`)
    }
  })
})

describe('the start of a task', () => {
  const outcomes = (...events: TaskEvent[]) => {
    let state: TaskState = 'UNASSIGNED'
    return events.flatMap((event) => {
      const before = state
      state = nextState(state, event)
      return startupOutcome(before, state) ?? []
    })
  }

  it('is tried, and then succeeds or fails once', () => {
    assert.deepEqual(outcomes('start', 'running', 'paused', 'failed'), ['attempt', 'success'])
    assert.deepEqual(outcomes('start', 'paused', 'running'), ['attempt', 'success'])
    assert.deepEqual(outcomes('start', 'failed'), ['attempt', 'failure'])
    assert.deepEqual(outcomes('start', 'interrupted', 'start', 'running', 'interrupted'), [
      'attempt',
      'failure',
      'attempt',
      'success'
    ])
  })

  it('is neither a success nor a failure when it is called off', () => {
    assert.deepEqual(outcomes('start', 'stop', 'ended'), ['attempt'])
  })
})
