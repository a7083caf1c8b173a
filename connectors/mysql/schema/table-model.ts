/**
 * Tables as their DDL declares them. What Debezium keeps in its schema history (`tableChanges`), field by
 * field, so that schema change events follow from it: https://debezium.io, "Schema change topic".
 */

/** One column of a table. */
export interface ColumnModel {
  readonly name: string
  /**
   * Upper case, with attributes that change the type but without length or values, as Debezium writes
   * it: `INT`, `BIGINT UNSIGNED`, `INT UNSIGNED ZEROFILL`, `VARCHAR`, `ENUM`, `BOOLEAN`, `UUID`, `INET6`.
   * It is the word that the statement used: `REAL` and `BOOLEAN` stay what they are.
   */
  readonly typeName: string
  /** Characters, bytes, bits, digits or the precision of fractions, as declared; null when not declared. */
  readonly length: number | null
  readonly scale: number | null
  /** The character set of its text, such as `utf8mb4`; null for types without text. */
  readonly charset: string | null
  /** Whether it may be null. */
  readonly optional: boolean
  readonly autoIncremented: boolean
  /** `GENERATED ALWAYS AS` (virtual or stored). An auto-incremented column is none here. */
  readonly generated: boolean
  readonly comment: string | null
  /** Whether there is a DEFAULT, an implicit NULL of an optional column included. */
  readonly hasDefault: boolean
  /**
   * The default: of a quoted literal its value, without quotes and escapes; of everything else the text
   * as written, such as `-5`, `true`, `b'101'`, `X'0102'`, `current_timestamp(3)` or `(1 + 2)`. Null for
   * NULL and for none.
   */
  readonly defaultExpression: string | null
  /** Whether the default is a quoted literal, and not a number, a keyword or an expression. */
  readonly defaultIsLiteral: boolean
  /** Values of ENUM and SET, without quotes and escapes. */
  readonly values: readonly string[]
  /** An `INVISIBLE` column: `SELECT *` leaves it out, the binlog does not. */
  readonly invisible: boolean
  /** Only in rows of the log, never in statements and events: MariaDB's hash of a long unique key. */
  readonly hidden?: true
}

/** One version of a table. Immutable; a statement that changes it makes another. */
export interface TableModel {
  readonly database: string
  readonly name: string
  readonly columns: readonly ColumnModel[]
  /** Names, in the order of the key; empty when there is none. */
  readonly primaryKey: readonly string[]
  /** Columns of unique indexes that are all NOT NULL, in order of declaration: they stand in for a primary key. */
  readonly uniqueKeys: readonly (readonly string[])[]
  /** All indexes but the primary key, which later statements name. */
  readonly indexes: readonly IndexModel[]
  /** Default character set of the table. */
  readonly charset: string | null
  readonly comment: string | null
}

export interface IndexModel {
  readonly name: string
  readonly unique: boolean
  /** Null for an expression. Of some columns only the beginning may count. */
  readonly columns: readonly (string | null)[]
}

/** What one statement of the binlog did to tables and databases. */
export interface SchemaChange {
  /** The database that the event belongs to: the table's, or the session's; empty for a server setting. */
  readonly database: string
  /** The statement, as Debezium publishes it: one per table where one statement drops or renames several. */
  readonly ddl: string
  readonly changes: readonly TableChange[]
}

export interface TableChange {
  readonly type: 'CREATE' | 'ALTER' | 'DROP'
  readonly database: string
  readonly name: string
  /** The name before a RENAME; null otherwise. */
  readonly previous: { readonly database: string; readonly name: string } | null
  /** The table after it; null for DROP. */
  readonly table: TableModel | null
}
