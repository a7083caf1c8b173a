import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  decimalOfBytes,
  fromTwosComplement,
  scaled,
  toTwosComplement,
  unscaled
} from '../../../runtime/api/decimal.ts'
import { Random } from '../../support/random.ts'

const SEED = 7

test('two-complement bytes are as few as hold the value, as Java has them', () => {
  const cases: [bigint | number, string][] = [
    [0, '00'],
    [127, '7f'],
    [128, '0080'],
    [-128, '80'],
    [-129, 'ff7f'],
    [2n ** 63n, '008000000000000000'],
    [-(2n ** 63n), '8000000000000000']
  ]
  for (const [value, hex] of cases) {
    assert.equal(toTwosComplement(value).toString('hex'), hex)
  }
})

test(`bytes give back the decimal they were made from (seed ${SEED})`, () => {
  const random = new Random(SEED)
  for (let round = 0; round < 2000; round++) {
    const digits = Array.from({ length: 1 + random.below(45) }, () => random.below(10)).join('')
    const value = BigInt(digits) * (random.below(2) === 0 ? 1n : -1n)
    const scale = random.below(12)
    const text = scaled(value, scale)
    const given = unscaled(text, scale)
    assert.equal(BigInt(given), value)
    const bytes = toTwosComplement(given)
    assert.deepEqual(toTwosComplement(value), bytes)
    assert.equal(fromTwosComplement(bytes), value)
    assert.equal(decimalOfBytes(bytes, scale), text)
  }
})

test('text is taken at its scale, and refused where digits would be lost', () => {
  assert.equal(unscaled('12.5', 3), 12500)
  assert.equal(unscaled('-1e3', 0), -1000)
  assert.equal(unscaled('1.500', 1), 15)
  assert.equal(unscaled('.5', 1), 5)
  assert.equal(scaled(-5n, 3), '-0.005')
  assert.equal(scaled(5n, -3), '5000')
  for (const wrong of ['', '.', 'x', '1.2.3', 'NaN', '1e999999999', '1.25']) {
    assert.throws(() => unscaled(wrong, 1), RangeError, wrong)
  }
})
