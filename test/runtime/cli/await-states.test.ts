import assert from 'node:assert/strict'
import { test } from 'node:test'
import { awaitStates, progressOf } from '../../../runtime/cli/connect/await-states.ts'
import type { StatusAnswer } from '../../../runtime/cli/connect/connect-answers.ts'

function statusOf(state: string, ...tasks: string[]): StatusAnswer {
  const each = { workerId: 'w', trace: null }
  return {
    name: 'shop',
    type: 'source',
    state,
    ...each,
    tasks: tasks.map((task, id) => ({ id, state: task, ...each }))
  }
}

test('knows who has arrived, who will not, and who is on the way', () => {
  const progress = (goal: 'RUNNING' | 'PAUSED' | 'STOPPED', ...states: [string, ...string[]]) =>
    progressOf(goal, statusOf(...states))
  assert.equal(progressOf('RUNNING', null), 'pending')
  assert.equal(progress('RUNNING', 'RUNNING'), 'pending')
  assert.equal(progress('RUNNING', 'RUNNING', 'RUNNING', 'RUNNING'), 'reached')
  assert.equal(progress('RUNNING', 'RUNNING', 'RUNNING', 'UNASSIGNED'), 'pending')
  assert.equal(progress('RUNNING', 'RUNNING', 'FAILED', 'UNASSIGNED'), 'pending')
  assert.equal(progress('RUNNING', 'RUNNING', 'FAILED', 'RUNNING'), 'failed')
  assert.equal(progress('RUNNING', 'FAILED'), 'failed')
  assert.equal(progress('RUNNING', 'PAUSED', 'PAUSED'), 'pending')
  assert.equal(progress('PAUSED', 'PAUSED'), 'reached')
  assert.equal(progress('PAUSED', 'PAUSED', 'PAUSED', 'FAILED'), 'reached')
  assert.equal(progress('PAUSED', 'PAUSED', 'RUNNING'), 'pending')
  assert.equal(progress('PAUSED', 'FAILED', 'RUNNING'), 'failed')
  assert.equal(progress('STOPPED', 'STOPPED', 'RUNNING'), 'pending')
  assert.equal(progress('STOPPED', 'FAILED', 'FAILED'), 'pending')
  assert.equal(progress('STOPPED', 'STOPPED'), 'reached')
})

/** Shows one status after the other, and the last one for ever. */
function watchOf(...shown: readonly (StatusAnswer | null)[]) {
  let reads = 0
  return {
    get reads() {
      return reads
    },
    async read() {
      const status = shown[Math.min(reads++, shown.length - 1)] ?? null
      return new Map(status ? [['shop', status]] : [])
    }
  }
}

const RUNS = statusOf('RUNNING', 'RUNNING')

test('waits through the states on the way', async () => {
  const goal = { name: 'shop', state: 'RUNNING', settleMs: 0 } as const
  const watch = watchOf(null, statusOf('UNASSIGNED'), statusOf('RUNNING'), RUNS)
  const [arrival] = await awaitStates([goal], { read: watch.read, limitMs: 60_000, pollMs: 1 })
  assert.equal(arrival?.progress, 'reached')
  assert.equal(watch.reads, 4)
})

test('does not take the status of before for that of after', async () => {
  const goal = { name: 'shop', state: 'RUNNING', settleMs: 30 } as const
  const watch = watchOf(RUNS, statusOf('RUNNING', 'RESTARTING'), statusOf('RUNNING', 'FAILED'))
  const [arrival] = await awaitStates([goal], { read: watch.read, limitMs: 60_000, pollMs: 1 })
  assert.equal(arrival?.progress, 'failed')
})

test('ends when its time is over, and takes a connector without tasks for one that has none', async () => {
  const goal = { name: 'shop', state: 'RUNNING', settleMs: 0 } as const
  const late = await awaitStates([goal], {
    read: watchOf(statusOf('RUNNING', 'UNASSIGNED')).read,
    limitMs: 20,
    pollMs: 1
  })
  assert.equal(late[0]?.progress, 'pending')
  const idle = await awaitStates([goal], {
    read: watchOf(statusOf('RUNNING')).read,
    limitMs: 20,
    pollMs: 1
  })
  assert.equal(idle[0]?.progress, 'reached')
})
