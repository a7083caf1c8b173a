import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Clock, untilNext } from '../../../runtime/api/clock.ts'
import type { TaskSpec } from '../../../runtime/worker/task-spec.ts'
import { TaskSupervisor, type TaskView } from '../../../runtime/worker/task-supervisor.ts'
import type { PlainError } from '../../../runtime/worker/thread-messages.ts'
import type { RunListener, TaskPool } from '../../../runtime/worker/thread-pool.ts'
import { nextTurn } from '../../../runtime/worker/wakeup.ts'
import { MemoryLogger } from '../../support/embedded.ts'

class FakeClock implements Clock {
  time = 0
  timers: { at: number; callback: () => void }[] = []

  now(): number {
    return this.time
  }

  wallTime(): number {
    return this.time
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.time + ms, callback }
    this.timers.push(timer)
    return () => {
      this.timers = this.timers.filter((other) => other !== timer)
    }
  }

  atNext(everyMs: number, callback: () => void): () => void {
    return this.after(untilNext(this.time, everyMs), callback)
  }

  async advance(ms: number): Promise<void> {
    this.time += ms
    const due = this.timers.filter(({ at }) => at <= this.time)
    this.timers = this.timers.filter(({ at }) => at > this.time)
    for (const { callback } of due) callback()
    await nextTurn()
  }
}

class FakePool implements TaskPool {
  readonly runs: { spec: TaskSpec; listener: RunListener; told: string[] }[] = []

  run(spec: TaskSpec, listener: RunListener) {
    const told: string[] = []
    this.runs.push({ spec, listener, told })
    return {
      pause: () => void told.push('pause'),
      resume: () => void told.push('resume'),
      stop: async () => {
        told.push('stop')
        listener.ended(null)
      }
    }
  }

  get last() {
    const run = this.runs.at(-1)
    assert.ok(run, 'nothing runs')
    return run
  }

  async close(): Promise<void> {}
}

const lost: PlainError = {
  code: 'LOST',
  message: 'Connection lost',
  hint: null,
  retriable: true,
  fenced: false,
  stack: null
}
const fatal: PlainError = { ...lost, code: 'BROKEN', message: 'Broken', retriable: false }

async function supervised(config: Readonly<Record<string, string>> = {}) {
  const clock = new FakeClock()
  const pool = new FakePool()
  const views: TaskView[] = []
  let generation = 0
  const supervisor = new TaskSupervisor({
    name: 'c-0',
    pool,
    clock,
    random: () => 1,
    logger: new MemoryLogger(),
    prepare: async () => ({
      connector: 'c',
      task: 0,
      tasks: 1,
      generation: ++generation,
      config,
      unresolved: config
    }),
    fenced: () => false,
    changed: (view) => views.push(view),
    listener: {
      progress() {},
      built() {},
      metrics() {},
      topic() {},
      taskConfigs() {},
      isCurrent: async () => true
    }
  })
  supervisor.start(false)
  await nextTurn()
  return { clock, pool, views, supervisor }
}

describe('a supervised task', () => {
  it('starts again with growing pauses after errors that may pass, each time with a new generation', async () => {
    const { clock, pool, supervisor } = await supervised()
    const pauses: number[] = []
    for (let failure = 0; failure < 4; failure++) {
      pool.last.listener.ended(lost)
      assert.equal(supervisor.view.state, 'WAITING')
      assert.match(supervisor.view.trace ?? '', /LOST: Connection lost\nFailed \d times in a row/)
      pauses.push((clock.timers[0]?.at ?? 0) - clock.time)
      await clock.advance(pauses.at(-1) ?? 0)
    }
    assert.deepEqual(pauses, [300, 600, 1200, 2400])
    assert.deepEqual(
      pool.runs.map(({ spec }) => spec.generation),
      [1, 2, 3, 4, 5]
    )
    pool.last.listener.report({ state: 'RUNNING', trace: null })
    assert.deepEqual(supervisor.view, { state: 'RUNNING', trace: null, generation: 5 })
  })

  it('begins with short pauses again once a run was good', async () => {
    const { clock, pool } = await supervised()
    pool.last.listener.ended(lost)
    await clock.advance(300)
    pool.last.listener.report({ state: 'RUNNING', trace: null })
    await clock.advance(60_000)
    pool.last.listener.ended(lost)
    assert.equal((clock.timers[0]?.at ?? 0) - clock.time, 300)
  })

  it('fails for good with any other error, and rests until it is started', async () => {
    const { clock, pool, supervisor } = await supervised()
    pool.last.listener.ended(fatal)
    assert.equal(supervisor.view.state, 'FAILED')
    assert.match(supervisor.view.trace ?? '', /^BROKEN: Broken/)
    await clock.advance(3_600_000)
    assert.equal(pool.runs.length, 1)
    supervisor.start(false)
    await nextTurn()
    assert.equal(pool.runs.length, 2)
  })

  it('gives up after errors.retry.timeout where that is set', async () => {
    const { clock, pool, supervisor } = await supervised({ 'errors.retry.timeout': '1000' })
    pool.last.listener.ended(lost)
    await clock.advance(300)
    pool.last.listener.ended(lost)
    assert.equal(supervisor.view.state, 'WAITING')
    await clock.advance(900)
    pool.last.listener.ended(lost)
    assert.equal(supervisor.view.state, 'FAILED')
  })

  it('starts no more once it is stopped while it waits', async () => {
    const { clock, pool, supervisor } = await supervised()
    pool.last.listener.ended(lost)
    await supervisor.stop(1000)
    await clock.advance(60_000)
    assert.equal(pool.runs.length, 1)
    assert.equal(supervisor.view.state, 'UNASSIGNED')
  })

  it('stays paused over a restart', async () => {
    const { clock, pool, supervisor } = await supervised()
    supervisor.pause()
    assert.deepEqual(pool.last.told, ['pause'])
    pool.last.listener.ended(lost)
    await clock.advance(300)
    assert.equal(pool.last.spec.paused, true)
  })

  it('shows what a run retries without starting it anew', async () => {
    const { pool, supervisor, views } = await supervised()
    pool.last.listener.report({ state: 'RUNNING', trace: null })
    pool.last.listener.report({ state: 'RETRYING', trace: 'The target is away' })
    assert.deepEqual(supervisor.view, {
      state: 'RETRYING',
      trace: 'The target is away',
      generation: 1
    })
    pool.last.listener.report({ state: 'RUNNING', trace: null })
    assert.equal(views.at(-1)?.trace, null)
  })
})
