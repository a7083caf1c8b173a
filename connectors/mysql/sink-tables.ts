import { ConnectError, DataError } from '../../runtime/api/errors.ts'
import type { Schema } from '../../runtime/api/schema.ts'
import { type EvolvingTables, firstValue } from '../relational/sink-evolution.ts'
import type { TableName } from '../relational/sink-naming.ts'
import type { PlanColumn, RowPlan, RowValues } from '../relational/sink-plan.ts'
import { quoteName } from './errors.ts'
import type { SinkConnection } from './sink-connection.ts'
import { tableChanged } from './sink-errors.ts'
import { tableSql, textSql } from './sink-names.ts'
import type { TargetColumn, TargetTable, UniqueIndex } from './sink-table.ts'
import { columnType, guessedType, keyType, needsLength } from './sink-types.ts'

/** The target's tables, as far as they have been looked at. */
export class TargetTables implements EvolvingTables<TargetTable> {
  /** Whether a transaction is open, which making a table would commit. */
  inTransaction = false
  readonly #connection: SinkConnection
  readonly #tables = new Map<string, TargetTable>()

  constructor(connection: SinkConnection) {
    this.#connection = connection
  }

  /** Forgets everything: somebody else may have changed a table. */
  clear(): void {
    this.#tables.clear()
  }

  sqlOf(name: TableName): string {
    return tableSql(name)
  }

  has(table: TargetTable, column: string): boolean {
    return table.columns.has(column.toLowerCase())
  }

  /** @throws {ConnectError} SINK_NOT_TRANSACTIONAL for a table that a rollback would not undo */
  async find(name: TableName): Promise<TargetTable | null> {
    const sql = tableSql(name)
    const known = this.#tables.get(sql)
    if (known) return known
    const columns = await this.#columns(name)
    if (columns.length === 0) return null
    await refuseNonTransactional(this.#connection, name)
    const table: TargetTable = {
      name,
      sql,
      columns: new Map(columns.map((column) => [column.name.toLowerCase(), column])),
      uniques: await this.#uniques(name)
    }
    this.#tables.set(sql, table)
    return table
  }

  async #columns(name: TableName): Promise<TargetColumn[]> {
    const { rows } = await this.#connection.run(
      `SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_SCALE, DATETIME_PRECISION,
  COLLATION_NAME, IS_NULLABLE, GENERATION_EXPRESSION, EXTRA
FROM information_schema.COLUMNS WHERE ${placeSql(name)} ORDER BY ORDINAL_POSITION`
    )
    return rows.map((row) => {
      const [
        column,
        type,
        fullType,
        length,
        scale,
        digits,
        collation,
        nullable,
        generation,
        extra
      ] = row
      return {
        name: column ?? '',
        type: (type ?? '').toLowerCase(),
        fullType: fullType ?? '',
        length: length === null || length === undefined ? null : Number(length),
        scale: scale === null || scale === undefined ? null : Number(scale),
        digits: Number(digits ?? 0),
        collation: collation ?? null,
        nullable: nullable === 'YES',
        generated: (generation ?? '') !== '',
        autoIncrement: /auto_increment/i.test(extra ?? '')
      }
    })
  }

  async #uniques(name: TableName): Promise<UniqueIndex[]> {
    const { rows } = await this.#connection.run(
      `SELECT INDEX_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS
WHERE ${placeSql(name)} AND NON_UNIQUE = 0 ORDER BY INDEX_NAME, SEQ_IN_INDEX`
    )
    const byName = Map.groupBy(rows, ([index]) => index ?? '')
    return [...byName].map(([index, parts]) => ({
      name: index,
      // An expression has no name of a column: it equals none.
      columns: parts.map(([, column]) => (column ?? '').toLowerCase()),
      prefixed: parts.some(([, , part]) => part !== null)
    }))
  }

  async creation(name: TableName, plan: RowPlan, rows: readonly RowValues[]): Promise<string> {
    refuseDoubleNames(plan.columns)
    const types = this.#typesOf(plan.columns, rows)
    const share = plan.keys.filter((key) => needsLength(types.get(key) ?? '')).length
    const columns = plan.columns.flatMap((column) => {
      const type = types.get(column)
      if (type === undefined) return []
      const full = column.isKey
        ? `${keyType(type, share, this.#connection.facts)} NOT NULL`
        : `${type} NULL`
      return [`${quoteName(column.name)} ${full}`]
    })
    const keys = plan.keys.map((column) => quoteName(column.name)).join(', ')
    if (keys !== '') columns.push(`PRIMARY KEY (${keys})`)
    return `CREATE TABLE IF NOT EXISTS ${tableSql(name)} (${columns.join(', ')}) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4`
  }

  async addition(
    table: TargetTable,
    missing: readonly PlanColumn[],
    rows: readonly RowValues[]
  ): Promise<string> {
    refuseDoubleNames(missing)
    const types = this.#typesOf(missing, rows)
    const added = missing.flatMap((column) => {
      const type = types.get(column)
      if (type === undefined) return []
      const value = column.schema && defaultExpression(column.schema)
      return [
        `ADD COLUMN ${quoteName(column.name)} ${type} NULL${value ? ` DEFAULT (${value})` : ''}`
      ]
    })
    return `ALTER TABLE ${table.sql} ${added.join(', ')}`
  }

  async change(name: TableName, statement: string): Promise<void> {
    if (this.inTransaction) throw tableChanged(tableSql(name))
    await this.#connection.run(statement)
    this.#tables.delete(tableSql(name))
  }

  #typesOf(columns: readonly PlanColumn[], rows: readonly RowValues[]): Map<PlanColumn, string> {
    const types = new Map<PlanColumn, string>()
    for (const column of columns) {
      const value = firstValue(rows, column.index)
      const type = column.schema
        ? columnType(column.schema, this.#connection.facts)
        : guessedType(value, column.isKey)
      if (type !== null) types.set(column, type)
    }
    return types
  }
}

