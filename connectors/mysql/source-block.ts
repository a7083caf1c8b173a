import { int32, int64, type Schema, string, structOf } from '../../runtime/api/schema.ts'
import { sourceFields } from '../relational/envelope.ts'
import type { Flavor } from './types/column-codec.ts'

const optionalString = string({ optional: true })
const optionalInt64 = int64({ optional: true })

const schemas: Readonly<Record<Flavor, Schema>> = {
  mysql: sourceSchemaNamed('io.debezium.connector.mysql.Source'),
  mariadb: sourceSchemaNamed('io.debezium.connector.mariadb.Source')
}

/** Schema of the `source` block. */
export function sourceSchema(flavor: Flavor): Schema {
  return schemas[flavor]
}

function sourceSchemaNamed(name: string): Schema {
  return structOf(
    [
      ...sourceFields,
      ['table', optionalString],
      ['server_id', int64()],
      ['gtid', optionalString],
      ['file', string()],
      ['pos', int64()],
      ['row', int32()],
      ['thread', optionalInt64],
      ['query', optionalString]
    ],
    { name, version: 1 }
  )
}
