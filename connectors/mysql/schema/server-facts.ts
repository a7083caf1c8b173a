/** What a server says about how it reads statements. */
export interface ServerFacts {
  readonly flavor: 'mysql' | 'mariadb'
  /** Such as 80036 or 101119. */
  readonly version: number
  /** `lower_case_table_names`: 0 tells case apart, 1 stores lower case, 2 only compares so. */
  readonly lowerCaseTableNames: 0 | 1 | 2
  /** `character_set_server`: of databases of which nothing else is known. */
  readonly charset: string
  /** `explicit_defaults_for_timestamp` */
  readonly explicitTimestamps: boolean
}

/** The session that ran a statement. */
export interface StatementSession {
  /** The database of names without one; empty for none. */
  readonly database: string
  /** Of its `sql_mode`. Default: false. */
  readonly ansiQuotes?: boolean
  /** Of its `sql_mode`. Default: false. */
  readonly noBackslashEscapes?: boolean
  /** With which error it ended; the log has failed statements that did a part of their work. Default: 0. */
  readonly errorCode?: number
}
