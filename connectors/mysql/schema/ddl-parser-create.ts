import { charsetOfCollation } from './charsets.ts'
import { parseColumn } from './ddl-parser-column.ts'
import { parseCharset, parseCollation } from './ddl-parser-type.ts'
import type {
  ColumnDefinition,
  CreateTable,
  IndexDefinition,
  TableOptions
} from './ddl-statement.ts'
import type { TokenReader, WrittenName } from './token-reader.ts'

/** Reads what comes after `CREATE [OR REPLACE] [TEMPORARY] TABLE`. */
export function parseCreateTable(
  reader: TokenReader,
  how: Pick<CreateTable, 'orReplace' | 'temporary'>
): CreateTable {
  const ifNotExists = reader.take('IF', 'NOT', 'EXISTS')
  const table = reader.tableName()
  const head = { kind: 'create_table', table, ...how, ifNotExists } as const
  const like = parseLike(reader)
  if (like) return { ...head, like, ...EMPTY }
  const columns: ColumnDefinition[] = []
  const indexes: IndexDefinition[] = []
  if (reader.isSymbol('(') && !reader.isOneOfAt(1, QUERY)) {
    reader.next()
    do parseItem(reader, columns, indexes)
    while (reader.takeSymbol(','))
    reader.expectSymbol(')')
  }
  const rest = parseCreateOptions(reader)
  reader.expectEnd()
  if (columns.length === 0) reader.fail('a column')
  return { ...head, like: null, columns, indexes, ...rest }
}

const NO_OPTIONS: TableOptions = { charset: null, comment: null }
const EMPTY = { columns: [], indexes: [], options: NO_OPTIONS, versioned: false } as const

/** Words that begin a query, whose columns no statement says. */
const QUERY = new Set(['SELECT', 'WITH', 'VALUES', 'TABLE', 'REPLACE', 'IGNORE', 'AS'])

function parseLike(reader: TokenReader): WrittenName | null {
  const isInside = reader.isSymbol('(') && reader.isOneOfAt(1, LIKE)
  if (isInside) reader.next()
  if (!reader.take('LIKE')) return null
  const source = reader.tableName()
  if (isInside) reader.expectSymbol(')')
  reader.expectEnd()
  return source
}

const LIKE = new Set(['LIKE'])

/** One column, index or constraint of a list; an index that a column's attributes make comes with it. */
export function parseItem(
  reader: TokenReader,
  columns: ColumnDefinition[],
  indexes: IndexDefinition[]
): void {
  const index = parseIndex(reader)
  if (index === undefined) columns.push(parseColumn(reader))
  else if (index !== null) indexes.push(index)
  const column = index === undefined ? columns.at(-1) : undefined
  if (column) indexes.push(...indexesOf(column))
  if (!reader.isSymbol(',') && !reader.isSymbol(')')) reader.fail("',' or ')'")
}

/** The indexes that attributes of a column make. */
export function indexesOf(column: ColumnDefinition): IndexDefinition[] {
  const index = (kind: IndexDefinition['kind']) =>
    ({ kind, name: null, columns: [column.name], ifNotExists: false }) as const
  const indexes: IndexDefinition[] = []
  if (column.primary) indexes.push(index('primary'))
  else if (column.unique) indexes.push(index('unique'))
  if (column.references) indexes.push(index('foreign'))
  return indexes
}

/**
 * Reads an index or a constraint.
 * @returns undefined when something else comes next, null for a constraint that is no index
 */
export function parseIndex(reader: TokenReader): IndexDefinition | null | undefined {
  let symbol: string | null = null
  if (reader.take('CONSTRAINT')) {
    const isNamed = !reader.isOneOf(CONSTRAINTS) || reader.peek().kind !== 'word'
    if (isNamed) symbol = reader.identifier()
    if (!reader.isOneOf(CONSTRAINTS)) reader.fail('a constraint')
  }
  if (reader.take('PRIMARY', 'KEY')) return indexRest(reader, 'primary', symbol)
  if (reader.take('UNIQUE')) {
    takeIndexWord(reader)
    return indexRest(reader, 'unique', symbol)
  }
  if (reader.take('FOREIGN', 'KEY')) return indexRest(reader, 'foreign', symbol)
  if (reader.is('CHECK') && reader.isSymbol('(', 1)) {
    reader.skipItem()
    return null
  }
  if (reader.is('PERIOD', 'FOR')) {
    reader.skipItem()
    return null
  }
  if (isPlainIndex(reader)) {
    if (!takeIndexWord(reader)) {
      reader.next()
      takeIndexWord(reader)
    }
    return indexRest(reader, 'other', null)
  }
  return undefined
}

