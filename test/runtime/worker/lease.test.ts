import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Lease } from '../../../runtime/worker/lease.ts'

describe('the lease of a worker', () => {
  it('allows nothing before it begins, and nothing after its time', () => {
    const lease = new Lease()
    assert.equal(lease.allows(256, 0), false)
    lease.begin(256)
    lease.extend(1000)
    assert.equal(lease.allows(256, 999), true)
    assert.equal(lease.allows(256, 1000), false)
  })

  it('refuses what ran before the place in the group was lost, when there is one again', () => {
    const lease = new Lease()
    lease.begin(256)
    lease.extend(1000)
    lease.end()
    assert.equal(lease.allows(257, 500), false)
    lease.begin(1024)
    lease.extend(2000)
    assert.equal(lease.allows(257, 500), false)
    assert.equal(lease.allows(1024, 500), true)
  })

  it('is the same in every thread', () => {
    const lease = new Lease()
    const other = new Lease(lease.memory)
    lease.begin(512)
    lease.extend(1000)
    assert.equal(other.allows(512, 0), true)
    assert.equal(other.allows(511, 0), false)
  })
})
