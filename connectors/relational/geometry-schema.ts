import { bytes, float64, int32, type Schema, struct } from '../../runtime/api/schema.ts'

export const pointSchema: Schema = struct(
  {
    x: float64(),
    y: float64(),
    wkb: bytes({ optional: true }),
    srid: int32({ optional: true })
  },
  { name: 'io.debezium.data.geometry.Point', version: 1, doc: 'Geometry (POINT)' }
)

/** Shapes in well-known binary (WKB). */
export function geometrySchema(kind: 'Geometry' | 'Geography'): Schema {
  return struct(
    { wkb: bytes(), srid: int32({ optional: true }) },
    { name: `io.debezium.data.geometry.${kind}`, version: 1, doc: kind }
  )
}

/** An empty geometry collection. */
export const EMPTY_GEOMETRY: Buffer = Buffer.from('010700000000000000', 'hex')
