import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { murmur2, partitionOfKey } from '../../../runtime/stores/murmur2.ts'
import { capturedRecords } from './internal-topics.ts'

describe('murmur2', () => {
  it('hashes as the tests of Kafka say', () => {
    // Cases of UtilsTest.testMurmur2 in apache/kafka.
    const cases: [string, number][] = [
      ['21', -973932308],
      ['foobar', -790332482],
      ['a-little-bit-long-string', -985981536],
      ['a-little-bit-longer-string', -1486304829],
      ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
      ['abc', 479470107]
    ]
    for (const [text, hash] of cases) assert.equal(murmur2(Buffer.from(text)), hash, text)
  })

  it('sends every captured record to the partition where Kafka Connect put it', () => {
    const all = [
      ...capturedRecords('connect-status').map((record) => ({ record, partitions: 5 })),
      ...capturedRecords('connect-offsets').map((record) => ({ record, partitions: 25 }))
    ].filter(({ record }) => !record.key.includes('FILES'))
    assert.ok(all.length > 600)
    for (const { record, partitions } of all) {
      assert.equal(
        partitionOfKey(Buffer.from(record.key), partitions),
        record.partition,
        record.key
      )
    }
  })
})
