import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Generations, generationFloor } from '../../../runtime/herder/generations.ts'
import { EPOCH_STEP } from '../../../runtime/herder/group-protocol.ts'

const task = { connector: 'a', task: 0 }

describe('generations', () => {
  it('grow with every start of a task, each task for itself', () => {
    const generations = new Generations()
    generations.begin(1000)
    assert.deepEqual([generations.next(task), generations.next(task)], [1000, 1001])
    assert.equal(generations.next({ connector: 'a', task: 1 }), 1000)
  })

  it('go on above every earlier one with the next epoch, and never back to an older one', () => {
    const generations = new Generations()
    generations.begin(1000)
    const used = generations.next(task)
    generations.begin(1000 + EPOCH_STEP)
    generations.begin(1000)
    assert.ok(generations.next(task) > used + 1)
  })

  it('ask for another epoch before they run into the next one', () => {
    const generations = new Generations()
    generations.begin(1000)
    for (let starts = 0; starts < EPOCH_STEP; starts++) generations.next(task)
    assert.throws(() => generations.next(task), { code: 'EPOCH_USED_UP', retriable: true })
  })

  it('have a floor that grows with time and fits into 31 bits, as Kafka Connect stores them', () => {
    assert.ok(generationFloor(Date.UTC(2026, 0, 2)) > generationFloor(Date.UTC(2026, 0, 1)))
    assert.ok(generationFloor(Date.UTC(2090, 0, 1)) < 2 ** 31)
    assert.equal(generationFloor(0), 0)
  })
})
