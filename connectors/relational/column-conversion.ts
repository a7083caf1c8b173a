import type { Schema } from '../../runtime/api/schema.ts'
import { NameFilter } from './name-filter.ts'

/** What a converter wants to know of a column. */
export interface ConvertibleColumn {
  /** As in `table.include.list`, such as `shop.orders`. */
  readonly table: string
  readonly name: string
  /** Upper case, without length: `TINYINT`, `DATETIME`. */
  readonly typeName: string
  readonly length: number | null
  readonly optional: boolean
  /** The character set of its text; null for types without text. */
  readonly charset: string | null
}

/** How a column is written instead of in its own way. */
export interface Conversion {
  /** Neither optional nor with a default. */
  readonly schema: Schema
  /** Whether null may be written: as for the column itself, or because the converter says so. */
  readonly optional: boolean
  /** Takes a value as the column's own codec decodes it, null included. */
  convert(value: unknown): unknown
  /**
   * The default that the schema shows.
   * @param own what it shows without the converter; undefined for none
   */
  shownDefault(own: unknown): unknown
}

/** Makes the conversions of one configured converter. */
export interface ColumnConverter {
  /** @returns null for a column that is none of the converter's */
  conversionOf(column: ConvertibleColumn, own: Schema): Conversion | null
}

/** Options of a converter by their names after `<converter>.`. */
export type ConverterOptions = Readonly<Record<string, string>>

/** The patterns of a list in an option. */
export function splitList(patterns: string | undefined): string[] {
  return (patterns ?? '')
    .split(',')
    .map((pattern) => pattern.trim())
    .filter((pattern) => pattern !== '')
}

/**
 * A test of columns by a list of patterns.
 * @param otherwise what it says when there is no list
 */
export function selector(
  patterns: string | undefined,
  otherwise: boolean
): (column: ConvertibleColumn) => boolean {
  const list = splitList(patterns)
  if (list.length === 0) return () => otherwise
  const filter = new NameFilter(list)
  return ({ table, name }) => filter.includes(`${table}.${name}`)
}
