import type { WrittenName } from './token-reader.ts'

/** The type of a column as a statement writes it. */
export interface DataType {
  /** As in `ColumnModel.typeName`. */
  readonly typeName: string
  readonly length: number | null
  readonly scale: number | null
  readonly values: readonly string[]
  /** Named, or that of the named collation; null when neither is. */
  readonly charset: string | null
  /** `SERIAL`: NOT NULL AUTO_INCREMENT UNIQUE. */
  readonly serial: boolean
}

export interface DefaultValue {
  /** As in `ColumnModel.defaultExpression`. */
  readonly expression: string | null
  readonly isLiteral: boolean
}

export interface ColumnDefinition {
  readonly name: string
  readonly type: DataType
  /** What NULL or NOT NULL says; null where neither is written. */
  readonly nullable: boolean | null
  readonly autoIncremented: boolean
  readonly generated: boolean
  readonly invisible: boolean
  readonly comment: string | null
  /** Null when there is no DEFAULT. */
  readonly default: DefaultValue | null
  readonly primary: boolean
  readonly unique: boolean
  /** `GENERATED ALWAYS AS ROW END`: until when a row of a system-versioned table holds. */
  readonly rowEnd: boolean
  /** `REFERENCES` behind a column makes an index in MariaDB. */
  readonly references: boolean
}

/** Where a column is put. */
export type Position = 'first' | { readonly after: string } | null

export interface IndexDefinition {
  readonly kind: 'primary' | 'unique' | 'other' | 'foreign'
  readonly name: string | null
  /** Null for an expression. */
  readonly columns: readonly (string | null)[]
  readonly ifNotExists: boolean
}

/** What options of a table say, as far as it matters here. */
export interface TableOptions {
  readonly charset: string | null
  /** Null when no COMMENT is written. */
  readonly comment: string | null
}

export type AlterSpec =
  | {
      readonly kind: 'add_column'
      readonly column: ColumnDefinition
      readonly position: Position
      readonly ifNotExists: boolean
    }
  | { readonly kind: 'drop_column'; readonly name: string; readonly ifExists: boolean }
  | {
      readonly kind: 'change_column' | 'modify_column'
      readonly name: string
      readonly column: ColumnDefinition
      readonly position: Position
      readonly ifExists: boolean
    }
  | {
      readonly kind: 'rename_column'
      readonly from: string
      readonly to: string
      readonly ifExists: boolean
    }
  | {
      readonly kind: 'set_default'
      readonly name: string
      /** Null for DROP DEFAULT. */
      readonly default: DefaultValue | null
      readonly ifExists: boolean
    }
  | { readonly kind: 'set_invisible'; readonly name: string; readonly invisible: boolean }
  | { readonly kind: 'add_index'; readonly index: IndexDefinition }
  | { readonly kind: 'drop_index'; readonly name: string }
  | { readonly kind: 'drop_primary_key' }
  | { readonly kind: 'rename_index'; readonly from: string; readonly to: string }
  /** Charset null: that of the database. */
  | { readonly kind: 'convert_charset'; readonly charset: string | null }
  | { readonly kind: 'options'; readonly options: TableOptions }
  | { readonly kind: 'rename_table'; readonly to: WrittenName }

export interface CreateTable {
  readonly kind: 'create_table'
  readonly table: WrittenName
  readonly orReplace: boolean
  readonly temporary: boolean
  readonly ifNotExists: boolean
  /** The table whose shape is copied; null when the columns are written. */
  readonly like: WrittenName | null
  readonly columns: readonly ColumnDefinition[]
  readonly indexes: readonly IndexDefinition[]
  readonly options: TableOptions
  /** `WITH SYSTEM VERSIONING` */
  readonly versioned: boolean
}

export interface AlterTable {
  readonly kind: 'alter_table'
  readonly table: WrittenName
  readonly specs: readonly AlterSpec[]
}

/** A piece of a statement that names several tables, with the statement that does only this. */
export interface Rename {
  readonly from: WrittenName
  readonly to: WrittenName
  readonly ddl: string
}

export type DdlStatement =
  | CreateTable
  | AlterTable
  | {
      readonly kind: 'drop_table'
      readonly tables: readonly WrittenName[]
      readonly temporary: boolean
      /** What stands before the names, such as `DROP TABLE IF EXISTS `. */
      readonly prefix: string
      /** ` RESTRICT`, ` CASCADE` or nothing. */
      readonly suffix: string
    }
  | { readonly kind: 'rename_table'; readonly renames: readonly Rename[] }
  | { readonly kind: 'truncate_table'; readonly table: WrittenName }
  | {
      readonly kind: 'create_index'
      readonly table: WrittenName
      readonly index: IndexDefinition
      readonly orReplace: boolean
    }
  | { readonly kind: 'drop_index'; readonly table: WrittenName; readonly name: string }
  | {
      readonly kind: 'create_database'
      readonly database: string
      readonly charset: string | null
      readonly ifNotExists: boolean
      readonly orReplace: boolean
    }
  | {
      readonly kind: 'alter_database'
      /** Null: the session's. */
      readonly database: string | null
      readonly charset: string | null
    }
  | { readonly kind: 'drop_database'; readonly database: string }
  | { readonly kind: 'use'; readonly database: string }
  /** `SET character_set_server`, which begins the statements of a snapshot. */
  | { readonly kind: 'set_server_charset'; readonly charset: string }
  /** Changes no table: DML, views, accounts, ... */
  | { readonly kind: 'other'; readonly verb: string }
  /** May change tables, but cannot be read. */
  | {
      readonly kind: 'unparsed'
      /** What could be seen of the names of tables; empty when that is nothing. */
      readonly tables: readonly WrittenName[]
      readonly reason: string
    }

/** A statement as read, and its text without comments and semicolons around it. */
export interface ParsedDdl {
  readonly statement: DdlStatement
  readonly text: string
}
