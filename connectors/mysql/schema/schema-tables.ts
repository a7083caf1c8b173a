import { quoteName } from '../errors.ts'
import { alterTable } from './alter-table.ts'
import {
  type AppliedDdl,
  alteration,
  droppedChange,
  NO_EFFECT,
  type QualifiedName,
  schemaChange
} from './applied-ddl.ts'
import { parseDdl } from './ddl-parser.ts'
import type { CreateTable, DdlStatement, ParsedDdl } from './ddl-statement.ts'
import type { SqlDialect } from './ddl-tokens.ts'
import type { ServerFacts, StatementSession } from './server-facts.ts'
import { createdTable, UnknownObject, withIndex, withoutIndex } from './table-from-ddl.ts'
import type { TableModel } from './table-model.ts'
import type { WrittenName } from './token-reader.ts'

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
      return { ...NO_EFFECT, unknown: { tables, reason: error.message } }
    }
  }

  /** CREATE OR REPLACE TABLE drops first; everything else that fails changes no shape. */
  #applyFailed({ statement, text }: ParsedDdl, session: string): AppliedDdl {
    const replaces = statement.kind === 'create_table' && statement.orReplace
    if (!replaces || statement.temporary) return NO_EFFECT
    const place = this.#qualified(statement.table, session)
    if (!this.get(place.database, place.name)) return NO_EFFECT
    this.delete(place.database, place.name)
    return { ...NO_EFFECT, changes: [droppedChange(place, text)], dropped: [place] }
  }

  #apply({ statement, text }: ParsedDdl, session: string): AppliedDdl {
    switch (statement.kind) {
      case 'other':
        return NO_EFFECT
      case 'unparsed': {
        const tables = statement.tables.map((name) => this.#qualified(name, session))
        return { ...NO_EFFECT, unknown: { tables, reason: statement.reason } }
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
        return { ...NO_EFFECT, truncated: [this.#qualified(statement.table, session)] }
      case 'create_index':
      case 'drop_index':
        return this.#changeIndex(statement, text, session)
      default:
        return this.#applyToDatabase(statement, text, session)
    }
  }

  #create(statement: CreateTable, ddl: string, session: string): AppliedDdl {
    if (statement.temporary) return NO_EFFECT
    const place = this.#qualified(statement.table, session)
    const isThere = this.get(place.database, place.name) !== undefined
    if (isThere && statement.ifNotExists) return NO_EFFECT
    const source = statement.like && this.#known(this.#qualified(statement.like, session))
    const table = source
      ? { ...source, ...place }
      : createdTable(statement, place, this.#settings(place.database))
    this.set(table)
    return alteration('CREATE', table, ddl)
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
      return alteration('ALTER', table, ddl)
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
    const { changes, altered: now } = alteration('ALTER', moved, ddl, from)
    return { ...NO_EFFECT, changes, altered: now, dropped: isSame ? [] : [from] }
  }

  #drop(statement: Extract<DdlStatement, { kind: 'drop_table' }>, session: string): AppliedDdl {
    if (statement.temporary) return NO_EFFECT
    const dropped = statement.tables.map((name) => this.#qualified(name, session))
    const changes = dropped.map((place) => {
      this.delete(place.database, place.name)
      const names = `${quoteName(place.database)}.${quoteName(place.name)}`
      return droppedChange(place, statement.prefix + names + statement.suffix)
    })
    return { ...NO_EFFECT, changes, dropped }
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
      ...NO_EFFECT,
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
    return { ...NO_EFFECT, changes: [schemaChange(place.database, ddl)], altered: [table] }
  }

  #applyToDatabase(
    statement: Exclude<DdlStatement, { table: unknown } | { tables: unknown }>,
    ddl: string,
    session: string
  ): AppliedDdl {
    if (statement.kind === 'create_database') {
      const isKnown = this.#charsets.has(this.#folded(statement.database))
      if (isKnown && statement.ifNotExists) return NO_EFFECT
      const dropped = statement.orReplace ? this.#forget(statement.database) : []
      this.setDatabase(statement.database, statement.charset ?? this.#serverCharset)
      return {
        ...NO_EFFECT,
        changes: [schemaChange(this.#stored(statement.database), ddl)],
        dropped
      }
    }
    if (statement.kind === 'alter_database') {
      const database = statement.database ?? session
      if (statement.charset) this.setDatabase(database, statement.charset)
      return { ...NO_EFFECT, changes: [schemaChange(this.#stored(database), ddl)] }
    }
    if (statement.kind === 'drop_database') {
      const dropped = this.#forget(statement.database)
      this.#charsets.delete(this.#folded(statement.database))
      return {
        ...NO_EFFECT,
        changes: [schemaChange(this.#stored(statement.database), ddl)],
        dropped
      }
    }
    if (statement.kind === 'set_server_charset') {
      this.#serverCharset = statement.charset
      return { ...NO_EFFECT, changes: [schemaChange('', ddl)] }
    }
    return NO_EFFECT
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

/** The tables that are another after the statement. */
function namesIn(statement: DdlStatement): readonly WrittenName[] {
  if (statement.kind === 'alter_table') {
    const renamed = statement.specs.findLast((spec) => spec.kind === 'rename_table')
    return renamed ? [statement.table, renamed.to] : [statement.table]
  }
  if ('table' in statement) return [statement.table]
  return []
}
