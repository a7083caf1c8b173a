import { jdbcType } from './jdbc-type.ts'
import type { ColumnModel, TableModel } from './table-model.ts'

/** What Debezium says about a column, beside what the model says in the same words. */
export interface DescribedColumn {
  readonly jdbcType: number
  readonly length: number | null
  readonly generated: boolean
  readonly comment: string | null
  readonly defaultValueExpression: string | null
  readonly enumValues: readonly string[]
}

/** Describes a column as Debezium's schema changes and its schema history do. */
export function describeColumn(column: ColumnModel): DescribedColumn {
  return {
    jdbcType: jdbcType(column.typeName),
    length: lengthOf(column),
    // Not of columns that are computed: Debezium means those that the server counts.
    generated: column.autoIncremented,
    comment: column.comment === null ? null : escaped(column.comment),
    defaultValueExpression: defaultOf(column),
    enumValues: column.values.map((value) => `'${escaped(value)}'`)
  }
}

/** Of ENUM one character, of SET one for each value and each comma between them. */
function lengthOf(column: ColumnModel): number | null {
  if (column.values.length === 0) return column.length
  return column.typeName === 'SET' ? column.values.length * 2 - 1 : 1
}

const NUMBER = /^[+-]?\s*[\d.]+(?:e[+-]?\d+)?$/i
const BITS = /^(?:b'([01]*)'|0b([01]*))$/i
const NOW = /^(?:current_timestamp|now)\b/i
const CLOCK = /^(?:localtime|localtimestamp|curdate|curtime)\b/i

function defaultOf(column: ColumnModel): string | null {
  const { defaultExpression: expression } = column
  if (expression === null) return null
  if (column.defaultIsLiteral) return escaped(expression)
  if (NUMBER.test(expression) || /^(?:true|false)$/i.test(expression)) return expression
  const bits = BITS.exec(expression)
  if (bits) return bits[1] ?? bits[2] ?? ''
  if (NOW.test(expression)) return '1970-01-01 00:00:00'
  return CLOCK.test(expression) ? expression : null
}

const ESCAPES: Readonly<Record<string, string>> = {
  "'": "''",
  '\\': '\\\\',
  '\0': '\\0',
  '\n': '\\n',
  '\r': '\\r'
}

/** A string as SHOW CREATE TABLE writes it between quotes. */
function escaped(text: string): string {
  return text.replace(/['\\\0\n\r]/g, (char) => ESCAPES[char] ?? char)
}

/** The columns by which a table's rows are told apart; empty when there are none. */
export function keyColumns(table: TableModel): readonly string[] {
  return table.primaryKey.length > 0 ? table.primaryKey : (table.uniqueKeys[0] ?? [])
}

/** A table's id in schema changes: `"database"."table"`. */
export function tableId({ database, name }: { readonly database: string; readonly name: string }) {
  return `"${database.replaceAll('"', '""')}"."${name.replaceAll('"', '""')}"`
}
