/**
 * Schemas of Debezium's envelope and `source` block, shared by all tables.
 * Order and types as in the events of Debezium 3.6 for PostgreSQL.
 */
import { int64, type Schema, string, struct, structOf } from '../../../runtime/api/schema.ts'

const optionalInt64 = int64({ optional: true })
const optionalString = string({ optional: true })

/** Where in a snapshot a record was read; `false` for a streamed one. */
const snapshotMark = string({
  optional: true,
  name: 'io.debezium.data.Enum',
  version: 1,
  parameters: {
    allowed: 'true,first,first_in_data_collection,last_in_data_collection,last,false,incremental'
  },
  default: 'false'
})

/** Schema of the `source` block. */
export const sourceSchema: Schema = structOf(
  [
    ['version', string()],
    ['connector', string()],
    ['name', string()],
    ['ts_ms', int64()],
    ['snapshot', snapshotMark],
    ['db', string()],
    ['sequence', optionalString],
    ['ts_us', optionalInt64],
    ['ts_ns', optionalInt64],
    ['schema', string()],
    ['table', string()],
    ['txId', optionalInt64],
    ['lsn', optionalInt64],
    ['xmin', optionalInt64],
    ['origin', optionalString],
    ['origin_lsn', optionalInt64]
  ],
  { name: 'io.debezium.connector.postgresql.Source', version: 1 }
)

/** Schema of the `transaction` block. */
export const transactionBlockSchema: Schema = struct(
  { id: string(), total_order: int64(), data_collection_order: int64() },
  { optional: true, name: 'event.block', version: 1 }
)

/** Fields: before, after, source, transaction, op, ts_ms, ts_us, ts_ns. */
export function envelopeSchema(name: string, row: Schema): Schema {
  return structOf(
    [
      ['before', row],
      ['after', row],
      ['source', sourceSchema],
      ['transaction', transactionBlockSchema],
      ['op', string()],
      ['ts_ms', optionalInt64],
      ['ts_us', optionalInt64],
      ['ts_ns', optionalInt64]
    ],
    { name, version: 2 }
  )
}
