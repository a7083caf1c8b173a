import { ConnectError } from '../../runtime/api/errors.ts'
import type { SourceRecord } from '../../runtime/api/record.ts'
import type { Logger } from '../../runtime/api/task.ts'
import type { QueryEvent, TableMap } from './binlog/binlog-event.ts'
import type { ReadRows, TableCompiler } from './captured-table.ts'
import { reaches } from './log-point.ts'
import type { StatementPlace } from './place.ts'
import type { MysqlRecords } from './records.ts'
import type { AppliedDdl } from './schema/applied-ddl.ts'
import { parseDdl } from './schema/ddl-parser.ts'
import type { DdlStatement } from './schema/ddl-statement.ts'
import { fitModel, fits } from './schema/match.ts'
import type { SchemaTables } from './schema/schema-tables.ts'
import type { StatementSession } from './schema/server-facts.ts'
import type { SchemaChange, TableModel } from './schema/table-model.ts'
import type { SchemaChangeRecords } from './schema-change-records.ts'
import type { ServerSchema } from './server-schema.ts'
import type { ShapeStore } from './shape-store.ts'
import { tablesIn } from './statement-tables.ts'
import type { StreamPorts } from './stream-ports.ts'
import type { TableFilter, TableName } from './table-filter.ts'

/** Bits of `sql_mode`: https://dev.mysql.com/doc/dev/mysql-server/latest/system__variables_8h.html */
const ANSI_QUOTES = 4
const NO_BACKSLASH_ESCAPES = 2 ** 20

export interface FollowerOptions {
  readonly filter: TableFilter
  readonly tables: SchemaTables
  readonly store: ShapeStore
  readonly server: ServerSchema
  readonly compiler: TableCompiler
  readonly records: MysqlRecords
  /** Null: they are not published. */
  readonly changeRecords: SchemaChangeRecords | null
  readonly tolerance: 'fail' | 'warn' | 'skip'
  /** `signal.data.collection`: its rows are wanted even where it is not captured. */
  readonly signalTable: string | null
  readonly logger: Logger
}

/**
 * Knows the shape that tables have at the place that the stream has reached: from what is stored, from the
 * statements of the log, and where both say nothing, from the server as it is now.
 */
export class SchemaFollower implements StreamPorts {
  readonly #options: FollowerOptions
  /** Told that rows of a table are to be read anew. */
  onChange: (database: string, name: string) => void = () => {}

  constructor(options: FollowerOptions) {
    this.#options = options
  }

  async resolve(map: TableMap): Promise<ReadRows | null> {
    const { filter, compiler, server, store, tables } = this.#options
    const table = { database: map.database, name: map.name }
    const isCaptured = filter.captures(map.database, map.name)
    if (!isCaptured && this.#options.signalTable !== `${map.database}.${map.name}`) return null
    await this.#load(table)
    const known = tables.get(table.database, table.name)
    if (known !== undefined && fits(map, known)) return compiler.rowsOf(known, map, isCaptured)
    const now = await server.readTable(table)
    if (known === undefined && now !== null) {
      tables.set(now.table)
      store.write(table, now)
    }
    const models = [known, now?.table].filter((one) => one !== undefined)
    const model = fitModel(map, models)
    if (model === null) return this.#unreadable(map)
    return compiler.rowsOf(model, map, isCaptured)
  }

  async onStatement(event: QueryEvent, place: StatementPlace, out: SourceRecord[]): Promise<void> {
    const session = sessionOf(event)
    const { filter, tables, server } = this.#options
    const { statement, text } = parseDdl(event.sql, server.dialect(session))
    if (statement.kind === 'other') return
    const named = tablesIn(statement, {
      database: event.database,
      lowerCase: server.facts.lowerCaseTableNames === 1
    })
    if (named.length > 0 && !named.some(({ database, name }) => filter.follows(database, name)))
      return
    for (const table of named) await this.#load(table)
    const isApplied = named.some((table) => this.#reaches(table, place))
    const applied = isApplied ? this.#appliedBefore(named, text) : tables.apply(event.sql, session)
    const complete = applied.unknown === null ? applied : await this.#readAnew(applied, text, named)
    this.#truncate(complete, place, out)
    if (!isApplied) this.#store(complete, place)
    if (dropsDatabase(statement)) this.#dropDatabases(complete, place)
    this.#publish(complete, place, out)
  }

  onLoggedStatement(event: QueryEvent, place: StatementPlace): void {
    const { filter, tolerance, logger } = this.#options
    if (!filter.capturesDatabase(event.database) && !QUALIFIED.test(event.sql)) return
    const about = `a change of rows is logged as a statement at ${place.file}, position ${place.pos} (database '${event.database}')`
    if (tolerance === 'fail') {
      throw new ConnectError('MYSQL_STATEMENT_LOGGED', `In the binary log ${about}`, {
        hint: 'Set binlog_format=ROW for all sessions of the server, then reset the offsets for a new snapshot; or set inconsistent.schema.handling.mode to warn, to go on without these changes'
      })
    }
    const message = `Changes are left out: ${about}`
    if (tolerance === 'warn') logger.warn(message)
    else logger.debug(message)
  }

  /** Brings what is stored of a table into memory. */
  async #load(table: TableName): Promise<void> {
    const { filter, store, tables } = this.#options
    if (!filter.follows(table.database, table.name)) return
    if (store.known(table) !== undefined) return
    const shape = await store.load(table)
    if (shape?.table) tables.set(shape.table)
  }

  /** Whether the shape of a table already has what the statement did. */
  #reaches(table: TableName, place: StatementPlace): boolean {
    const shape = this.#options.store.known(table)
    if (shape === undefined || shape === null) return false
    return reaches(shape.since, { ...place.after, gtid: place.gtid }, this.#options.server.flavor)
  }

  #appliedBefore(named: readonly TableName[], ddl: string): AppliedDdl {
    const { tables } = this.#options
    const changes = named.flatMap((table) => {
      const model = tables.get(table.database, table.name)
      return model ? [alteration(model, ddl)] : []
    })
    return { changes, altered: [], dropped: [], truncated: [], unknown: null }
  }