/** As a condition on the tables of information_schema. */
function placeSql({ schema, table }: TableName): string {
  const database = schema === null ? 'DATABASE()' : textSql(schema)
  return `TABLE_SCHEMA = ${database} AND TABLE_NAME = ${textSql(table)}`
}

/** @throws {ConnectError} SINK_NOT_TRANSACTIONAL */
export async function refuseNonTransactional(
  connection: SinkConnection,
  name: TableName
): Promise<void> {
  const { rows } = await connection.run(
    `SELECT ENGINE FROM information_schema.TABLES WHERE ${placeSql(name)}`
  )
  const engine = rows[0]?.[0]
  // A view has none.
  if (!engine || connection.facts.transactionalEngines.has(engine)) return
  const sql = tableSql(name)
  throw new ConnectError(
    'SINK_NOT_TRANSACTIONAL',
    `Table ${sql} has the engine ${engine}, which has no transactions: rows could be written twice or in part`,
    { hint: `ALTER TABLE ${sql} ENGINE=InnoDB` }
  )
}

/** The server does not tell upper from lower case in names of columns. */
export function refuseDoubleNames(columns: readonly PlanColumn[]): void {
  const names = new Map<string, string>()
  for (const { name } of columns) {
    const other = names.get(name.toLowerCase())
    if (other !== undefined) {
      throw new DataError(
        'INVALID_VALUE',
        `fields ${other} and ${name} differ only in upper and lower case, and are one column in MySQL`,
        { hint: 'Leave one of them out with field.exclude.list, or rename it with ReplaceField.' }
      )
    }
    names.set(name.toLowerCase(), name)
  }
}

/** A schema's default as an SQL expression for existing rows, or null where it is none to trust. */
function defaultExpression(schema: Schema): string | null {
  const { default: value, name } = schema
  // Debezium writes the epoch, an empty text or zero bytes for defaults that are function calls.
  if (name?.startsWith('io.debezium.time.') || name === 'io.debezium.data.Uuid') return null
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (typeof value === 'boolean') return String(Number(value))
  return typeof value === 'string' ? textSql(value) : null
}