const CONSTRAINTS = new Set(['PRIMARY', 'UNIQUE', 'FOREIGN', 'CHECK'])
const INDEX_KINDS = new Set(['FULLTEXT', 'SPATIAL', 'VECTOR'])
const INDEX_WORDS = new Set(['INDEX', 'KEY'])

function isPlainIndex(reader: TokenReader): boolean {
  if (reader.isOneOf(INDEX_WORDS)) return true
  if (!reader.isOneOf(INDEX_KINDS)) return false
  // VECTOR may be the name of a column; FULLTEXT and SPATIAL are reserved.
  return (
    !reader.is('VECTOR') ||
    reader.isOneOfAt(1, INDEX_WORDS) ||
    reader.isSymbol('(', 1) ||
    reader.isSymbol('(', 2)
  )
}

function takeIndexWord(reader: TokenReader): boolean {
  return reader.take('INDEX') || reader.take('KEY')
}

/** Reads `[IF NOT EXISTS] [name] [USING x] (parts) options`. */
function indexRest(
  reader: TokenReader,
  kind: IndexDefinition['kind'],
  symbol: string | null
): IndexDefinition {
  const ifNotExists = reader.take('IF', 'NOT', 'EXISTS')
  let name = symbol
  if (!reader.isSymbol('(') && !reader.is('USING') && !reader.is('TYPE')) name = reader.identifier()
  const columns = parseIndexColumns(reader)
  reader.skipItem()
  return { kind, name, columns, ifNotExists }
}

/** Reads `[USING x] (column, ...)`. */
export function parseIndexColumns(reader: TokenReader): (string | null)[] {
  if (reader.take('USING') || reader.take('TYPE')) reader.next()
  reader.expectSymbol('(')
  const columns: (string | null)[] = []
  do {
    columns.push(reader.isSymbol('(') ? null : reader.identifier())
    // An expression, a length, ASC, DESC, WITHOUT OVERLAPS
    reader.skipItem()
  } while (reader.takeSymbol(','))
  reader.expectSymbol(')')
  return columns
}

/** Reads the options after the parenthesis that closes the columns. */
function parseCreateOptions(reader: TokenReader): Pick<CreateTable, 'options' | 'versioned'> {
  let options = NO_OPTIONS
  let versioned = false
  while (!reader.atEnd) {
    if (reader.takeSymbol(',')) continue
    if (reader.take('WITH', 'SYSTEM', 'VERSIONING')) versioned = true
    else if (reader.isOneOf(QUERY) || (reader.isSymbol('(') && reader.isOneOfAt(1, QUERY))) {
      reader.fail('a table without a query')
    } else if (reader.is('PARTITION', 'BY')) skipPartitions(reader)
    else options = { ...options, ...parseOption(reader) }
  }
  return { options, versioned }
}

/** A query may come after the partitions. */
function skipPartitions(reader: TokenReader): void {
  while (!reader.atEnd && !reader.is('SELECT') && !reader.is('AS')) reader.skipOne()
}

/** Reads one option of a table; of those without a meaning here one token. */
export function parseOption(reader: TokenReader): Partial<TableOptions> {
  reader.take('DEFAULT')
  const charset = parseCharset(reader)
  if (charset !== undefined) return charset === null ? {} : { charset }
  const collation = parseCollation(reader)
  if (collation !== undefined) {
    const charsetOf = charsetOfCollation(collation)
    return charsetOf === null ? {} : { charset: charsetOf }
  }
  if (reader.is('COMMENT')) {
    reader.next()
    reader.takeSymbol('=')
    return { comment: reader.text() }
  }
  reader.skipOne()
  if (reader.takeSymbol('=')) reader.skipOne()
  return {}
}