  /** A statement that cannot be read, or is of tables that nobody knows: the server is asked. */
  async #readAnew(
    applied: AppliedDdl,
    ddl: string,
    named: readonly TableName[]
  ): Promise<AppliedDdl> {
    const { tables, server, filter, logger } = this.#options
    const listed = applied.unknown?.tables.length ? applied.unknown.tables : named
    const asked = listed.length > 0 ? listed : tables.all()
    const altered: TableModel[] = []
    for (const { database, name } of asked) {
      if (!filter.follows(database, name)) continue
      const now = await server.readTable({ database, name })
      if (now === null) continue
      tables.set(now.table)
      altered.push(now.table)
    }
    logger.warn(
      `A statement is not understood (${applied.unknown?.reason ?? ''}), so tables were read from the server as they are now: ${ddl}`,
      { tables: altered.map(({ database, name }) => `${database}.${name}`) }
    )
    return {
      ...applied,
      changes: [...applied.changes, ...altered.map((table) => alteration(table, ddl))],
      altered: [...applied.altered, ...altered],
      unknown: null
    }
  }

  #truncate(applied: AppliedDdl, place: StatementPlace, out: SourceRecord[]): void {
    const { filter, tables, compiler, records } = this.#options
    for (const { database, name } of applied.truncated) {
      this.onChange(database, name)
      if (!filter.captures(database, name)) continue
      const model = tables.get(database, name)
      if (model === undefined) continue
      const origin = { ...place, database, table: name }
      records.truncate(out, compiler.compile(model), records.source(origin, place.lastRow))
    }
  }

  #store(applied: AppliedDdl, place: StatementPlace): void {
    const { filter, store } = this.#options
    const since = place.after
    for (const table of applied.altered) {
      this.onChange(table.database, table.name)
      if (filter.follows(table.database, table.name)) store.write(table, { table, since })
    }
    for (const name of applied.dropped) {
      this.onChange(name.database, name.name)
      if (filter.follows(name.database, name.name)) store.write(name, { table: null, since })
    }
  }

  #dropDatabases(applied: AppliedDdl, place: StatementPlace): void {
    const { filter, store } = this.#options
    for (const { database } of applied.changes) {
      if (filter.capturesDatabase(database)) store.dropDatabase(database, place.after)
    }
  }

  #publish(applied: AppliedDdl, place: StatementPlace, out: SourceRecord[]): void {
    this.#options.changeRecords?.append(
      out,
      applied.changes.filter((change) => this.#isPublished(change)),
      place
    )
  }

  #isPublished({ database, changes }: SchemaChange): boolean {
    const { filter } = this.#options
    if (!filter.capturesDatabase(database)) return false
    return changes.length === 0 || changes.some((one) => filter.follows(one.database, one.name))
  }

  /** Rows that fit no shape that anybody knows. */
  #unreadable(map: TableMap): null {
    const { tolerance, logger } = this.#options
    const message = `Rows of ${map.database}.${map.name} in the binary log fit no known shape of the table (${map.columns.length} columns)`
    if (tolerance === 'fail') {
      throw new ConnectError('MYSQL_TABLE_MISMATCH', message, {
        hint: 'Set binlog_row_metadata=FULL on the server, so that the log describes its rows; or reset the offsets for a new snapshot'
      })
    }
    if (tolerance === 'warn') logger.warn(`${message}: they are left out`)
    else logger.debug(`${message}: they are left out`)
    return null
  }
}

function dropsDatabase(statement: DdlStatement): boolean {
  return (
    statement.kind === 'drop_database' ||
    (statement.kind === 'create_database' && statement.orReplace)
  )
}

/** A name of two parts, such as `shop`.`orders`. */
const QUALIFIED = /[A-Za-z_`"][\w$`"]*\s*\.\s*[A-Za-z_`"]/

function sessionOf(event: QueryEvent): StatementSession {
  return {
    database: event.database,
    errorCode: event.errorCode,
    ansiQuotes: (event.sqlMode & ANSI_QUOTES) !== 0,
    noBackslashEscapes: Math.floor(event.sqlMode / NO_BACKSLASH_ESCAPES) % 2 === 1
  }
}

function alteration(table: TableModel, ddl: string): SchemaChange {
  const { database, name } = table
  return { database, ddl, changes: [{ type: 'ALTER', database, name, previous: null, table }] }
}
