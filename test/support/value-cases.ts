/** Types of MariaDB with random values, and what an event has of them, worked out from what was written. */
import type { Random } from './random.ts'

export interface ColumnCase {
  /** Type of the column. */
  readonly ddl: string
  value(random: Random): { readonly sql: string; readonly expected: unknown }
}

const exact = (value: bigint): number | bigint =>
  Number.isSafeInteger(Number(value)) ? Number(value) : value
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bytesOf = (random: Random, length: number) =>
  Buffer.from(Array.from({ length }, () => random.below(256)))
const pad = (value: number, digits: number) => String(value).padStart(digits, '0')
const between = (random: Random, low: number, high: number) => low + random.below(high - low + 1)

/** A whole number of so many bits, edges often. */
function bits(random: Random, size: number): bigint {
  const max = (1n << BigInt(size)) - 1n
  if (random.next() < 0.2) return random.pick([0n, max, max >> 1n, (max >> 1n) + 1n, 1n])
  const value = BigInt(`0x${hex(bytesOf(random, 8))}`) & max
  return random.next() < 0.5 ? value : value >> BigInt(random.below(size))
}

function integer(ddl: string, size: number, isUnsigned: boolean): ColumnCase {
  return {
    ddl,
    value(random) {
      const value = isUnsigned ? bits(random, size) : BigInt.asIntN(size, bits(random, size))
      // Above 2^63 - 1 numbers turn negative: `bigint.unsigned.handling.mode` long.
      return { sql: String(value), expected: exact(BigInt.asIntN(64, value)) }
    }
  }
}

function decimal(precision: number, scale: number, attribute = ''): ColumnCase {
  return {
    ddl: `DECIMAL(${precision},${scale}) ${attribute}`,
    value(random) {
      const length = random.next() < 0.3 ? precision : between(random, 1, precision)
      const digits = Array.from({ length }, () => random.below(10)).join('')
      const all = digits.padStart(Math.max(scale + 1, length), '0')
      const whole = all.slice(0, all.length - scale).replace(/^0+(?=\d)/, '')
      const text = scale === 0 ? whole : `${whole}.${all.slice(all.length - scale)}`
      const isNegative = attribute === '' && /[1-9]/.test(text) && random.next() < 0.5
      return { sql: isNegative ? `-${text}` : text, expected: isNegative ? `-${text}` : text }
    }
  }
}

function real(ddl: string, isSingle: boolean): ColumnCase {
  return {
    ddl,
    value(random) {
      const view = new DataView(new ArrayBuffer(8))
      for (let i = 0; i < 8; i++) view.setUint8(i, random.below(256))
      const any = isSingle ? view.getFloat32(0) : view.getFloat64(0)
      const value = random.pick([
        any,
        Math.fround(random.next() * 1e6),
        random.below(1e6),
        16777217
      ])
      const kept = Number.isFinite(value) ? (isSingle ? Math.fround(value) : value) : 0.5
      return { sql: kept.toExponential(), expected: kept === 0 ? 0 : kept }
    }
  }
}

function bit(length: number): ColumnCase {
  return {
    ddl: `BIT(${length})`,
    value(random) {
      const value = bits(random, length)
      const size = Math.ceil(length / 8)
      const big = Buffer.from(value.toString(16).padStart(size * 2, '0'), 'hex')
      return { sql: String(value), expected: length === 1 ? value === 1n : big.reverse() }
    }
  }
}

/** Years with two digits are adjusted, and have cases of their own in another test. */
const randomDate = (random: Random) => {
  const year = random.pick([between(random, 100, 9999), between(random, 1970, 2037), 1582])
  const month = between(random, 1, 12)
  const date = new Date(Date.UTC(2000, 0, 1))
  date.setUTCFullYear(year, month - 1, between(random, 1, 28))
  const day = date.getUTCDate()
  return {
    text: `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`,
    days: date.getTime() / 86_400_000
  }
}

const randomClock = (random: Random, digits: number) => {
  const [hours, minutes, seconds] = [random.below(24), random.below(60), random.below(60)]
  const micros = Math.floor(random.below(1_000_000) / 10 ** (6 - digits)) * 10 ** (6 - digits)
  const fraction = digits === 0 ? '' : `.${pad(micros, 6).slice(0, digits)}`
  return {
    text: `${pad(hours, 2)}:${pad(minutes, 2)}:${pad(seconds, 2)}${fraction}`,
    seconds: hours * 3600 + minutes * 60 + seconds,
    micros
  }
}

const date: ColumnCase = {
  ddl: 'DATE',
  value(random) {
    const { text, days } = randomDate(random)
    return { sql: `'${text}'`, expected: days }
  }
}

