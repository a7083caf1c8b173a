import type { Random } from '../random.ts'
import { asBytes, between, type ColumnType, digits, hexBytes } from './column-type.ts'

const INTEGERS = [
  ['tinyint', 8n],
  ['smallint', 16n],
  ['mediumint', 24n],
  ['int', 32n],
  ['bigint', 64n]
] as const

export function integerType(random: Random): ColumnType {
  const [name, bits] = random.pick(INTEGERS)
  const sign = random.pick(['', ' unsigned', ' unsigned zerofill'])
  const width = random.below(3) === 0 ? `(${1 + random.below(20)})` : ''
  const low = sign === '' ? -(1n << (bits - 1n)) : 0n
  const high = sign === '' ? (1n << (bits - 1n)) - 1n : (1n << bits) - 1n
  return {
    sql: `${name}${width}${sign}`,
    keyPart: '',
    literal: (random) => {
      const value = random.pick([low, high, 0n, 1n, null, null, null, null])
      return String(value ?? between(random, low, high))
    },
    bits: asBytes
  }
}

export function booleanType(): ColumnType {
  return {
    sql: 'boolean',
    keyPart: null,
    // A column that a statement declares so while it is read holds nothing else in Debezium's events.
    literal: (random) => random.pick(['true', 'false']),
    bits: asBytes
  }
}

export function decimalType(random: Random): ColumnType {
  const precision = 1 + random.below(65)
  const scale = random.below(Math.min(precision, 38) + 1)
  const whole = precision - scale
  const unsigned = random.below(4) === 0
  return {
    sql: `decimal(${precision},${scale})${unsigned ? ' unsigned' : ''}`,
    keyPart: precision <= 30 ? '' : null,
    literal: (random) => {
      const fill = random.pick(['9', '0', null, null, null])
      const of = (count: number) => fill?.repeat(count) ?? digits(random, count)
      const sign = unsigned || random.below(2) === 0 ? '' : '-'
      return `${sign}${whole > 0 ? of(whole) : '0'}${scale > 0 ? `.${of(scale)}` : ''}`
    },
    bits: asBytes
  }
}

/** Any value of its bits but NaN and infinity, which the server refuses. */
function finite(random: Random, bytes: 4 | 8): number {
  for (;;) {
    const buffer = Buffer.from(hexBytes(random, bytes), 'hex')
    const value = bytes === 4 ? buffer.readFloatBE() : buffer.readDoubleBE()
    if (Number.isFinite(value)) return value
  }
}

export function floatType(): ColumnType {
  return {
    sql: 'float',
    keyPart: null,
    literal: (random) => {
      const odd = random.pick([0, 1.5, 16777216, 0.1, 3.4028234663852886e38, null, null, null])
      return `${odd ?? finite(random, 4)}`
    },
    // The value itself: as text a float would be rounded to six digits.
    bits: (column) => `hex(cast(${column} + 0e0 as binary))`
  }
}

export function doubleType(random: Random): ColumnType {
  return {
    sql: random.pick(['double', 'real', 'double unsigned']).replace(' unsigned', ''),
    keyPart: null,
    literal: (random) => {
      const odd = random.pick([0, 0.1, 9007199254740994, 1.7976931348623157e308, null, null, null])
      return `${odd ?? finite(random, 8)}`
    },
    bits: asBytes
  }
}

export function bitType(random: Random): ColumnType {
  const length = random.pick([1, 7, 8, 9, 31, 32, 33, 63, 64])
  return {
    sql: `bit(${length})`,
    keyPart: length > 1 ? '' : null,
    literal: (random) => `${between(random, 0n, (1n << BigInt(length)) - 1n)}`,
    bits: asBytes
  }
}
