import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock, untilNext } from '../../../runtime/api/clock.ts'
import { SharedTimer } from '../../../runtime/api/shared-timer.ts'

describe('the next multiple of a time', () => {
  it('is what is left of the one that runs', () => {
    assert.equal(untilNext(12_000, 5000), 3000)
    assert.equal(untilNext(15_000, 5000), 5000)
  })

  it('is passed over when it is all but there, for whoever was called a little early', () => {
    assert.equal(untilNext(14_999, 5000), 5001)
    assert.equal(untilNext(14_700, 5000), 300)
  })
})

describe('a shared timer', () => {
  const now = () => systemClock.now()

  it('calls all that is due in one turn of the event loop', async () => {
    const timer = new SharedTimer(now)
    const called: string[] = []
    const begun = now()
    const cancel = timer.at(begun + 60_000, () => called.push('later'))
    await new Promise<void>((resolve) => {
      timer.at(begun + 32, () => called.push('b'))
      timer.at(begun + 30, () => {
        called.push('a')
        setImmediate(resolve)
      })
    })
    cancel()
    assert.deepEqual(called, ['a', 'b'])
    assert.ok(now() >= begun + 25)
  })

  it('does not call what was cancelled, also by another that is due with it', async () => {
    const timer = new SharedTimer(now)
    const called: string[] = []
    const at = now() + 10
    const cancels = new Map<string, () => void>()
    for (const name of ['a', 'b']) {
      const call = () => {
        called.push(name)
        for (const cancel of cancels.values()) cancel()
      }
      cancels.set(name, timer.at(at, call))
    }
    await new Promise<void>((resolve) => timer.at(at + 20, resolve))
    assert.deepEqual(called, ['a'])
  })

  it('takes what is asked for while it calls', async () => {
    const timer = new SharedTimer(now)
    let rounds = 0
    await new Promise<void>((resolve) => {
      const again = () => (++rounds === 3 ? resolve() : void timer.at(now() + 5, again))
      again()
    })
    assert.equal(rounds, 3)
  })

  it('calls an earlier one that came after a later one first', async () => {
    const timer = new SharedTimer(now)
    const called: string[] = []
    await new Promise<void>((resolve) => {
      timer.at(now() + 40, () => {
        called.push('late')
        resolve()
      })
      timer.at(now() + 5, () => called.push('early'))
    })
    assert.deepEqual(called, ['early', 'late'])
  })

  it('waits for a time that is further away than a timer of Node can be', async () => {
    const timer = new SharedTimer(now)
    let called = false
    const cancel = timer.at(now() + 2 ** 40, () => {
      called = true
    })
    await new Promise<void>((resolve) => timer.at(now() + 10, resolve))
    cancel()
    assert.equal(called, false)
  })
})
