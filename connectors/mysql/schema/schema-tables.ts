import { quoteName } from '../errors.ts'
import { alterTable } from './alter-table.ts'
import { parseDdl } from './ddl-parser.ts'
import type { CreateTable, DdlStatement, IndexDefinition, ParsedDdl } from './ddl-statement.ts'
import type { SqlDialect } from './ddl-tokens.ts'
import { addIndexes, createdTable, sameName, tableOf, UnknownObject } from './table-from-ddl.ts'
import type { SchemaChange, TableChange, TableModel } from './table-model.ts'
import type { WrittenName } from './token-reader.ts'

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

export interface QualifiedName {
  readonly database: string
  readonly name: string
}

/** What a statement did. */
export interface AppliedDdl {
  /** What Debezium publishes about it; empty for what changes no shape. */
  readonly changes: readonly SchemaChange[]
  /** New versions of tables, also those of which {@link changes} shows nothing. */
  readonly altered: readonly TableModel[]
  /** Names that stand for no table any more: dropped, or the old ones of a RENAME. */
  readonly dropped: readonly QualifiedName[]
  /** Tables that lost all their rows. */
  readonly truncated: readonly QualifiedName[]
  /**
   * Null when the statement was understood. Otherwise the shapes of `tables`, or of all where that is
   * empty, are to be read again.
   */
  readonly unknown: { readonly tables: readonly QualifiedName[]; readonly reason: string } | null
}

const NOTHING: AppliedDdl = {
  changes: [],
  altered: [],
  dropped: [],
  truncated: [],
  unknown: null
}

/** The tables of a server, kept up to date by its DDL statements. Models in it never change. */
export class SchemaTables {
  readonly #facts: ServerFacts
  readonly #tables = new Map<string, TableModel>()
  readonly #charsets = new Map<string, string>()
  #serverCharset: string

  constructor(facts: ServerFacts) {
    this.#facts = facts
    this.#serverCharset = facts.charset
  }

  get(database: string, name: string): TableModel | undefined {
    return this.#tables.get(this.#key(database, name))
  }

  set(table: TableModel): void {
    this.#tables.set(this.#key(table.database, table.name), table)
  }

  delete(database: string, name: string): void {
    this.#tables.delete(this.#key(database, name))
  }

  all(): readonly TableModel[] {
    return [...this.#tables.values()]
  }

  /** Says which character set the tables of a database have by default. */
  setDatabase(database: string, charset: string): void {
    this.#charsets.set(this.#folded(database), charset)
  }

  /**
   * Applies a statement of the log. Statements that are no DDL do nothing, and so does everything about
   * temporary tables.
   */
  apply(sql: string, session: StatementSession): AppliedDdl {
    const dialect: SqlDialect = {
      flavor: this.#facts.flavor,
      serverVersion: this.#facts.version,
      ansiQuotes: session.ansiQuotes ?? false,
      noBackslashEscapes: session.noBackslashEscapes ?? false
    }
    const parsed = parseDdl(sql, dialect)
    try {
      return session.errorCode
        ? this.#applyFailed(parsed, session.database)
        : this.#apply(parsed, session.database)
    } catch (error) {
      if (!(error instanceof UnknownObject)) throw error
      const tables = namesIn(parsed.statement).map((name) =>
        this.#qualified(name, session.database)
      )
      return { ...NOTHING, unknown: { tables, reason: error.message } }
    }
  }

  /** CREATE OR REPLACE TABLE drops first; everything else that fails changes no shape. */
  #applyFailed({ statement, text }: ParsedDdl, session: string): AppliedDdl {
    const replaces = statement.kind === 'create_table' && statement.orReplace
    if (!replaces || statement.temporary) return NOTHING
    const place = this.#qualified(statement.table, session)
    if (!this.get(place.database, place.name)) return NOTHING
    this.delete(place.database, place.name)
    return { ...NOTHING, changes: [droppedChange(place, text)], dropped: [place] }
  }