function dateTime(digits: number): ColumnCase {
  return {
    ddl: `DATETIME(${digits})`,
    value(random) {
      const day = randomDate(random)
      const clock = randomClock(random, digits)
      const seconds = BigInt(day.days) * 86_400n + BigInt(clock.seconds)
      const micros = seconds * 1_000_000n + BigInt(clock.micros)
      const millis = (micros - BigInt(clock.micros % 1000)) / 1000n
      return {
        sql: `'${day.text} ${clock.text}'`,
        expected: exact(digits <= 3 ? millis : micros)
      }
    }
  }
}

function timestamp(digits: number): ColumnCase {
  return {
    ddl: `TIMESTAMP(${digits}) NULL`,
    value(random) {
      const day = `${between(random, 1971, 2037)}-${pad(between(random, 1, 12), 2)}-${pad(between(random, 1, 28), 2)}`
      const clock = randomClock(random, digits)
      return { sql: `'${day} ${clock.text}'`, expected: `${day}T${clock.text}Z` }
    }
  }
}

function time(digits: number): ColumnCase {
  return {
    ddl: `TIME(${digits})`,
    value(random) {
      const clock = randomClock(random, digits)
      const hours = random.next() < 0.5 ? 0 : random.below(839 - 24)
      const [first = '', ...rest] = clock.text.split(':')
      const text = [pad(Number(first) + hours, 2), ...rest].join(':')
      const micros = (clock.seconds + hours * 3600) * 1_000_000 + clock.micros
      const isNegative = micros > 0 && random.next() < 0.5
      return { sql: `'${isNegative ? '-' : ''}${text}'`, expected: isNegative ? -micros : micros }
    }
  }
}

const ALPHABETS: Readonly<Record<string, string>> = {
  utf8mb4: 'aé☃日𝄞 ',
  utf8mb3: 'aé☃日 ',
  utf16: 'aé☃日𝄞 ',
  utf16le: 'aé☃日𝄞 ',
  utf32: 'aé☃日𝄞 ',
  ucs2: 'aé☃日 ',
  latin1: 'aé€ÿ ',
  latin2: 'ažłß ',
  cp1251: 'aжЯ№ ',
  koi8r: 'aжЯё ',
  greek: 'aωΆ ',
  hebrew: 'aשם ',
  sjis: 'a日ｱ表 ',
  ujis: 'a日〜 ',
  euckr: 'a한갂 ',
  gbk: 'a汉锟 ',
  big5: 'a漢許 ',
  swe7: 'ÅÄö ',
  ascii: 'abc~ '
}

function text(ddl: string, charset: string, length: number): ColumnCase {
  const isPadded = ddl.startsWith('CHAR')
  return {
    ddl: `${ddl} CHARACTER SET ${charset}`,
    value(random) {
      const alphabet = [...(ALPHABETS[charset] ?? 'a')]
      const value = Array.from({ length: random.below(length + 1) }, () => random.pick(alphabet))
      const written = value.join('')
      return {
        sql: `CONVERT(X'${Buffer.from(written).toString('hex')}' USING utf8mb4)`,
        expected: isPadded ? written.replace(/ +$/, '') : written
      }
    }
  }
}

function binary(ddl: string, length: number, isFixed = false): ColumnCase {
  return {
    ddl,
    value(random) {
      const zeros = random.next() < 0.3
      const bytes = bytesOf(random, random.below(length + 1)).map((byte) => (zeros ? 0 : byte))
      const whole = Buffer.alloc(isFixed ? length : bytes.length)
      whole.set(bytes)
      return { sql: `X'${hex(bytes)}'`, expected: whole }
    }
  }
}

function members(kind: 'ENUM' | 'SET', values: readonly string[]): ColumnCase {
  const quoted = values.map((value) => `'${value.replaceAll("'", "''")}'`)
  return {
    ddl: `${kind}(${quoted})`,
    value(random) {
      const chosen =
        kind === 'ENUM' ? [random.pick(values)] : values.filter(() => random.next() < 0.2)
      const texts = random.next() < 0.5 ? chosen : chosen.toReversed()
      return {
        sql: `'${texts.join(',').replaceAll("'", "''")}'`,
        expected: chosen.join(',')
      }
    }
  }
}

const uuid: ColumnCase = {
  ddl: 'UUID',
  value(random) {
    const end = random.pick([8, 12, 16])
    const bytes = bytesOf(random, 16).map((byte, i) => (i < end ? byte : 0))
    // The server takes versions 1 to 8 of the variant of RFC 4122 only.
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | (between(random, 1, 7) << 4)
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
    const digits = hex(bytes)
    const text = digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    return { sql: `'${text}'`, expected: text }
  }
}

