import { bytesPerCharacter } from './charsets.ts'
import type { ColumnModel } from './table-model.ts'
import { isBoolean, serverTypeName } from './type-words.ts'

/** A type as the server keeps it, whatever synonym the statement used. */
export interface ServerType {
  /** As information_schema.COLUMNS.DATA_TYPE, such as `int`, `varchar` or `mediumtext`. */
  readonly name: string
  /** Display width, characters, bits, digits or the precision of fractions; null when there is none. */
  readonly length: number | null
  readonly scale: number | null
  readonly unsigned: boolean
  readonly zerofill: boolean
}

/** Display widths of integers that declare none: signed, unsigned. */
const WIDTHS: Readonly<Record<string, readonly [signed: number, unsigned: number]>> = {
  tinyint: [4, 3],
  smallint: [6, 5],
  mediumint: [9, 8],
  int: [11, 10],
  bigint: [20, 20]
}

/** Lengths of other types that declare none. */
const LENGTHS: Readonly<Record<string, number>> = {
  bit: 1,
  char: 1,
  binary: 1,
  year: 4,
  decimal: 10
}

/** What a server makes of the type of a column. */
export function serverType(column: ColumnModel, flavor: 'mysql' | 'mariadb'): ServerType {
  const unsigned = column.typeName.includes(' UNSIGNED')
  const zerofill = column.typeName.includes(' ZEROFILL')
  const name = serverTypeName(column.typeName)
  const { length, scale } = column
  const sign = { unsigned, zerofill }
  const widths = WIDTHS[name]
  if (widths) {
    const width = isBoolean(column.typeName) ? 1 : widths[unsigned ? 1 : 0]
    return { name, length: length ?? width, scale: null, ...sign }
  }
  if (name === 'decimal') return { name, length: length || 10, scale: scale ?? 0, ...sign }
  if (name === 'float' || name === 'double') return floating(name, column, sign)
  if (name === 'json' && flavor === 'mariadb') {
    return { name: 'longtext', length: null, scale: null, ...sign }
  }
  if (name === 'text' || name === 'blob') {
    return { name: sized(name, column), length: null, scale: null, ...sign }
  }
  // A precision of 0 is that of no precision.
  const kept = FRACTIONS.has(name) ? length || null : (length ?? LENGTHS[name] ?? null)
  return { name, length: kept, scale: null, ...sign }
}

const FRACTIONS = new Set(['time', 'datetime', 'timestamp'])

/** FLOAT(p) is a DOUBLE from 25 bits on, and forgets the number. */
function floating(
  name: string,
  { length, scale }: ColumnModel,
  sign: { readonly unsigned: boolean; readonly zerofill: boolean }
): ServerType {
  if (length !== null && scale !== null) return { name, length, scale, ...sign }
  const isWide = name === 'float' && length !== null && length > 24
  return { name: isWide ? 'double' : name, length: null, scale: null, ...sign }
}

/** TEXT(n) and BLOB(n) are the smallest of their kind that n fits into. */
function sized(name: 'text' | 'blob', { length, charset }: ColumnModel): string {
  if (length === null || length === 0) return name
  const bytes = length * (name === 'text' && charset !== null ? bytesPerCharacter(charset) : 1)
  if (bytes < 2 ** 8) return `tiny${name}`
  if (bytes < 2 ** 16) return name
  return bytes < 2 ** 24 ? `medium${name}` : `long${name}`
}
