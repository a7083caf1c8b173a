import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { shareOf } from '../../../runtime/worker/sink-assignment.ts'

describe('the partitions of a sink', () => {
  it('belong to exactly one task, evenly, and never move when topics appear', () => {
    const one = (name: string, partitions: number) => ({ name, partitions, configs: {} })
    const before = [one('a', 4), one('c', 8)]
    const after = [one('0', 3), ...before, one('b', 5)]
    for (const tasks of [1, 2, 3, 4]) {
      const shares = Array.from({ length: tasks }, (_, task) => shareOf(before, task, tasks))
      assert.equal(shares.flat().length, 12)
      assert.equal(new Set(shares.flat().map((p) => `${p.topic}-${p.partition}`)).size, 12)
      shares.forEach((share, task) => {
        const later = shareOf(after, task, tasks)
        for (const place of share) {
          assert.ok(later.some((p) => p.topic === place.topic && p.partition === place.partition))
        }
      })
    }
  })
})
