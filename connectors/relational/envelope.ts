/**
 * Schemas of Debezium's change events that all connectors share. Order and types as in the events of
 * Debezium 3.6.
 */
import { int64, type Schema, string, struct, structOf } from '../../runtime/api/schema.ts'

const optionalInt64 = int64({ optional: true })

/** `source.snapshot`: where in a snapshot a record was read; `false` for a streamed one. */
const snapshotMarkSchema: Schema = string({
  optional: true,
  name: 'io.debezium.data.Enum',
  version: 1,
  parameters: {
    allowed: 'true,first,first_in_data_collection,last_in_data_collection,last,false,incremental'
  },
  default: 'false'
})

/** The fields that the `source` blocks of all connectors begin with, in Debezium's order. */
export const sourceFields: readonly (readonly [name: string, schema: Schema])[] = [
  ['version', string()],
  ['connector', string()],
  ['name', string()],
  ['ts_ms', int64()],
  ['snapshot', snapshotMarkSchema],
  ['db', string()],
  ['sequence', string({ optional: true })],
  ['ts_us', optionalInt64],
  ['ts_ns', optionalInt64]
]

/** Where in a snapshot a record stands, as Debezium marks it. */
export type SnapshotMark =
  | 'first'
  | 'first_in_data_collection'
  | 'true'
  | 'last_in_data_collection'
  | 'last'
  | 'incremental'
  | 'false'

/** Schema of the `transaction` block. */
export const transactionBlockSchema: Schema = struct(
  { id: string(), total_order: int64(), data_collection_order: int64() },
  { optional: true, name: 'event.block', version: 1 }
)

/** Fields: before, after, source, transaction, op, ts_ms, ts_us, ts_ns. */
export function envelopeSchema(name: string, row: Schema, source: Schema): Schema {
  return structOf(
    [
      ['before', row],
      ['after', row],
      ['source', source],
      ['transaction', transactionBlockSchema],
      ['op', string()],
      ['ts_ms', optionalInt64],
      ['ts_us', optionalInt64],
      ['ts_ns', optionalInt64]
    ],
    { name, version: 2 }
  )
}
