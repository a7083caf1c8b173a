import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Meter } from '../../../runtime/metrics/meter.ts'
import { Recorded } from '../../../runtime/metrics/recorded.ts'
import { SampledWindow } from '../../../runtime/metrics/sampled-window.ts'
import { StateTimes } from '../../../runtime/metrics/state-times.ts'

const WINDOW = { sampleMs: 30_000, samples: 2 }
const one = (value: number) => ({ count: 1, sum: value, min: value, max: value })

/** Hands a meter's readings over, as a task thread does. */
function pass(meter: Meter, recorded: Recorded, now: number): void {
  const readings = meter.take()
  if (readings !== null) recorded.take(readings, now)
}

describe('a meter', () => {
  it('says nothing until something changes, and calls once for all changes in between', () => {
    let calls = 0
    const meter = new Meter(() => calls++)
    assert.equal(meter.take(), null)
    meter.add('a_total', 2)
    meter.set('b', 5)
    meter.observe('ms', 3)
    assert.equal(calls, 1)
    assert.deepEqual(meter.take(), {
      counters: { a_total: 2 },
      gauges: { b: 5 },
      own: {},
      observed: { ms: one(3) }
    })
    assert.equal(meter.take(), null)
    meter.set('b', 5)
    meter.add('a_total', 0)
    assert.equal(calls, 1, 'nothing has changed')
    meter.setOwn('lag', 1)
    assert.equal(calls, 2)
  })

  it('hands over each observation once, and counters as they stand', () => {
    const meter = new Meter()
    meter.observe('ms', 3)
    meter.observe('ms', 9)
    meter.add('a_total', 1)
    meter.take()
    meter.add('a_total', 1)
    assert.deepEqual(meter.take()?.observed, {})
    assert.equal(meter.get('a_total'), 2)
  })

  it('keeps what a connector names apart from what the runtime counts', () => {
    const meter = new Meter()
    meter.add('total_retries', 1)
    meter.setOwn('total_retries', 70)
    const readings = meter.take()
    assert.deepEqual(readings?.counters, { total_retries: 1 })
    assert.deepEqual(readings?.own, { total_retries: 70 })
  })
})

describe('a sampled window', () => {
  it('counts a young window as one whole sample, as the rates of Kafka do', () => {
    const window = new SampledWindow(WINDOW)
    window.record(one(300), 1000)
    assert.equal(window.rate(1000), 10)
    assert.equal(window.rate(16_000), 300 / 45)
    assert.equal(window.rate(31_000), 300 / 30)
    assert.equal(window.rate(46_000), 300 / 45)
  })

  it('begins a new sample after the old one, and forgets what is older than all of them', () => {
    const window = new SampledWindow(WINDOW)
    window.record(one(10), 0)
    window.record(one(20), 29_999)
    window.record(one(5), 30_000)
    assert.deepEqual(window.seen(30_000), { count: 3, sum: 35, min: 5, max: 20 })
    window.record(one(1), 60_000)
    assert.deepEqual(window.seen(60_000), { count: 2, sum: 6, min: 1, max: 5 })
    assert.deepEqual(window.seen(119_999), one(1))
    assert.equal(window.seen(120_000), null)
    assert.equal(window.rate(120_000), 0)
  })
})

describe('what is recorded', () => {
  it('has totals that go on when a meter begins anew, and gauges that do not', () => {
    const recorded = new Recorded(WINDOW)
    const first = new Meter()
    first.add('a_total', 5)
    first.set('b', 7)
    pass(first, recorded, 0)
    first.add('a_total', 2)
    pass(first, recorded, 1000)
    assert.equal(recorded.total('a_total'), 7)
    assert.equal(recorded.gauge('b'), 7)
    recorded.begin()
    assert.equal(recorded.gauge('b'), 0)
    const second = new Meter()
    second.add('a_total', 9)
    pass(second, recorded, 2000)
    assert.equal(recorded.total('a_total'), 16)
    assert.equal(recorded.recent('a_total', 2000), 16)
  })

  it('has rates, averages and extremes of the window only', () => {
    const recorded = new Recorded(WINDOW)
    const meter = new Meter()
    meter.add('a_total', 60)
    meter.observe('ms', 4)
    meter.observe('ms', 8)
    pass(meter, recorded, 0)
    assert.equal(recorded.rate('a_total', 30_000), 2)
    assert.deepEqual(recorded.seen('ms', 30_000), { count: 2, sum: 12, min: 4, max: 8 })
    assert.equal(recorded.rate('a_total', 60_000), 0)
    assert.equal(recorded.seen('ms', 60_000), null)
    assert.equal(recorded.total('a_total'), 60)
  })
})

describe('the time spent in states', () => {
  it('is a share of all time so far', () => {
    const times = new StateTimes<'running' | 'paused'>('running', 100)
    assert.equal(times.ratio('running', 100), 1)
    times.change('paused', 160)
    times.change('paused', 180)
    times.change('running', 200)
    assert.equal(times.ratio('running', 200), 0.6)
    assert.equal(times.ratio('paused', 300), 0.2)
  })
})
