import type { ColumnModel } from '../schema/table-model.ts'

/**
 * What a snapshot selects to read a column: the column itself, but for FLOAT and FLOAT(7,3), which the
 * server prints with six digits only, so that 16777216 would be 16777200. As a DOUBLE it keeps them all.
 *
 * @param name the column, quoted
 */
export function selectExpression(column: ColumnModel, name: string): string {
  const isReal = /^(?:FLOAT|DOUBLE|REAL)/.test(column.typeName)
  return isReal && (column.scale !== null || column.typeName.startsWith('FLOAT'))
    ? `${name} + 0e0`
    : name
}
