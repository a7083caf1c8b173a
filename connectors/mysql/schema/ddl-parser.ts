import { charsetOfCollation } from './charsets.ts'
import { parseAlterTable } from './ddl-parser-alter.ts'
import { parseCreateTable, parseIndexColumns } from './ddl-parser-create.ts'
import { parseCharset, parseCollation } from './ddl-parser-type.ts'
import type { DdlStatement, IndexDefinition, ParsedDdl, Rename } from './ddl-statement.ts'
import { DdlSyntaxError, type SqlDialect } from './ddl-tokens.ts'
import { TokenReader, type WrittenName } from './token-reader.ts'

/**
 * Reads one statement as far as it changes the shape of tables. It never throws for what the statement
 * says: one that is not understood is `unparsed`.
 */
export function parseDdl(sql: string, dialect: SqlDialect): ParsedDdl {
  const reader = new TokenReader(sql, dialect)
  try {
    const start = reader.position
    const statement = parseStatement(reader)
    return { statement, text: statement.kind === 'other' ? sql : reader.statement(start) }
  } catch (error) {
    if (!(error instanceof DdlSyntaxError)) throw error
    const tables = visibleTables(sql, dialect)
    return { statement: { kind: 'unparsed', tables, reason: error.message }, text: sql.trim() }
  }
}

/** @param start where the statement begins */
type Parse = (reader: TokenReader, start: number) => DdlStatement | null

/** By first word; null means that it changes no table. */
const STATEMENTS: Readonly<Record<string, Parse>> = {
  CREATE: parseCreate,
  ALTER: parseAlter,
  DROP: parseDrop,
  RENAME: parseRename,
  TRUNCATE: parseTruncate,
  USE: (reader) => ({ kind: 'use', database: reader.identifier() }),
  SET: parseSet
}

function parseStatement(reader: TokenReader): DdlStatement {
  const verb = reader.peek().keyword
  const parse = Object.hasOwn(STATEMENTS, verb) ? STATEMENTS[verb] : undefined
  if (!parse) return { kind: 'other', verb }
  const start = reader.position
  reader.next()
  const statement = parse(reader, start)
  if (statement === null) return { kind: 'other', verb }
  reader.expectEnd()
  return statement
}

function parseCreate(reader: TokenReader): DdlStatement | null {
  const orReplace = reader.take('OR', 'REPLACE')
  const temporary = reader.take('TEMPORARY')
  if (reader.take('TABLE')) return parseCreateTable(reader, { orReplace, temporary })
  if (takeDatabase(reader)) {
    const ifNotExists = reader.take('IF', 'NOT', 'EXISTS')
    const database = reader.identifier()
    const charset = databaseCharset(reader)
    return { kind: 'create_database', database, charset, ifNotExists, orReplace }
  }
  return parseCreateIndex(reader, orReplace)
}

const INDEX_KINDS = new Set(['ONLINE', 'OFFLINE', 'FULLTEXT', 'SPATIAL', 'VECTOR'])

function parseCreateIndex(reader: TokenReader, orReplace: boolean): DdlStatement | null {
  while (reader.isOneOf(INDEX_KINDS)) reader.next()
  const isUnique = reader.take('UNIQUE')
  if (!reader.take('INDEX')) return null
  const ifNotExists = reader.take('IF', 'NOT', 'EXISTS')
  const name = reader.identifier()
  if (reader.take('USING') || reader.take('TYPE')) reader.next()
  reader.expect('ON')
  const table = reader.tableName()
  const kind = isUnique ? 'unique' : 'other'
  const index: IndexDefinition = { kind, name, columns: parseIndexColumns(reader), ifNotExists }
  reader.skipRest()
  return { kind: 'create_index', table, index, orReplace }
}

function parseAlter(reader: TokenReader): DdlStatement | null {
  if (takeDatabase(reader)) {
    const hasName = !reader.isOneOf(DATABASE_OPTIONS)
    const database = hasName ? reader.identifier() : null
    return { kind: 'alter_database', database, charset: databaseCharset(reader) }
  }
  while (reader.take('ONLINE') || reader.take('OFFLINE') || reader.take('IGNORE')) {
    // Say how, not what.
  }
  return reader.take('TABLE') ? parseAlterTable(reader) : null
}