const inet4: ColumnCase = {
  ddl: 'INET4',
  value(random) {
    const text = Array.from({ length: 4 }, () => random.pick([0, 255, random.below(256)])).join('.')
    return { sql: `'${text}'`, expected: text }
  }
}

/** Addresses as the server prints them; others are in `mysql-values.test.ts`. */
const inet6: ColumnCase = {
  ddl: 'INET6',
  value(random) {
    const text = random.pick(['::', '::1', 'fe80::', '2001:db8::8a2e:370:7334', '::ffff:192.0.2.1'])
    return { sql: `'${text}'`, expected: text }
  }
}

const year: ColumnCase = {
  ddl: 'YEAR',
  value(random) {
    const value = random.pick([0, 1901, 2155, between(random, 1901, 2155)])
    return { sql: value === 0 ? "'0000'" : String(value), expected: value }
  }
}

function point(type: string, srid: number | null): ColumnCase {
  return {
    ddl: type,
    value(random) {
      const [x, y] = [random.next() * 360 - 180, random.below(90)]
      const wkb = Buffer.alloc(21)
      wkb[0] = 1
      wkb.writeUInt32LE(1, 1)
      wkb.writeDoubleLE(x, 5)
      wkb.writeDoubleLE(y, 13)
      return {
        sql: `ST_GeomFromWKB(X'${hex(wkb)}', ${srid ?? 0})`,
        expected: type === 'POINT' ? [x, y, hex(wkb), srid] : [hex(wkb), srid]
      }
    }
  }
}

const DIGITS = [0, 1, 2, 3, 4, 5, 6]
const DECIMALS: readonly (readonly [number, number])[] = [
  ...[
    [1, 0],
    [1, 1],
    [5, 2],
    [9, 0],
    [9, 9],
    [10, 0],
    [10, 9],
    [17, 8],
    [18, 9],
    [19, 10]
  ],
  ...[
    [20, 4],
    [27, 18],
    [30, 30],
    [38, 0],
    [38, 19],
    [65, 0],
    [65, 30]
  ]
] as [number, number][]

export const COLUMNS: readonly ColumnCase[] = [
  ...[8, 16, 24, 32, 64].flatMap((size, i) => {
    const name = ['TINYINT', 'SMALLINT', 'MEDIUMINT', 'INT', 'BIGINT'][i] ?? ''
    return [
      integer(name, size, false),
      integer(`${name} UNSIGNED`, size, true),
      integer(`${name} ZEROFILL`, size, true)
    ]
  }),
  ...DECIMALS.map(([precision, scale]) => decimal(precision, scale)),
  decimal(20, 5, 'UNSIGNED'),
  decimal(12, 3, 'ZEROFILL'),
  real('FLOAT', true),
  real('DOUBLE', false),
  ...[1, 2, 7, 8, 9, 16, 31, 33, 64].map(bit),
  date,
  ...DIGITS.map(dateTime),
  ...DIGITS.map(timestamp),
  ...DIGITS.map(time),
  year,
  ...Object.keys(ALPHABETS).flatMap((charset) => [
    text('VARCHAR(20)', charset, 20),
    text('CHAR(12)', charset, 12),
    text('TEXT', charset, 300)
  ]),
  text('CHAR(255)', 'utf8mb4', 200),
  text('VARCHAR(300) COMPRESSED', 'utf8mb4', 300),
  text('TEXT COMPRESSED', 'latin1', 300),
  text('LONGTEXT', 'utf8mb4', 500),
  binary('BINARY(6)', 6, true),
  binary('BINARY(255)', 255, true),
  binary('VARBINARY(20)', 20),
  binary('VARBINARY(400)', 400),
  binary('TINYBLOB', 255),
  binary('BLOB', 1000),
  binary('MEDIUMBLOB', 1000),
  binary('LONGBLOB', 1000),
  binary('BLOB COMPRESSED', 1000),
  binary('VARBINARY(300) COMPRESSED', 300),
  members('ENUM', ['small', 'large, wide', "it's", 'größe']),
  members(
    'ENUM',
    Array.from({ length: 300 }, (_, i) => `member ${i}`)
  ),
  ...[3, 9, 17, 25, 33, 64].map((count) =>
    members(
      'SET',
      Array.from({ length: count }, (_, i) => `m${i}`)
    )
  ),
  uuid,
  inet4,
  inet6,
  point('POINT', null),
  point('GEOMETRY', 4326)
]

export const OLD_TEMPORALS: readonly ColumnCase[] = [
  ...DIGITS.map(dateTime),
  ...DIGITS.map(timestamp),
  ...DIGITS.map(time),
  date
]
