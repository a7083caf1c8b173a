import type { ColumnDefinition } from './ddl-statement.ts'
import type { ColumnModel } from './table-model.ts'

/** What decides how a column comes out, beside its definition. */
export interface ColumnSettings {
  readonly flavor: 'mysql' | 'mariadb'
  /** Character set of the table. */
  readonly charset: string | null
  /** `explicit_defaults_for_timestamp`: without it a TIMESTAMP is NOT NULL unless it says otherwise. */
  readonly explicitTimestamps: boolean
}

/** Types that have a character set, by the last word of their name that tells. */
const TEXT_TYPES = new Set([
  'CHAR',
  'CHARACTER',
  'CHAR VARYING',
  'CHARACTER VARYING',
  'VARCHAR',
  'VARCHARACTER',
  'VARCHAR2',
  'TINYTEXT',
  'TEXT',
  'MEDIUMTEXT',
  'LONGTEXT',
  'CLOB',
  'LONG',
  'LONG VARCHAR',
  'LONG CHAR VARYING',
  'LONG CHARACTER VARYING',
  'ENUM',
  'SET'
])

/** What a text type is with the character set `binary`. */
const BINARY_TYPES: Readonly<Record<string, string>> = {
  CHAR: 'BINARY',
  CHARACTER: 'BINARY',
  'CHAR VARYING': 'VARBINARY',
  'CHARACTER VARYING': 'VARBINARY',
  VARCHAR: 'VARBINARY',
  VARCHARACTER: 'VARBINARY',
  TINYTEXT: 'TINYBLOB',
  TEXT: 'BLOB',
  MEDIUMTEXT: 'MEDIUMBLOB',
  LONGTEXT: 'LONGBLOB',
  LONG: 'MEDIUMBLOB',
  'LONG VARCHAR': 'MEDIUMBLOB'
}

/** `NCHAR`, `NATIONAL VARCHAR` and the like: always in utf8. */
export function isNational(typeName: string): boolean {
  return /^(NATIONAL |NCHAR|NVARCHAR)/.test(typeName)
}

/** Whether the values of a type have a character set of their own. */
export function isTextType(typeName: string): boolean {
  return TEXT_TYPES.has(typeName) || isNational(typeName)
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
  const typeName = BINARY_TYPES[column.typeName] ?? nationalAsBinary(column.typeName)
  // ENUM and SET stay what they are.
  if (typeName === undefined) return { ...column, charset: 'binary' }
  return { ...column, typeName, charset: null }
}

function nationalAsBinary(typeName: string): string | undefined {
  if (!isNational(typeName)) return undefined
  return /VAR/.test(typeName) ? 'VARBINARY' : 'BINARY'
}

function charsetOf(definition: ColumnDefinition, ofTable: string | null): string | null {
  const { typeName, charset } = definition.type
  if (isNational(typeName)) return 'utf8'
  return isTextType(typeName) ? (charset ?? ofTable) : null
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
