import type { Schema } from '../../runtime/api/schema.ts'
import { ColumnConverters } from '../relational/column-converters.ts'
import { ColumnRules } from '../relational/column-rules.ts'
import type { ColumnModel } from './schema/table-model.ts'
import type { ColumnChanges, ValueChange } from './types/table-codec.ts'

/** What converters, masks, truncation and propagated types make of columns. */
export class ColumnChanger {
  readonly #converters: ColumnConverters
  readonly #rules: ColumnRules
  readonly #onUnmasked: (column: string) => void

  /** @param onUnmasked told about a column of which a mask is asked for that does nothing */
  constructor(config: Readonly<Record<string, unknown>>, onUnmasked: (column: string) => void) {
    this.#converters = new ColumnConverters(config)
    this.#rules = new ColumnRules(config)
    this.#onUnmasked = onUnmasked
  }

  /**
   * @param table `database.table`
   * @param own schema of the column's values, neither optional nor with a default
   * @returns null for a column that stays as it is
   */
  changesOf(table: string, column: ColumnModel, own: Schema): ColumnChanges | null {
    const { name, typeName, length, scale, charset, optional } = column
    const about = { table, name, typeName, length, scale, charset, optional }
    const conversion = this.#converters.conversionOf(about, own)
    const key: ValueChange =
      conversion === null
        ? { schema: own, optional, change: null, shownDefault: (shown) => shown }
        : {
            schema: conversion.schema,
            optional: conversion.optional,
            change: (value) => conversion.convert(value),
            shownDefault: (shown) => conversion.shownDefault(shown)
          }
    const ruled = this.#rules.apply(about, key.schema)
    if (ruled.isUnmasked) this.#onUnmasked(`${table}.${name}`)
    if (ruled.schema === key.schema && ruled.change === null) {
      return conversion === null ? null : { value: key, key }
    }
    const change = inTurn(key.change, ruled.change)
    return { value: { ...key, schema: ruled.schema, change }, key }
  }
}

type Change = ValueChange['change']

function inTurn(first: Change, second: Change): Change {
  if (first === null) return second
  return second === null ? first : (value) => second(first(value))
}