  #apply({ statement, text }: ParsedDdl, session: string): AppliedDdl {
    switch (statement.kind) {
      case 'other':
        return NOTHING
      case 'unparsed': {
        const tables = statement.tables.map((name) => this.#qualified(name, session))
        return { ...NOTHING, unknown: { tables, reason: statement.reason } }
      }
      case 'create_table':
        return this.#create(statement, text, session)
      case 'alter_table':
        return this.#alter(statement, text, session)
      case 'drop_table':
        return this.#drop(statement, session)
      case 'rename_table':
        return this.#rename(statement, session)
      case 'truncate_table':
        return { ...NOTHING, truncated: [this.#qualified(statement.table, session)] }
      case 'create_index':
      case 'drop_index':
        return this.#changeIndex(statement, text, session)
      default:
        return this.#applyToDatabase(statement, text, session)
    }
  }

  #create(statement: CreateTable, ddl: string, session: string): AppliedDdl {
    if (statement.temporary) return NOTHING
    const place = this.#qualified(statement.table, session)
    const isThere = this.get(place.database, place.name) !== undefined
    if (isThere && statement.ifNotExists) return NOTHING
    const source = statement.like && this.#known(this.#qualified(statement.like, session))
    const table = source
      ? { ...source, ...place }
      : createdTable(statement, place, this.#settings(place.database))
    this.set(table)
    return altered('CREATE', table, ddl)
  }

  #alter(
    statement: Extract<DdlStatement, { kind: 'alter_table' }>,
    ddl: string,
    session: string
  ): AppliedDdl {
    const place = this.#qualified(statement.table, session)
    const table = alterTable(this.#known(place), statement.specs, this.#settings(place.database))
    const renamed = statement.specs.findLast((spec) => spec.kind === 'rename_table')
    if (!renamed) {
      this.set(table)
      return altered('ALTER', table, ddl)
    }
    return this.#moved(table, this.#qualified(renamed.to, session), ddl)
  }

  /** A table under another name. */
  #moved(table: TableModel, to: QualifiedName, ddl: string): AppliedDdl {
    const from = { database: table.database, name: table.name }
    const moved = { ...table, ...to }
    this.delete(from.database, from.name)
    this.set(moved)
    const isSame = this.#key(from.database, from.name) === this.#key(to.database, to.name)
    const { changes, altered: now } = altered('ALTER', moved, ddl, from)
    return { ...NOTHING, changes, altered: now, dropped: isSame ? [] : [from] }
  }

  #drop(statement: Extract<DdlStatement, { kind: 'drop_table' }>, session: string): AppliedDdl {
    if (statement.temporary) return NOTHING
    const dropped = statement.tables.map((name) => this.#qualified(name, session))
    const changes = dropped.map((place) => {
      this.delete(place.database, place.name)
      const names = `${quoteName(place.database)}.${quoteName(place.name)}`
      return droppedChange(place, statement.prefix + names + statement.suffix)
    })
    return { ...NOTHING, changes, dropped }
  }

  #rename(statement: Extract<DdlStatement, { kind: 'rename_table' }>, session: string): AppliedDdl {
    const steps: AppliedDdl[] = []
    const lost: QualifiedName[] = []
    for (const { from, to, ddl } of statement.renames) {
      const place = this.#qualified(from, session)
      const table = this.get(place.database, place.name)
      const target = this.#qualified(to, session)
      if (table) steps.push(this.#moved(table, target, ddl))
      else lost.push(target)
    }
    const unknown = { tables: lost, reason: 'a table that is renamed is not known' }
    const altered = steps.flatMap((step) => step.altered)
    return {
      ...NOTHING,
      changes: steps.flatMap((step) => step.changes),
      // A name may go and come back: only what is so at the end counts.
      altered: altered.filter((table) => this.get(table.database, table.name) === table),
      dropped: steps
        .flatMap((step) => step.dropped)
        .filter((name) => this.get(name.database, name.name) === undefined),
      unknown: lost.length > 0 ? unknown : null
    }
  }

  #changeIndex(
    statement: Extract<DdlStatement, { kind: 'create_index' | 'drop_index' }>,
    ddl: string,
    session: string
  ): AppliedDdl {
    const place = this.#qualified(statement.table, session)
    const before = this.#known(place)
    const table =
      statement.kind === 'create_index'
        ? withIndex(before, statement.index, statement.orReplace)
        : withoutIndex(before, statement.name)
    this.set(table)
    return { ...NOTHING, changes: [schemaChange(place.database, ddl)], altered: [table] }
  }

