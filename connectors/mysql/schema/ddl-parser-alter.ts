import { charsetOfCollation } from './charsets.ts'
import { parseColumn, parseColumnAs, parseDefault, parsePosition } from './ddl-parser-column.ts'
import { indexesOf, parseIndex, parseItem, parseOption } from './ddl-parser-create.ts'
import { parseCharset, parseCollation } from './ddl-parser-type.ts'
import type { AlterSpec, AlterTable, ColumnDefinition, IndexDefinition } from './ddl-statement.ts'
import type { TokenReader } from './token-reader.ts'

/**
 * Reads what comes after `ALTER [ONLINE] [IGNORE] TABLE`.
 * https://dev.mysql.com/doc/refman/8.4/en/alter-table.html, https://mariadb.com/kb/en/alter-table/
 */
export function parseAlterTable(reader: TokenReader): AlterTable {
  reader.take('IF', 'EXISTS')
  const table = reader.tableName()
  if (reader.take('WAIT')) reader.number()
  else reader.take('NOWAIT')
  const specs: AlterSpec[] = []
  while (!reader.atEnd) {
    specs.push(...parseSpec(reader))
    if (isPartitioning(reader)) reader.skipRest()
    else if (!reader.takeSymbol(',')) reader.expectEnd()
  }
  return { kind: 'alter_table', table, specs }
}

/** Reads one part of the list; those that change nothing here give none. */
function parseSpec(reader: TokenReader): AlterSpec[] {
  if (isPartitioning(reader)) {
    reader.skipRest()
    return []
  }
  if (reader.take('ADD')) return parseAdd(reader)
  if (reader.take('DROP')) return parseDrop(reader)
  if (reader.take('CHANGE')) return parseChange(reader)
  if (reader.take('MODIFY')) return parseModify(reader)
  if (reader.take('RENAME')) return [parseRename(reader)]
  if (reader.take('ALTER')) return parseAlter(reader)
  if (reader.is('CONVERT', 'TO')) return [parseConvert(reader)]
  if (reader.take('ORDER', 'BY')) {
    skipOrder(reader)
    return []
  }
  return parseOptions(reader)
}

const PARTITION_VERBS = new Set([
  'ANALYZE',
  'CHECK',
  'COALESCE',
  'DISCARD',
  'EXCHANGE',
  'IMPORT',
  'OPTIMIZE',
  'REBUILD',
  'REMOVE',
  'REORGANIZE',
  'REPAIR',
  'TRUNCATE',
  'UPGRADE',
  'ADD',
  'DROP'
])
const PARTITION = new Set(['PARTITION', 'PARTITIONING'])

/** Partitions come last and change no column. Those that become tables of their own are not read. */
function isPartitioning(reader: TokenReader): boolean {
  if (reader.is('PARTITION', 'BY')) return true
  return reader.isOneOf(PARTITION_VERBS) && reader.isOneOfAt(1, PARTITION)
}

function parseAdd(reader: TokenReader): AlterSpec[] {
  if (reader.is('SYSTEM', 'VERSIONING')) reader.fail('something that changes no hidden columns')
  const index = parseIndex(reader)
  if (index) return [{ kind: 'add_index', index }]
  if (index === null) return []
  reader.take('COLUMN')
  const ifNotExists = reader.take('IF', 'NOT', 'EXISTS')
  if (!reader.takeSymbol('(')) {
    const column = parseColumn(reader)
    const position = parsePosition(reader)
    return [{ kind: 'add_column', column, position, ifNotExists }, ...addIndexes(column)]
  }
  const columns: ColumnDefinition[] = []
  const indexes: IndexDefinition[] = []
  do parseItem(reader, columns, indexes)
  while (reader.takeSymbol(','))
  reader.expectSymbol(')')
  return [
    ...columns.map(
      (column) => ({ kind: 'add_column', column, position: null, ifNotExists }) as const
    ),
    ...indexes.map((each) => ({ kind: 'add_index', index: each }) as const)
  ]
}

function addIndexes(column: ColumnDefinition): AlterSpec[] {
  return indexesOf(column).map((index) => ({ kind: 'add_index', index }))
}

function parseDrop(reader: TokenReader): AlterSpec[] {
  if (reader.take('PRIMARY', 'KEY')) return [{ kind: 'drop_primary_key' }]
  if (reader.is('SYSTEM', 'VERSIONING')) reader.fail('something that changes no hidden columns')
  if (reader.is('PERIOD', 'FOR')) {
    reader.skipItem()
    return []
  }
  if (reader.take('FOREIGN', 'KEY') || reader.take('CHECK')) {
    reader.take('IF', 'EXISTS')
    reader.identifier()
    return []
  }
  if (reader.take('INDEX') || reader.take('KEY') || reader.take('CONSTRAINT')) {
    reader.take('IF', 'EXISTS')
    return [{ kind: 'drop_index', name: reader.identifier() }]
  }
  reader.take('COLUMN')
  const ifExists = reader.take('IF', 'EXISTS')
  const name = reader.identifier()
  if (!reader.take('RESTRICT')) reader.take('CASCADE')
  return [{ kind: 'drop_column', name, ifExists }]
}

function parseChange(reader: TokenReader): AlterSpec[] {
  reader.take('COLUMN')
  const ifExists = reader.take('IF', 'EXISTS')
  const name = reader.identifier()
  const column = parseColumn(reader)
  const position = parsePosition(reader)
  return [{ kind: 'change_column', name, column, position, ifExists }, ...addIndexes(column)]
}

