import type { Random } from '../random.ts'
import { asBytes, between, type ColumnType, digits, hexBytes } from './column-type.ts'

const two = (number: number) => String(number).padStart(2, '0')

function fraction(random: Random, precision: number): string {
  return precision === 0 ? '' : `.${digits(random, precision)}`
}

const withPrecision = (name: string, precision: number) =>
  precision === 0 ? name : `${name}(${precision})`

function date(random: Random, firstYear: number, lastYear: number): string {
  const year = firstYear + random.below(lastYear - firstYear + 1)
  return `${String(year).padStart(4, '0')}-${two(1 + random.below(12))}-${two(1 + random.below(28))}`
}

const clock = (random: Random) =>
  `${two(random.below(24))}:${two(random.below(60))}:${two(random.below(60))}`

export function dateType(): ColumnType {
  return {
    sql: 'date',
    keyPart: '',
    literal: (random) => {
      const odd = random.pick(['1582-10-10', '0001-01-01', '9999-12-31', '1970-01-01', null, null])
      return `'${odd ?? date(random, 1000, 9999)}'`
    },
    bits: asBytes
  }
}

export function timeType(random: Random): ColumnType {
  const precision = random.below(7)
  return {
    sql: withPrecision('time', precision),
    keyPart: '',
    literal: (random) => {
      const odd = random.pick(['838:59:59', '-838:59:59', '00:00:00', null, null, null])
      const hours = random.below(838)
      const sign = random.below(3) === 0 ? '-' : ''
      const value = `${sign}${hours}:${two(random.below(60))}:${two(random.below(60))}`
      return `'${odd ?? `${value}${fraction(random, precision)}`}'`
    },
    bits: asBytes
  }
}

export function datetimeType(random: Random): ColumnType {
  const precision = random.below(7)
  return {
    sql: withPrecision('datetime', precision),
    keyPart: '',
    literal: (random) =>
      `'${date(random, random.pick([1, 1900, 1500]), 9999)} ${clock(random)}${fraction(random, precision)}'`,
    bits: asBytes
  }
}

export function timestampType(random: Random): ColumnType {
  const precision = random.below(7)
  return {
    // Without a default of its own, an older `explicit_defaults_for_timestamp` would give it one.
    sql: withPrecision('timestamp', precision),
    keyPart: '',
    literal: (random) => {
      const odd = random.pick(['1970-01-01 00:00:01', '2038-01-19 03:14:07', null, null, null])
      const value = `${date(random, 1971, 2037)} ${clock(random)}${fraction(random, precision)}`
      return `'${odd ?? value}'`
    },
    bits: asBytes
  }
}

export function yearType(): ColumnType {
  return {
    sql: 'year',
    keyPart: '',
    literal: (random) => `${random.pick([0, 1901, 2155, 1901 + random.below(255)])}`,
    bits: asBytes
  }
}

/** UUIDs whose variant and version the server takes: of others it changes the order of bytes. */
function uuid(random: Random): string {
  const hex = hexBytes(random, 16)
  return `${hex.slice(0, 12)}${random.pick(['1', '4', '7'])}${hex.slice(13, 16)}8${hex.slice(17)}`
}

export function addressType(random: Random): ColumnType {
  const [sql, value] = random.pick([
    ['uuid', uuid],
    ['inet4', (random: Random) => `${[9, 0, 255, random.below(256)].join('.')}`],
    [
      'inet6',
      (random: Random) =>
        random.pick(['::', '::1', 'fe80::1', '::ffff:1.2.3.4', `2001:db8::${hexBytes(random, 2)}`])
    ]
  ] as const)
  return { sql, keyPart: '', literal: (random) => `'${value(random)}'`, bits: asBytes }
}

function point(random: Random): string {
  const number = () => `${Number(between(random, -1_000_000n, 1_000_000n)) / 1000}`
  return `${number()} ${number()}`
}

const GEOMETRIES: Readonly<Record<string, (random: Random) => string>> = {
  point: (random) => `POINT(${point(random)})`,
  linestring: (random) => `LINESTRING(${point(random)},${point(random)},${point(random)})`,
  polygon: () => 'POLYGON((0 0,10 0,10 10,0 10,0 0),(1 1,2 1,2 2,1 1))',
  multipoint: (random) => `MULTIPOINT(${point(random)},${point(random)})`,
  multilinestring: (random) => `MULTILINESTRING((${point(random)},${point(random)}))`,
  multipolygon: () => 'MULTIPOLYGON(((0 0,1 0,1 1,0 0)))',
  geometrycollection: (random) => `GEOMETRYCOLLECTION(POINT(${point(random)}))`
}

export function geometryType(random: Random): ColumnType {
  const name = random.pick(['geometry', ...Object.keys(GEOMETRIES)])
  return {
    sql: name,
    keyPart: null,
    literal: (random) => {
      const kind = name === 'geometry' ? random.pick(Object.keys(GEOMETRIES)) : name
      const srid = random.pick([0, 0, 4326])
      return `st_geomfromtext('${GEOMETRIES[kind]?.(random)}', ${srid})`
    },
    bits: asBytes
  }
}
