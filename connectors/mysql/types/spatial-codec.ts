import { type Schema, Struct } from '../../../runtime/api/schema.ts'
import { EMPTY_GEOMETRY, geometrySchema, pointSchema } from '../../relational/geometry-schema.ts'
import { UnconvertibleValue } from '../../relational/unconvertible.ts'
import { ColumnType } from '../binlog/table-map.ts'
import { type MakeCodec, noDefault } from './column-codec.ts'
import { lengthSize, withLength } from './length-reader.ts'
import { wrongType } from './table-mismatch.ts'

/** Bytes of the number of the spatial reference system, before the shape in well-known binary. */
const SRID_BYTES = 4
const POINT_BYTES = 21

/** Debezium declares it as optional, whatever the column says. */
const optionalGeometry = geometrySchema('Geometry').with({ optional: true })

type Build = (wkb: Buffer, srid: number | null) => Struct

/** POINT: its coordinates beside its bytes. */
export const pointCodec: MakeCodec = shapeCodec(pointSchema, (wkb, srid) => {
  if (wkb.length !== POINT_BYTES) throw new UnconvertibleValue('a POINT has no coordinates')
  const little = wkb[0] === 1
  const x = little ? wkb.readDoubleLE(5) : wkb.readDoubleBE(5)
  const y = little ? wkb.readDoubleLE(13) : wkb.readDoubleBE(13)
  return new Struct(pointSchema, [x, y, wkb, srid])
})

/** GEOMETRY and all shapes but POINT. */
export const geometryCodec: MakeCodec = shapeCodec(
  optionalGeometry,
  (wkb, srid) => new Struct(optionalGeometry, [wkb, srid])
)

/**
 * The bytes are the same in the text protocol and in the log:
 * https://dev.mysql.com/doc/refman/8.4/en/gis-data-formats.html#gis-internal-format
 */
function shapeCodec(schema: Schema, build: Build): MakeCodec {
  const read = (buffer: Buffer, start: number, end: number) => {
    if (end - start <= SRID_BYTES) throw new UnconvertibleValue('a shape has no bytes')
    const srid = buffer.readUInt32LE(start)
    const wkb = Buffer.from(buffer.subarray(start + SRID_BYTES, end))
    return build(wkb, srid === 0 ? null : srid)
  }
  const isPoint = schema === pointSchema
  return (column, { placeholder }) => ({
    schema,
    readText: (bytes) => read(bytes, 0, bytes.length),
    reader(found) {
      if (found.type !== ColumnType.GEOMETRY && found.type !== ColumnType.BLOB) {
        throw wrongType(column, found)
      }
      return withLength(lengthSize(found), read)
    },
    zero: isPoint
      ? new Struct(schema, [0, 0, Buffer.from(`0101${'0'.repeat(38)}`, 'hex'), null])
      : new Struct(schema, [EMPTY_GEOMETRY, null]),
    unavailable: isPoint ? null : new Struct(schema, [Buffer.from(placeholder), null]),
    defaultOf: noDefault
  })
}