const DATABASE_OPTIONS = new Set([
  'CHARACTER',
  'CHARSET',
  'COLLATE',
  'COMMENT',
  'DEFAULT',
  'ENCRYPTION',
  'READ'
])

function takeDatabase(reader: TokenReader): boolean {
  return reader.take('DATABASE') || reader.take('SCHEMA')
}

function databaseCharset(reader: TokenReader): string | null {
  let charset: string | null = null
  while (!reader.atEnd) {
    reader.take('DEFAULT')
    const named = parseCharset(reader)
    const collation = parseCollation(reader)
    if (named === undefined && collation === undefined) reader.skipOne()
    else charset = named ?? (collation && charsetOfCollation(collation)) ?? charset
  }
  return charset
}

function parseDrop(reader: TokenReader, start: number): DdlStatement | null {
  const temporary = reader.take('TEMPORARY')
  if (reader.take('TABLE') || reader.take('TABLES')) {
    reader.take('IF', 'EXISTS')
    const prefix = `${reader.writtenSince(start)} `
    const tables = [reader.tableName()]
    while (reader.takeSymbol(',')) tables.push(reader.tableName())
    if (reader.take('WAIT')) reader.number()
    else reader.take('NOWAIT')
    const suffix = reader.written(() => reader.take('RESTRICT') || reader.take('CASCADE'))
    const ending = suffix === '' ? '' : ` ${suffix}`
    return { kind: 'drop_table', tables, temporary, prefix, suffix: ending }
  }
  if (takeDatabase(reader)) {
    reader.take('IF', 'EXISTS')
    return { kind: 'drop_database', database: reader.identifier() }
  }
  while (reader.take('ONLINE') || reader.take('OFFLINE')) {
    // Say how, not what.
  }
  if (!reader.take('INDEX')) return null
  reader.take('IF', 'EXISTS')
  const name = reader.identifier()
  reader.expect('ON')
  const table = reader.tableName()
  reader.skipRest()
  return { kind: 'drop_index', table, name }
}

function parseRename(reader: TokenReader, start: number): DdlStatement | null {
  if (!reader.take('TABLE') && !reader.take('TABLES')) return null
  reader.take('IF', 'EXISTS')
  const prefix = `${reader.writtenSince(start)} `
  const renames: Rename[] = []
  do {
    const from = reader.position
    const names = parseRenamePair(reader)
    renames.push({ ...names, ddl: prefix + reader.writtenSince(from) })
  } while (reader.takeSymbol(','))
  return { kind: 'rename_table', renames }
}

function parseRenamePair(reader: TokenReader): { from: WrittenName; to: WrittenName } {
  const from = reader.tableName()
  if (reader.take('WAIT')) reader.number()
  else reader.take('NOWAIT')
  reader.expect('TO')
  return { from, to: reader.tableName() }
}

function parseTruncate(reader: TokenReader): DdlStatement {
  reader.take('TABLE')
  const table = reader.tableName()
  if (reader.take('WAIT')) reader.number()
  else reader.take('NOWAIT')
  return { kind: 'truncate_table', table }
}

function parseSet(reader: TokenReader): DdlStatement | null {
  // MariaDB: variables for one statement only.
  if (reader.take('STATEMENT')) {
    while (!reader.take('FOR')) reader.skipOne()
    return parseStatement(reader)
  }
  if (!reader.take('CHARACTER_SET_SERVER')) return null
  reader.takeSymbol(':')
  reader.expectSymbol('=')
  const charset = reader.identifier().toLowerCase()
  reader.skipRest()
  return { kind: 'set_server_charset', charset }
}

/** The names behind TABLE, or behind ON for an index, of a statement that could not be read. */
function visibleTables(sql: string, dialect: SqlDialect): WrittenName[] {
  const reader = new TokenReader(sql, dialect)
  const tables: WrittenName[] = []
  try {
    while (!reader.take('TABLE') && !reader.take('TABLES') && !reader.take('ON')) {
      if (reader.atEnd) return tables
      reader.next()
    }
    if (!reader.take('IF', 'NOT', 'EXISTS')) reader.take('IF', 'EXISTS')
    do tables.push(reader.tableName())
    while (reader.takeSymbol(',') || reader.take('TO'))
  } catch (error) {
    if (!(error instanceof DdlSyntaxError)) throw error
  }
  return tables
}
