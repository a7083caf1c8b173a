import type { Random } from '../random.ts'
import type { ColumnType } from './column-type.ts'
import {
  bitType,
  booleanType,
  decimalType,
  doubleType,
  floatType,
  integerType
} from './number-types.ts'
import {
  addressType,
  dateType,
  datetimeType,
  geometryType,
  timestampType,
  timeType,
  yearType
} from './other-types.ts'
import { binaryType, jsonType, longTextType, memberType, varcharType } from './text-types.ts'

export interface RandomColumn {
  readonly name: string
  readonly type: ColumnType
  readonly isRequired: boolean
  /** As SQL; null for none. */
  readonly default: string | null
}

export interface RandomTable {
  readonly name: string
  readonly columns: readonly RandomColumn[]
  /** Columns of the key. */
  readonly key: readonly RandomColumn[]
  /** A column with a unique index beside the key. */
  readonly unique: RandomColumn | null
  readonly isPrimary: boolean
  readonly charset: string
}

const TYPES: readonly ((random: Random) => ColumnType)[] = [
  ...[integerType, integerType, booleanType, decimalType, floatType, doubleType, bitType],
  ...[varcharType, varcharType, longTextType, binaryType, binaryType, memberType, jsonType],
  ...[dateType, timeType, datetimeType, timestampType, yearType, addressType, geometryType]
]

const NAMES = ['Upper', 'select', 'two words', 'ü', 'quo`te', 'dot.ted', 'a-b', '$x', '1st', 'p%q']

export function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

export function randomColumn(random: Random, name: string): RandomColumn {
  const type = random.pick(TYPES)(random)
  const isRequired = random.below(5) < 2
  const fallback = (type.fallback ?? type.literal)(random)
  return { name, type, isRequired, default: random.below(3) === 0 ? fallback : null }
}

/** @param options whether a key may be over the beginning of a column: a sink does not upsert by such */
export function randomTable(
  random: Random,
  name: string,
  options: { readonly hasPrefixKeys: boolean }
): RandomTable {
  const odd = NAMES.filter(() => random.below(5) === 0)
  const plain = Array.from({ length: 2 + random.below(9) }, (_, i) => `c${i}`)
  const columns = [...plain, ...odd].map((column) => randomColumn(random, column))
  const fit = columns.filter(({ type: { keyPart } }) =>
    options.hasPrefixKeys ? keyPart !== null : keyPart === ''
  )
  const key = randomKey(random, fit)
  const all = [...key.filter((column) => !columns.includes(column)), ...columns]
  const candidates = columns.filter((one) => one.type.keyPart === '' && !key.includes(one))
  const unique = candidates.length > 0 && random.below(3) === 0 ? random.pick(candidates) : null
  // A default in a unique column would come back at once.
  const isPlain = (one: RandomColumn) => one !== unique && !key.includes(one)
  return {
    name,
    columns: all.map((one) => (isPlain(one) ? one : withoutDefault(one))),
    key: key.map(withoutDefault),
    unique: unique && withoutDefault(unique),
    // An index over the beginning of a column says nothing about whole values.
    isPrimary: key.some(({ type }) => type.keyPart !== '') || random.below(4) > 0,
    charset: random.pick(['utf8mb4', 'latin1', 'utf8mb3'])
  }
}

function withoutDefault(column: RandomColumn): RandomColumn {
  return { ...column, default: null }
}

/** One to three columns that are there and can be in a key, or a number of its own. */
function randomKey(random: Random, fit: readonly RandomColumn[]): RandomColumn[] {
  const chosen = fit.filter(() => random.below(3) === 0).slice(0, 3)
  if (chosen.length > 0) return chosen
  return [{ name: 'id', type: integerType(random), isRequired: true, default: null }]
}

export function columnSql(column: RandomColumn): string {
  const required = column.isRequired ? 'not null' : 'null'
  const isCall = column.default?.includes('(') && !column.default.startsWith("'")
  const value = isCall ? `(${column.default})` : column.default
  const fallback = value === null ? '' : ` default ${value}`
  return `${quoted(column.name)} ${column.type.sql} ${required}${fallback}`
}

export function tableSql(table: RandomTable): string {
  const names = new Set(table.key.map(({ name }) => name))
  const columns = table.columns.map((column) =>
    columnSql(names.has(column.name) ? { ...column, isRequired: true } : column)
  )
  const parts = table.key.map(({ name, type }) => `${quoted(name)}${type.keyPart}`)
  const key = `${table.isPrimary ? 'primary' : 'unique'} key (${parts.join(', ')})`
  const unique = table.unique ? [`unique key other (${quoted(table.unique.name)})`] : []
  const lines = [...columns, key, ...unique].join(',\n  ')
  return `create table ${quoted(table.name)} (\n  ${lines}\n) character set ${table.charset}`
}
