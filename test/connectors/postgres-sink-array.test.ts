import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ArrayBuilder } from '../../connectors/postgres/sink-array.ts'
import { dateText, timestampText } from '../../connectors/postgres/sink-temporal.ts'

/** The elements of a one-dimensional binary array, as bytes. */
function elements(array: Buffer): (Buffer | null)[] {
  const found: (Buffer | null)[] = []
  let at = 20
  for (let left = array.readInt32BE(12); left > 0; left--) {
    const length = array.readInt32BE(at)
    at += 4
    found.push(length === -1 ? null : array.subarray(at, at + length))
    at += Math.max(0, length)
  }
  assert.equal(at, array.length)
  return found
}

describe('binary arrays of the PostgreSQL sink', () => {
  const numbers = Array.from({ length: 5000 }, (_, n) => n - 2500)
  const kinds: Readonly<
    Record<string, [(array: ArrayBuilder, n: number) => void, (bytes: Buffer) => number]>
  > = {
    boolean: [(array, n) => array.boolean(n > 0), (bytes) => bytes.readUInt8()],
    int16: [(array, n) => array.int16(n), (bytes) => bytes.readInt16BE()],
    int32: [(array, n) => array.int32(n * 1000), (bytes) => bytes.readInt32BE() / 1000],
    int64: [
      (array, n) => array.int64(n * 2 ** 40),
      (bytes) => Number(bytes.readBigInt64BE()) / 2 ** 40
    ],
    bigint: [
      (array, n) => array.int64(BigInt(n) * 2n ** 45n),
      (bytes) => Number(bytes.readBigInt64BE() / 2n ** 45n)
    ],
    float32: [(array, n) => array.float32(n / 4), (bytes) => bytes.readFloatBE() * 4],
    float64: [(array, n) => array.float64(n / 8), (bytes) => bytes.readDoubleBE() * 8],
    text: [(array, n) => array.text(`ü${n}`), (bytes) => Number(bytes.toString().slice(1))],
    bytes: [(array, n) => array.bytes(Buffer.from(String(n))), (bytes) => Number(bytes.toString())]
  }

  for (const [kind, [write, read]] of Object.entries(kinds)) {
    it(`keep every ${kind}, also where their memory has to grow`, () => {
      const array = new ArrayBuilder(64)
      for (let round = 0; round < 2; round++) {
        array.reset()
        for (const n of numbers) write(array, n)
        array.null()
        const found = elements(array.finish(25))
        assert.equal(found.pop(), null)
        const values = found.map((bytes) => (bytes ? read(bytes) : Number.NaN))
        assert.deepEqual(values, kind === 'boolean' ? numbers.map((n) => Number(n > 0)) : numbers)
      }
    })
  }

  it('say whether they have nulls, and of what type they are', () => {
    const array = new ArrayBuilder()
    array.int32(1)
    assert.equal(array.finish(23).readInt32BE(4), 0)
    array.reset().null()
    const header = array.finish(23)
    assert.deepEqual(
      [0, 4, 8, 12, 16].map((at) => header.readInt32BE(at)),
      [1, 1, 23, 1, 1]
    )
  })
})

describe('days and times of the PostgreSQL sink', () => {
  it('are those of the proleptic Gregorian calendar', () => {
    assert.equal(dateText(0), '1970-01-01')
    assert.equal(dateText(19_782), '2024-02-29')
    assert.equal(dateText(-719_162), '0001-01-01')
    assert.equal(dateText(-719_163), '0001-12-31 BC')
    assert.equal(dateText(-2_440_588), '4714-11-24 BC')
    assert.equal(dateText(2_145_042_905), '5874897-12-31')
    assert.equal(timestampText(-1n), '1969-12-31 23:59:59.999999')
  })

  it('know what stands for infinity', () => {
    assert.equal(dateText(2_147_483_647), 'infinity')
    assert.equal(dateText(-2_147_483_648), '-infinity')
    assert.equal(dateText(-2_147_472_692), 'infinity')
    assert.equal(timestampText(9_223_372_036_825_200_000n), 'infinity')
    assert.equal(timestampText(-9_223_372_036_832_400_000n), '-infinity')
  })
})