  #applyToDatabase(
    statement: Exclude<DdlStatement, { table: unknown } | { tables: unknown }>,
    ddl: string,
    session: string
  ): AppliedDdl {
    if (statement.kind === 'create_database') {
      const isKnown = this.#charsets.has(this.#folded(statement.database))
      if (isKnown && statement.ifNotExists) return NOTHING
      const dropped = statement.orReplace ? this.#forget(statement.database) : []
      this.setDatabase(statement.database, statement.charset ?? this.#serverCharset)
      return { ...NOTHING, changes: [schemaChange(this.#stored(statement.database), ddl)], dropped }
    }
    if (statement.kind === 'alter_database') {
      const database = statement.database ?? session
      if (statement.charset) this.setDatabase(database, statement.charset)
      return { ...NOTHING, changes: [schemaChange(this.#stored(database), ddl)] }
    }
    if (statement.kind === 'drop_database') {
      const dropped = this.#forget(statement.database)
      this.#charsets.delete(this.#folded(statement.database))
      return { ...NOTHING, changes: [schemaChange(this.#stored(statement.database), ddl)], dropped }
    }
    if (statement.kind === 'set_server_charset') {
      this.#serverCharset = statement.charset
      return { ...NOTHING, changes: [schemaChange('', ddl)] }
    }
    return NOTHING
  }

  #forget(database: string): QualifiedName[] {
    const gone = this.all().filter(
      (table) => this.#folded(table.database) === this.#folded(database)
    )
    for (const table of gone) this.delete(table.database, table.name)
    return gone.map(({ database: of, name }) => ({ database: of, name }))
  }

  /** @throws {UnknownObject} */
  #known({ database, name }: QualifiedName): TableModel {
    const table = this.get(database, name)
    if (!table) throw new UnknownObject(`table '${database}.${name}' is not known`)
    return table
  }

  #settings(database: string) {
    return {
      flavor: this.#facts.flavor,
      charset: this.#charsets.get(this.#folded(database)) ?? this.#serverCharset,
      explicitTimestamps: this.#facts.explicitTimestamps
    }
  }

  #qualified({ database, name }: WrittenName, session: string): QualifiedName {
    return { database: this.#stored(database ?? session), name: this.#stored(name) }
  }

  /** A name of a database or table as the server keeps it. */
  #stored(name: string): string {
    return this.#facts.lowerCaseTableNames === 1 ? name.toLowerCase() : name
  }

  #folded(name: string): string {
    return this.#facts.lowerCaseTableNames === 0 ? name : name.toLowerCase()
  }

  #key(database: string, name: string): string {
    return `${this.#folded(database)}\0${this.#folded(name)}`
  }
}

function altered(
  type: 'CREATE' | 'ALTER',
  table: TableModel,
  ddl: string,
  previous: QualifiedName | null = null
): AppliedDdl {
  const { database, name } = table
  const change = schemaChange(database, ddl, { type, database, name, previous, table })
  return { ...NOTHING, changes: [change], altered: [table] }
}

function schemaChange(database: string, ddl: string, ...changes: TableChange[]): SchemaChange {
  return { database, ddl, changes }
}

function droppedChange(place: QualifiedName, ddl: string): SchemaChange {
  return schemaChange(place.database, ddl, { type: 'DROP', ...place, previous: null, table: null })
}

function withIndex(table: TableModel, index: IndexDefinition, orReplace: boolean): TableModel {
  const before = orReplace && index.name !== null ? withoutIndex(table, index.name) : table
  return tableOf({ ...before, ...addIndexes(before, [index]) })
}

function withoutIndex(table: TableModel, name: string): TableModel {
  const primaryKey = sameName(name, 'PRIMARY') ? [] : table.primaryKey
  const indexes = table.indexes.filter((index) => !sameName(index.name, name))
  return tableOf({ ...table, primaryKey, indexes })
}

/** The tables that are another after the statement. */
function namesIn(statement: DdlStatement): readonly WrittenName[] {
  if (statement.kind === 'alter_table') {
    const renamed = statement.specs.findLast((spec) => spec.kind === 'rename_table')
    return renamed ? [statement.table, renamed.to] : [statement.table]
  }
  if ('table' in statement) return [statement.table]
  return []
}
