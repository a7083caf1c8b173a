import type { KeyText } from '../relational/snapshot-progress.ts'
import type { CapturedTable } from './captured-table.ts'
import { quoteName } from './errors.ts'
import type { BytesRow } from './row-stream.ts'
import type { ColumnModel, TableModel } from './schema/table-model.ts'

/** The primary key of a table that can be read in its order, from any key on. */
export type SnapshotKey = readonly KeyColumn[]

export interface KeyColumn {
  readonly name: string
  readonly column: ColumnModel
  /** Position in a row that was read. */
  readonly index: number
  readonly form: 'number' | 'text' | 'bytes'
}

/** How a value of a type is written in SQL so that it compares as the column itself orders. */
const FORMS: readonly (readonly [RegExp, KeyColumn['form']])[] = [
  [/^(?:TINY|SMALL|MEDIUM|BIG)?INT|^INTEGER|^SERIAL|^DEC|^NUMERIC|^FIXED|^YEAR/, 'number'],
  [/^(?:DATE|DATETIME|TIMESTAMP|TIME|UUID|INET4|INET6)\b/, 'text'],
  [/^(?:VAR)?BINARY/, 'bytes'],
  [/CHAR/, 'bytes']
]

/**
 * The primary key, if the table can be read in its order and a value of it be told again: not with floats,
 * which are rounded, or ENUM and SET, which are ordered by number and read as text.
 *
 * @param columns to order by instead of the primary key
 */
export function snapshotKey(
  table: TableModel,
  selected: readonly string[],
  columns: readonly string[] = table.primaryKey
): SnapshotKey | null {
  const key: KeyColumn[] = []
  for (const name of columns) {
    const column = table.columns.find((one) => one.name === name)
    const index = selected.indexOf(name)
    const form = FORMS.find(([pattern]) => pattern.test(column?.typeName ?? ''))?.[1]
    if (column === undefined || index < 0 || form === undefined) return null
    key.push({ name, column, index, form })
  }
  return key.length === 0 ? null : key
}

/** The key of a row: the bytes of its values, which are in the character set of their column. */
export function keyOf(key: SnapshotKey, values: BytesRow): KeyText {
  return key.map((column) => keyText(column, values[column.index] ?? Buffer.alloc(0)))
}

/** One value of a key. */
export function keyText({ form }: KeyColumn, value: Buffer): string {
  return form === 'bytes' ? value.toString('hex') : value.toString('latin1')
}

/** @param after only the rows behind this key */
export function selectOf(
  next: {
    readonly table: CapturedTable
    readonly statement: string | null
    readonly key: SnapshotKey | null
  },
  after: KeyText | null
): string {
  const { table, statement, key } = next
  const from =
    statement === null
      ? `${quoteName(table.database)}.${quoteName(table.name)}`
      : `(${statement.replace(/;\s*$/, '')}) AS ${quoteName(table.name)}`
  let sql = `SELECT ${table.codec.selected.map(({ sql }) => sql).join(', ')} FROM ${from}`
  if (key === null) return sql
  if (after !== null) sql += ` WHERE ${behind(key, after)}`
  return `${sql} ORDER BY ${key.map(({ name }) => quoteName(name)).join(', ')}`
}

/** `(a, b) > (1, 2)`, in a form for which the servers use the index. */
export function behind(key: SnapshotKey, after: KeyText): string {
  const [first] = key
  const alternatives = key.map((column, i) => {
    const equal = key
      .slice(0, i)
      .map((before, j) => `${quoteName(before.name)} = ${literal(before, after[j] ?? '')}`)
    return [...equal, `${quoteName(column.name)} > ${literal(column, after[i] ?? '')}`].join(
      ' AND '
    )
  })
  if (first === undefined || key.length === 1) return alternatives.join(' OR ')
  const bound = `${quoteName(first.name)} >= ${literal(first, after[0] ?? '')}`
  return `${bound} AND (${alternatives.map((one) => `(${one})`).join(' OR ')})`
}

/** A value of {@link keyText} in SQL. */
export function literal({ form, column }: KeyColumn, text: string): string {
  if (form === 'number') return text
  if (form === 'text') return `'${text}'`
  // An introducer gives the bytes their character set; the collation is that of the column they are compared with.
  return column.charset === null ? `X'${text}'` : `_${column.charset} X'${text}'`
}
