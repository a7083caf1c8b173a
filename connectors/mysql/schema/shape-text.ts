import { ConnectError } from '../../../runtime/api/errors.ts'
import { tableOf } from './table-from-ddl.ts'
import type { ColumnModel, IndexModel, TableModel } from './table-model.ts'

/** Counts the forms of the text. A reader takes its own form and every older one. */
const VERSION = 1

/** What a column is that says nothing: members that are the same are left out. */
const PLAIN_COLUMN: Omit<ColumnModel, 'name' | 'typeName'> = {
  length: null,
  scale: null,
  charset: null,
  optional: true,
  autoIncremented: false,
  generated: false,
  comment: null,
  hasDefault: true,
  defaultExpression: null,
  defaultIsLiteral: false,
  values: [],
  invisible: false
}

interface ShapeText {
  readonly v: number
  readonly database: string
  readonly name: string
  readonly charset: string | null
  readonly comment: string | null
  readonly primaryKey: readonly string[]
  readonly indexes: readonly IndexModel[]
  readonly columns: readonly (Pick<ColumnModel, 'name' | 'typeName'> & Partial<ColumnModel>)[]
}

/** A table as compact JSON text, to be kept beside an offset. */
export function shapeText(table: TableModel): string {
  const { database, name, charset, comment, primaryKey, indexes } = table
  const columns = table.columns.map(shortened)
  const head = { v: VERSION, database, name, charset, comment }
  return JSON.stringify({ ...head, primaryKey, indexes, columns } satisfies ShapeText)
}

function shortened(column: ColumnModel): ShapeText['columns'][number] {
  const { name, typeName, ...rest } = column
  const told = Object.entries(rest).filter(([key, value]) => {
    const plain = PLAIN_COLUMN[key as keyof typeof PLAIN_COLUMN]
    return Array.isArray(value) ? value.length > 0 : value !== plain
  })
  return { name, typeName, ...Object.fromEntries(told) }
}

/**
 * The table of a text.
 * @throws {ConnectError} MYSQL_SHAPE for a text that this version could not have written
 */
export function tableFromShape(text: string): TableModel {
  const shape = parsed(text)
  if (!isShape(shape)) {
    throw new ConnectError(
      'MYSQL_SHAPE',
      'The shape of a table stored with the offsets is broken',
      {
        hint: 'It was written by a newer version, or changed by hand. Go on with the version that wrote it, or reset the offsets of the connector, which then takes a new snapshot'
      }
    )
  }
  const { database, name, charset, comment, primaryKey, indexes } = shape
  const columns = shape.columns.map((column) => ({ ...PLAIN_COLUMN, ...column }))
  return tableOf({ database, name, columns, primaryKey, indexes, charset, comment })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isShape(value: unknown): value is ShapeText {
  if (!isObject(value)) return false
  const { v, database, name, charset, comment, primaryKey, indexes, columns } = value
  return (
    v === VERSION &&
    typeof database === 'string' &&
    typeof name === 'string' &&
    isTextOrNull(charset) &&
    isTextOrNull(comment) &&
    isListOf(primaryKey, isText) &&
    isListOf(indexes, isIndex) &&
    isListOf(columns, isColumn)
  )
}

function isIndex(value: unknown): boolean {
  if (!isObject(value)) return false
  const { name, unique, columns } = value
  return isText(name) && typeof unique === 'boolean' && isListOf(columns, isTextOrNull)
}

function isColumn(value: unknown): boolean {
  if (!isObject(value)) return false
  const { name, typeName, ...rest } = value
  return isText(name) && isText(typeName) && Object.entries(rest).every(isMember)
}

function isMember([key, value]: [string, unknown]): boolean {
  if (key === 'values') return isListOf(value, isText)
  if (key === 'length' || key === 'scale') return value === null || Number.isSafeInteger(value)
  if (key === 'charset' || key === 'comment' || key === 'defaultExpression') {
    return isTextOrNull(value)
  }
  return key in PLAIN_COLUMN && typeof value === 'boolean'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isTextOrNull(value: unknown): boolean {
  return value === null || isText(value)
}

function isListOf(value: unknown, is: (each: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(is)
}
