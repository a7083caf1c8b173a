import {
  array,
  boolean,
  int32,
  int64,
  type Schema,
  Struct,
  string,
  struct
} from '../../../runtime/api/schema.ts'
import { hashOrder } from '../../relational/hash-order.ts'
import { describeColumn, keyColumns, tableId } from './described-column.ts'
import type { SchemaChange, TableChange, TableModel } from './table-model.ts'

/**
 * Schemas of Debezium's schema change events, names and order as in its captured events:
 * https://debezium.io/documentation/reference/stable/connectors/mysql.html, "Schema change topic".
 */
const optionalString = string({ optional: true })
const optionalInt = int32({ optional: true })
const optionalBoolean = boolean({ optional: true })

const columnSchema = struct(
  {
    name: string(),
    jdbcType: int32(),
    nativeType: optionalInt,
    typeName: string(),
    typeExpression: optionalString,
    charsetName: optionalString,
    length: optionalInt,
    scale: optionalInt,
    position: int32(),
    optional: optionalBoolean,
    autoIncremented: optionalBoolean,
    generated: optionalBoolean,
    comment: optionalString,
    defaultValueExpression: optionalString,
    enumValues: array(string(), { optional: true })
  },
  { name: 'io.debezium.connector.schema.Column', version: 1 }
)

const tableSchema = struct(
  {
    defaultCharsetName: optionalString,
    primaryKeyColumnNames: array(string(), { optional: true }),
    columns: array(columnSchema),
    comment: optionalString
  },
  { optional: true, name: 'io.debezium.connector.schema.Table', version: 1 }
)

const changeSchema = struct(
  { type: string(), id: string(), table: tableSchema },
  { name: 'io.debezium.connector.schema.Change', version: 1 }
)

/** Key and value of a schema change event. */
export interface SchemaChangeEvent {
  readonly key: Struct
  readonly value: Struct
}

/** Makes schema change events; they go to partition 0 of the topic that is named as the prefix. */
export class SchemaChangeEvents {
  readonly #keySchema: Schema
  readonly #valueSchema: Schema

  /** @param source schema of the `source` block */
  constructor(connector: 'mysql' | 'mariadb', source: Schema) {
    this.#keySchema = struct(
      { databaseName: string() },
      { name: `io.debezium.connector.${connector}.SchemaChangeKey`, version: 1 }
    )
    this.#valueSchema = struct(
      {
        source,
        ts_ms: int64(),
        databaseName: optionalString,
        schemaName: optionalString,
        ddl: optionalString,
        tableChanges: array(changeSchema)
      },
      { name: `io.debezium.connector.${connector}.SchemaChangeValue`, version: 1 }
    )
  }

  /** @param ms time of processing, in milliseconds since 1970 */
  event(change: SchemaChange, source: Struct, ms: number): SchemaChangeEvent {
    const { database, ddl } = change
    const changes = change.changes.map(changeStruct)
    return {
      key: new Struct(this.#keySchema, [database]),
      value: new Struct(this.#valueSchema, [source, ms, database, null, ddl, changes])
    }
  }
}

function changeStruct(change: TableChange): Struct {
  const table = change.table === null ? null : tableStruct(change.table)
  return new Struct(changeSchema, [change.type, tableId(change), table])
}

function tableStruct(table: TableModel): Struct {
  const columns = table.columns.map((column, i) => {
    const about = describeColumn(column)
    return new Struct(columnSchema, [
      column.name,
      about.jdbcType,
      null,
      column.typeName,
      column.typeName,
      column.charset,
      about.length,
      column.scale,
      i + 1,
      column.optional,
      column.autoIncremented,
      about.generated,
      about.comment,
      about.defaultValueExpression,
      about.enumValues.length > 0 ? about.enumValues : null
    ])
  })
  return new Struct(tableSchema, [table.charset, keyColumns(table), columns, table.comment])
}

/**
 * What `source.table` says in the events of one statement of the log about one database: all tables that
 * it changed, in the order of Java's sets; empty for an index or a database.
 */
export function changedTables(changes: readonly SchemaChange[]): string {
  const names = new Map<string, string>()
  for (const { database, name } of changes.flatMap((change) => change.changes)) {
    names.set(`${database}.${name}`, name)
  }
  return hashOrder([...names.keys()])
    .map((id) => names.get(id) ?? '')
    .join(',')
}