function parseModify(reader: TokenReader): AlterSpec[] {
  reader.take('COLUMN')
  const ifExists = reader.take('IF', 'EXISTS')
  const name = reader.identifier()
  const column = parseColumnAs(reader, name)
  const position = parsePosition(reader)
  return [{ kind: 'modify_column', name, column, position, ifExists }, ...addIndexes(column)]
}

function parseRename(reader: TokenReader): AlterSpec {
  if (reader.take('COLUMN')) {
    const ifExists = reader.take('IF', 'EXISTS')
    const [from, to] = parsePair(reader)
    return { kind: 'rename_column', from, to, ifExists }
  }
  if (reader.take('INDEX') || reader.take('KEY')) {
    reader.take('IF', 'EXISTS')
    const [from, to] = parsePair(reader)
    return { kind: 'rename_index', from, to }
  }
  if (!reader.take('TO') && !reader.take('AS')) reader.takeSymbol('=')
  return { kind: 'rename_table', to: reader.tableName() }
}

function parsePair(reader: TokenReader): [string, string] {
  const from = reader.identifier()
  reader.expect('TO')
  return [from, reader.identifier()]
}

/** Reads what comes after ALTER inside the list. */
function parseAlter(reader: TokenReader): AlterSpec[] {
  const isIndex = reader.take('INDEX') || reader.take('KEY')
  if (isIndex || reader.take('CHECK') || reader.take('CONSTRAINT')) {
    reader.skipItem()
    return []
  }
  reader.take('COLUMN')
  const ifExists = reader.take('IF', 'EXISTS')
  const name = reader.identifier()
  if (reader.take('DROP', 'DEFAULT')) {
    return [{ kind: 'set_default', name, default: null, ifExists }]
  }
  reader.expect('SET')
  if (reader.take('INVISIBLE')) return [{ kind: 'set_invisible', name, invisible: true }]
  if (reader.take('VISIBLE')) return [{ kind: 'set_invisible', name, invisible: false }]
  reader.expect('DEFAULT')
  return [{ kind: 'set_default', name, default: parseDefault(reader), ifExists }]
}

function parseConvert(reader: TokenReader): AlterSpec {
  reader.expect('CONVERT', 'TO')
  const charset = parseCharset(reader)
  if (charset === undefined) reader.fail('CHARACTER SET')
  const collation = parseCollation(reader)
  const ofCollation = collation === undefined ? null : charsetOfCollation(collation)
  return { kind: 'convert_charset', charset: charset ?? ofCollation }
}

/** Words that begin another part of the list, so that a comma before them ends an ORDER BY. */
const SPEC_WORDS = new Set(['ADD', 'DROP', 'CHANGE', 'MODIFY', 'RENAME', 'ALTER', 'CONVERT'])

function skipOrder(reader: TokenReader): void {
  reader.skipItem()
  while (reader.isSymbol(',') && !reader.isOneOfAt(1, SPEC_WORDS)) {
    reader.next()
    reader.skipItem()
  }
}

/** Words without an equals sign that change nothing here. */
const IDLE_WORDS = new Set([
  'ALGORITHM',
  'DISABLE',
  'DISCARD',
  'ENABLE',
  'FORCE',
  'IMPORT',
  'LOCK',
  'SECONDARY_LOAD',
  'SECONDARY_UNLOAD',
  'WITH',
  'WITHOUT'
])

/** Options that may stand without an equals sign. */
const OPTION_WORDS = new Set([
  'AUTO_INCREMENT',
  'AVG_ROW_LENGTH',
  'CHARACTER',
  'CHARSET',
  'CHAR',
  'CHECKSUM',
  'COLLATE',
  'COMMENT',
  'COMPRESSION',
  'CONNECTION',
  'DATA',
  'DEFAULT',
  'DELAY_KEY_WRITE',
  'ENCRYPTION',
  'ENGINE',
  'INDEX',
  'INSERT_METHOD',
  'KEY_BLOCK_SIZE',
  'MAX_ROWS',
  'MIN_ROWS',
  'PACK_KEYS',
  'PAGE_CHECKSUM',
  'PASSWORD',
  'ROW_FORMAT',
  'SEQUENCE',
  'STATS_AUTO_RECALC',
  'STATS_PERSISTENT',
  'STATS_SAMPLE_PAGES',
  'STORAGE',
  'TABLESPACE',
  'TABLE_CHECKSUM',
  'TRANSACTIONAL',
  'TYPE',
  'UNION'
])

/** Reads options of the table up to a comma. A word that nobody knows is not passed over. */
function parseOptions(reader: TokenReader): AlterSpec[] {
  if (reader.isOneOf(IDLE_WORDS)) {
    reader.skipItem()
    return []
  }
  const specs: AlterSpec[] = []
  while (!reader.atEnd && !reader.isSymbol(',') && !isPartitioning(reader)) {
    const isOption = reader.isOneOf(OPTION_WORDS) || reader.isSymbol('=', 1)
    if (!isOption && specs.length === 0) reader.fail('something known')
    const { charset = null, comment = null } = parseOption(reader)
    specs.push({ kind: 'options', options: { charset, comment } })
  }
  return specs
}
