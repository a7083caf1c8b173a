import type { ColumnDefinition } from './ddl-statement.ts'
import type { ColumnModel } from './table-model.ts'
import { isNational, serverTypeName } from './type-words.ts'

/** What decides how a column comes out, beside its definition. */
export interface ColumnSettings {
  readonly flavor: 'mysql' | 'mariadb'
  /** Character set of the table. */
  readonly charset: string | null
  /** `explicit_defaults_for_timestamp`: without it a TIMESTAMP is NOT NULL unless it says otherwise. */
  readonly explicitTimestamps: boolean
}

/** Types that have a character set, as the server calls them. */
const TEXT_TYPES = new Set([
  'char',
  'varchar',
  'tinytext',
  'text',
  'mediumtext',
  'longtext',
  'enum',
  'set'
])

/** What they are with the character set `binary`; ENUM and SET stay what they are. */
const BINARY_TYPES: Readonly<Record<string, string>> = {
  char: 'BINARY',
  varchar: 'VARBINARY',
  tinytext: 'TINYBLOB',
  text: 'BLOB',
  mediumtext: 'MEDIUMBLOB',
  longtext: 'LONGBLOB'
}

/** The column that a definition makes in a table. */
export function columnFrom(definition: ColumnDefinition, settings: ColumnSettings): ColumnModel {
  const { name, type, generated, autoIncremented, invisible } = definition
  const optional = isOptional(definition, settings)
  const given = definition.default
  const column: ColumnModel = {
    name,
    typeName: type.typeName,
    length: type.length,
    scale: type.scale,
    charset: charsetOf(definition, settings.charset),
    optional,
    autoIncremented,
    generated,
    comment: definition.comment || null,
    hasDefault: given !== null || optional,
    defaultExpression: given?.expression ?? null,
    defaultIsLiteral: given?.isLiteral ?? false,
    values: type.values,
    invisible
  }
  return column.charset === 'binary' ? asBinary(column) : column
}

/** A column of text with the character set `binary`, which makes it one of bytes. */
export function asBinary(column: ColumnModel): ColumnModel {
  const typeName = BINARY_TYPES[serverTypeName(column.typeName)]
  if (typeName === undefined) return { ...column, charset: 'binary' }
  return { ...column, typeName, charset: null }
}

function charsetOf(definition: ColumnDefinition, ofTable: string | null): string | null {
  const { typeName, charset } = definition.type
  if (isNational(typeName)) return 'utf8'
  return TEXT_TYPES.has(serverTypeName(typeName)) ? (charset ?? ofTable) : null
}

function isOptional(definition: ColumnDefinition, settings: ColumnSettings): boolean {
  if (definition.primary || definition.autoIncremented) return false
  if (definition.nullable !== null) return definition.nullable
  return settings.explicitTimestamps || definition.type.typeName !== 'TIMESTAMP'
}

/** The same column where NULL is not allowed: a NULL default goes too. */
export function notNull(column: ColumnModel): ColumnModel {
  if (!column.optional) return column
  const hasDefault = column.hasDefault && column.defaultExpression !== null
  return { ...column, optional: false, hasDefault }
}
