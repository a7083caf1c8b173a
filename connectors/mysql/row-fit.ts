import type { TableMap } from './binlog/binlog-event.ts'
import type { TableModel } from './schema/table-model.ts'

/** The first model that rows of the log can be of: as many columns, of the same names; null for none. */
export function fitModel(map: TableMap, models: readonly TableModel[]): TableModel | null {
  return models.find((model) => fits(map, model)) ?? null
}

/** Whether rows of the log can be rows of a table: as many columns, of the same names. */
export function fits(map: TableMap, model: TableModel): boolean {
  return (
    map.columns.length === model.columns.length &&
    map.columns.every(({ name }, i) => name === null || name === model.columns[i]?.name)
  )
}
