import { array, float32, float64, int16, map, Struct, struct } from '../../../runtime/api/schema.ts'
import { EMPTY_GEOMETRY, geometrySchema, pointSchema } from '../../relational/geometry-schema.ts'
import { UnconvertibleValue } from '../../relational/unconvertible.ts'
import type { TypeUse, ValueCodec } from './value-codec.ts'

/** PostgreSQL's own `point`. */
export function pointCodec(): ValueCodec {
  const zero = pointOf(0, 0)
  return {
    schema: pointSchema,
    decode(text) {
      const [x, y] = text.slice(1, -1).split(',')
      return pointOf(Number(x), Number(y))
    },
    zero,
    unchanged: zero
  }
}

function pointOf(x: number, y: number): Struct {
  // Well-known binary: little-endian, type 1, then both coordinates.
  const wkb = Buffer.alloc(21)
  wkb[0] = 1
  wkb.writeUInt32LE(1, 1)
  wkb.writeDoubleLE(x, 5)
  wkb.writeDoubleLE(y, 13)
  return new Struct(pointSchema, [x, y, wkb, null])
}

const SRID_FLAG = 0x20000000

/** PostGIS `geometry` and `geography`: the extended binary form that they print as hexadecimal. */
export function postgisCodec(kind: 'Geometry' | 'Geography', use: TypeUse): ValueCodec {
  const schema = geometrySchema(kind)
  const of = (wkb: Buffer) => {
    const little = wkb[0] === 1
    const type = little ? wkb.readUInt32LE(1) : wkb.readUInt32BE(1)
    const hasSrid = (type & SRID_FLAG) !== 0
    const srid = hasSrid ? (little ? wkb.readInt32LE(5) : wkb.readInt32BE(5)) : null
    return new Struct(schema, [wkb, srid])
  }
  return {
    schema,
    decode: (text) => of(Buffer.from(text, 'hex')),
    zero: of(EMPTY_GEOMETRY),
    unchanged: new Struct(schema, [Buffer.from(use.options.placeholder), null])
  }
}

function readVector(text: string): number[] {
  return text === '[]' ? [] : text.slice(1, -1).split(',').map(Number)
}

/** pgvector's `vector` and `halfvec`. */
export function vectorCodec(name: 'DoubleVector' | 'FloatVector', use: TypeUse): ValueCodec {
  const items = name === 'DoubleVector' ? float64() : float32()
  return {
    schema: array(items, { name: `io.debezium.data.${name}`, version: 1 }),
    decode: readVector,
    zero: [],
    unchanged: [...Buffer.from(use.options.placeholder)]
  }
}

const sparseVectorSchema = struct(
  { dimensions: int16(), vector: map(int16(), float64()) },
  { name: 'io.debezium.data.SparseDoubleVector', version: 1 }
)

/** pgvector's `sparsevec`: `{1:0.5,3:2}/5`. */
export function sparseVectorCodec(use: TypeUse): ValueCodec {
  const marker = [...Buffer.from(use.options.placeholder)]
  const empty = new Struct(sparseVectorSchema, [0, new Map()])
  return {
    schema: sparseVectorSchema,
    decode(text) {
      const [, entries = '', dimensions] = /^\{(.*)\}\/(\d+)$/.exec(text) ?? []
      if (dimensions === undefined) throw new UnconvertibleValue(`'${text}' is not a sparsevec`)
      const pairs = entries === '' ? [] : entries.split(',').map((entry) => entry.split(':'))
      const vector = new Map(pairs.map(([index, value]) => [Number(index), Number(value)]))
      return new Struct(sparseVectorSchema, [Number(dimensions), vector])
    },
    zero: empty,
    unchanged: new Struct(sparseVectorSchema, [
      marker.length,
      new Map(marker.map((byte, i) => [i + 1, byte]))
    ])
  }
}

const NUMBER = /-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Infinity)|NaN/g

/** Coordinates as Java prints doubles: PostgreSQL's `(1,1),(0,0)` is `(1.0,1.0),(0.0,0.0)`. */
export function javaCoordinates(text: string): string {
  return text.replaceAll(NUMBER, (number) => javaDouble(Number(number)))
}

function javaDouble(value: number): string {
  const size = Math.abs(value)
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  if (!Number.isFinite(value)) return String(value)
  if (size >= 1e-3 && size < 1e7) return Number.isInteger(value) ? `${value}.0` : `${value}`
  const [mantissa = '', exponent = ''] = value.toExponential().split('e')
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`
}
