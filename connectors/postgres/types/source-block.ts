import { int64, type Schema, string, structOf } from '../../../runtime/api/schema.ts'
import { sourceFields } from '../../relational/envelope.ts'

const optionalInt64 = int64({ optional: true })
const optionalString = string({ optional: true })

/** Schema of the `source` block: order and types as in the events of Debezium 3.6 for PostgreSQL. */
export const sourceSchema: Schema = structOf(
  [
    ...sourceFields,
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
