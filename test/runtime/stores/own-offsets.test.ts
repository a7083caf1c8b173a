import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { systemClock } from '../../../runtime/api/clock.ts'
import type { Broker } from '../../../runtime/broker/broker.ts'
import { openLmdbBroker } from '../../../runtime/broker/lmdb/lmdb-broker.ts'
import { OffsetStore } from '../../../runtime/stores/offset-store.ts'
import { OwnOffsets } from '../../../runtime/stores/own-offsets.ts'
import { MemoryLogger } from '../../support/embedded.ts'

const A = { file: 'a', host: 'x' }
const B = { file: 'b', host: 'x' }

describe('offsets in a topic of their own', () => {
  let folder: string
  let broker: Broker
  let own: OffsetStore
  let shared: OffsetStore
  let both: OwnOffsets

  const open = (name: string) =>
    OffsetStore.open({
      broker,
      clock: systemClock,
      clientId: 'test',
      logger: new MemoryLogger(),
      spec: { name, partitions: 3 }
    })

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-offsets-'))
    broker = await openLmdbBroker({ path: folder })
    own = await open('own')
    shared = await open('shared')
    both = new OwnOffsets({ own, shared, logger: new MemoryLogger() })
  })

  afterEach(async () => {
    await both.close()
    await shared.close()
    await broker.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('count before those of the topic of all, which are read where there are none', async () => {
    await shared.write('c', [
      { partition: A, offset: { at: 1 } },
      { partition: B, offset: { at: 2 } }
    ])
    await own.write('c', [{ partition: { host: 'x', file: 'a' }, offset: { at: 9 } }])
    assert.deepEqual(both.get('c', A), { at: 9 })
    assert.deepEqual(both.get('c', B), { at: 2 })
    assert.deepEqual(
      both.list('c').map(({ offset }) => offset),
      [{ at: 9 }, { at: 2 }]
    )
  })

  it('are forgotten and changed in both', async () => {
    await both.write('c', [
      { partition: A, offset: { at: 1 } },
      { partition: B, offset: { at: 2 } }
    ])
    assert.deepEqual(shared.list('c'), own.list('c'))
    await both.write('c', [
      { partition: A, offset: null },
      { partition: B, offset: { at: 3 } }
    ])
    assert.equal(both.get('c', A), null)
    assert.equal(shared.get('c', A), null)
    assert.deepEqual(shared.get('c', B), { at: 3 })
  })

  it('are copied once they are durable, the latest of each', async () => {
    for (let at = 0; at <= 50; at++) {
      both.copy('c', [{ partition: A, offset: { at } }])
      if (at % 10 === 0) both.copy('c', [{ partition: B, offset: { at } }])
    }
    await both.close()
    await shared.refresh()
    assert.deepEqual(shared.get('c', A), { at: 50 })
    assert.deepEqual(shared.get('c', B), { at: 50 })
    own = await open('own')
    both = new OwnOffsets({ own, shared, logger: new MemoryLogger() })
    assert.deepEqual(own.list('c'), [])
  })
})
