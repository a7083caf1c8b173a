import type { BinlogColumn, TableMap } from '../binlog/binlog-event.ts'
import { ColumnType } from '../binlog/table-map.ts'
import { fitsColumn } from './column-fit.ts'
import { columnFromLog } from './column-from-log.ts'
import { tableOf } from './table-from-ddl.ts'
import type { ColumnModel, IndexModel, TableModel } from './table-model.ts'

/**
 * The shape of a table that rows of the log have: the first model that fits, as it is. Where none does and
 * the log names its columns (`binlog_row_metadata=FULL`), one is put together from what the log tells, and
 * from the columns of the models that have the same name and still fit.
 *
 * @param models what is known of the table, the most likely first: may be older or newer than the rows
 * @returns null when nothing fits and the log does not tell more
 */
export function fitModel(map: TableMap, models: readonly TableModel[]): TableModel | null {
  for (const known of models) {
    const model = withHashes(map, known)
    if (fits(map, model)) return model
  }
  return fromLog(map, models)
}

const HASH = /^DB_ROW_HASH_\d+$/

/**
 * MariaDB keeps a hash for every unique key over long values, in columns behind all others.
 * @returns the model with as many of them as the log has more columns
 */
function withHashes(map: TableMap, model: TableModel): TableModel {
  const more = map.columns.slice(model.columns.length)
  const uniques = model.indexes.filter((index) => index.unique).length
  if (more.length === 0 || more.length > uniques || !more.every(isHash)) return model
  const hashes = more.map((found, i) => hashColumn(found, `DB_ROW_HASH_${i + 1}`))
  return { ...model, columns: [...model.columns, ...hashes] }
}

function isHash(found: BinlogColumn): boolean {
  return found.type === ColumnType.LONGLONG && (found.name === null || HASH.test(found.name))
}

function hashColumn(found: BinlogColumn, name: string): ColumnModel {
  return { ...columnFromLog(found, found.name ?? name), hidden: true }
}

/** Whether rows of the log can be rows of a table: as many columns, of the same types and, if told, names. */
export function fits(map: TableMap, model: TableModel): boolean {
  return (
    map.columns.length === model.columns.length &&
    map.columns.every((found, i) => {
      const column = model.columns[i]
      return column !== undefined && isNamed(found, column) && fitsColumn(column, found)
    })
  )
}

/** Where the log names its columns, it can also say better than a model which may be null. */
function isNamed(found: BinlogColumn, column: ColumnModel): boolean {
  return found.name === null || (found.name === column.name && found.nullable === column.optional)
}

function fromLog(map: TableMap, models: readonly TableModel[]): TableModel | null {
  const columns: ColumnModel[] = []
  for (const found of map.columns) {
    if (found.name === null) return null
    const isHidden = isHash(found) && HASH.test(found.name)
    if (isHidden) columns.push(hashColumn(found, found.name))
    else columns.push(knownColumn(found, models) ?? columnFromLog(found, found.name))
  }
  const { database, name } = map
  const names = new Set(columns.map((column) => column.name))
  const [nearest] = models
  const keys = keysOf(map, columns, nearest)
  const indexes = nearest?.indexes.filter((index) => isOver(index, names)) ?? []
  const { charset = null, comment = null } = nearest ?? {}
  return tableOf({ database, name, columns, primaryKey: keys, indexes, charset, comment })
}

/** A column of a model that has the name and still fits, with whether it may be null from the log. */
function knownColumn(found: BinlogColumn, models: readonly TableModel[]): ColumnModel | undefined {
  for (const model of models) {
    const column = model.columns.find((each) => each.name === found.name)
    if (!column || !fitsColumn(column, found)) continue
    if (column.optional === found.nullable) return column
    const hasDefault = found.nullable || column.defaultExpression !== null
    return { ...column, optional: found.nullable, hasDefault }
  }
  return undefined
}

/** What the log calls the primary key may be a unique key that stands in for one. */
function keysOf(
  map: TableMap,
  columns: readonly ColumnModel[],
  nearest: TableModel | undefined
): readonly string[] {
  if (map.primaryKey === null) {
    const known = nearest?.primaryKey ?? []
    return known.every((name) => columns.some((column) => column.name === name)) ? known : []
  }
  const names = map.primaryKey.flatMap((at) => columns[at]?.name ?? [])
  const isUnique = nearest?.uniqueKeys.some((key) => key.join('\0') === names.join('\0'))
  return isUnique && nearest?.primaryKey.length === 0 ? [] : names
}

function isOver(index: IndexModel, names: ReadonlySet<string>): boolean {
  return index.columns.every((column) => column === null || names.has(column))
}
