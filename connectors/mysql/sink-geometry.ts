import { DataError } from '../../runtime/api/errors.ts'
import { Struct } from '../../runtime/api/schema.ts'

/** Flags of PostGIS's extended form in the type of a geometry. */
const SRID_FLAG = 0x2000_0000
const DIMENSION_FLAGS = 0xc000_0000
const POINT = 1

/**
 * A geometry as the server stores it: the number of its reference system, 4 bytes little-endian, then
 * well-known binary with the x coordinate first (MySQL 8.0 Reference Manual, "Internal Geometry Storage
 * Format"). Unlike ST_GeomFromWKB it has no axis order to get wrong.
 *
 * @param value a struct or object with `wkb` and `srid`, or `x` and `y`
 * @throws {DataError} when it is none, or has more than two dimensions
 */
export function geometryBytes(value: unknown): Buffer {
  const wkb = member(value, 'wkb')
  const srid = Number(member(value, 'srid') ?? 0)
  const header = Buffer.alloc(4)
  header.writeUInt32LE(srid)
  if (wkb === null || wkb === undefined) return Buffer.concat([header, pointBytes(value)])
  const given = typeof wkb === 'string' ? Buffer.from(wkb, 'base64') : wkb
  if (!(given instanceof Uint8Array)) throw invalid()
  return Buffer.concat([header, plainWkb(Buffer.from(given))])
}

function pointBytes(value: unknown): Buffer {
  const [x, y] = [member(value, 'x'), member(value, 'y')]
  if (typeof x !== 'number' || typeof y !== 'number') throw invalid()
  const wkb = Buffer.alloc(21)
  wkb[0] = 1
  wkb.writeUInt32LE(POINT, 1)
  wkb.writeDoubleLE(x, 5)
  wkb.writeDoubleLE(y, 13)
  return wkb
}

/** Takes out the reference system that PostGIS writes into the geometry itself. */
function plainWkb(wkb: Buffer): Buffer {
  if (wkb.length < 5) throw invalid()
  const little = wkb[0] === 1
  const type = little ? wkb.readUInt32LE(1) : wkb.readUInt32BE(1)
  if ((type & DIMENSION_FLAGS) !== 0 || type % SRID_FLAG > 1000) {
    throw new DataError('INVALID_VALUE', 'a geometry of more than two dimensions cannot be stored')
  }
  if ((type & SRID_FLAG) === 0) return wkb
  const head = Buffer.from(wkb.subarray(0, 5))
  const plain = type - SRID_FLAG
  if (little) head.writeUInt32LE(plain, 1)
  else head.writeUInt32BE(plain, 1)
  return Buffer.concat([head, wkb.subarray(9)])
}

function member(value: unknown, name: string): unknown {
  if (value instanceof Struct) return value.get(name)
  if (typeof value !== 'object' || value === null) throw invalid()
  return (value as Readonly<Record<string, unknown>>)[name]
}

function invalid(): DataError {
  return new DataError('INVALID_VALUE', 'expected a geometry with wkb, or with x and y')
}
