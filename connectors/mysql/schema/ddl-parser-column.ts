import { charsetOfCollation } from './charsets.ts'
import { parseCharset, parseCollation, parseDataType } from './ddl-parser-type.ts'
import type { ColumnDefinition, DataType, DefaultValue, Position } from './ddl-statement.ts'
import type { TokenReader } from './token-reader.ts'

interface Attributes {
  nullable: boolean | null
  autoIncremented: boolean
  generated: boolean
  invisible: boolean
  comment: string | null
  default: DefaultValue | null
  primary: boolean
  unique: boolean
  rowEnd: boolean
  references: boolean
  charset: string | null
}

/** Reads a column: its name, type and attributes. */
export function parseColumn(reader: TokenReader): ColumnDefinition {
  return parseColumnAs(reader, reader.identifier())
}

/** Reads the type and the attributes of a column whose name is known. */
export function parseColumnAs(reader: TokenReader, name: string): ColumnDefinition {
  const type: DataType = parseDataType(reader)
  const found: Attributes = {
    nullable: null,
    autoIncremented: type.serial,
    generated: false,
    invisible: false,
    comment: null,
    default: null,
    primary: false,
    unique: type.serial,
    rowEnd: false,
    references: false,
    charset: type.charset
  }
  while (ATTRIBUTES.some((read) => read(reader, found))) {
    // Every reader takes one attribute, in any order.
  }
  const { charset, ...attributes } = found
  return { name, type: { ...type, charset }, ...attributes }
}

/** Reads FIRST or AFTER. */
export function parsePosition(reader: TokenReader): Position {
  if (reader.take('FIRST')) return 'first'
  return reader.take('AFTER') ? { after: reader.identifier() } : null
}

type ReadAttribute = (reader: TokenReader, found: Attributes) => boolean

/** Each reads one attribute if it comes next. */
const ATTRIBUTES: readonly ReadAttribute[] = [
  readNullability,
  readDefault,
  readKey,
  readGenerated,
  readText,
  readReference,
  readIgnored
]

function readNullability(reader: TokenReader, found: Attributes): boolean {
  if (reader.take('NOT', 'NULL')) found.nullable = false
  else if (reader.take('NULL')) found.nullable = true
  else if (reader.take('INVISIBLE')) found.invisible = true
  else if (reader.take('VISIBLE')) found.invisible = false
  else return false
  return true
}

function readDefault(reader: TokenReader, found: Attributes): boolean {
  if (reader.take('SERIAL', 'DEFAULT', 'VALUE')) {
    found.autoIncremented = true
    found.unique = true
    found.nullable = false
  } else if (reader.take('DEFAULT')) found.default = parseDefault(reader)
  else if (reader.take('AUTO_INCREMENT')) found.autoIncremented = true
  else if (reader.take('ON', 'UPDATE')) parseFunction(reader)
  else return false
  return true
}

function readKey(reader: TokenReader, found: Attributes): boolean {
  if (reader.take('UNIQUE')) {
    reader.take('KEY')
    found.unique = true
    return true
  }
  reader.take('PRIMARY')
  if (!reader.take('KEY')) return false
  found.primary = true
  return true
}

function readGenerated(reader: TokenReader, found: Attributes): boolean {
  const isAlways = reader.take('GENERATED', 'ALWAYS')
  if (!reader.take('AS')) return isAlways ? reader.fail('AS') : false
  found.generated = true
  if (reader.take('ROW')) {
    found.rowEnd = reader.take('END')
    if (!found.rowEnd) reader.expect('START')
    found.nullable = false
    return true
  }
  reader.skipParentheses()
  if (!reader.take('VIRTUAL') && !reader.take('STORED')) reader.take('PERSISTENT')
  return true
}

function readText(reader: TokenReader, found: Attributes): boolean {
  if (reader.take('COMMENT')) {
    reader.takeSymbol('=')
    found.comment = reader.text()
    return true
  }
  const charset = parseCharset(reader)
  if (charset !== undefined) {
    found.charset = charset
    return true
  }
  const collation = parseCollation(reader)
  if (collation === undefined) return false
  found.charset ??= charsetOfCollation(collation)
  return true
}

function readReference(reader: TokenReader, found: Attributes): boolean {
  if (reader.take('REFERENCES')) {
    skipReference(reader)
    found.references = true
    return true
  }
  if (reader.is('CONSTRAINT')) {
    reader.next()
    if (!reader.is('CHECK')) reader.identifier()
    if (!reader.is('CHECK')) reader.fail('CHECK')
  }
  if (!reader.take('CHECK')) return false
  reader.skipParentheses()
  if (reader.take('NOT')) reader.expect('ENFORCED')
  else reader.take('ENFORCED')
  return true
}

/** What comes after REFERENCES. */
function skipReference(reader: TokenReader): void {
  reader.tableName()
  if (reader.isSymbol('(')) reader.skipParentheses()
  for (;;) {
    if (reader.take('MATCH')) reader.next()
    else if (reader.is('ON', 'DELETE') || reader.is('ON', 'UPDATE')) skipReferenceAction(reader)
    else return
  }
}

function skipReferenceAction(reader: TokenReader): void {
  reader.next()
  reader.next()
  if (reader.take('SET') || reader.take('NO')) reader.next()
  else if (!reader.take('CASCADE')) reader.expect('RESTRICT')
}

/** Attributes that say nothing about values, each with the number of words after it. */
const IGNORED: readonly (readonly [words: readonly string[], more: number])[] = [
  [['COLUMN_FORMAT'], 1],
  [['STORAGE'], 1],
  [['SRID'], 1],
  [['WITHOUT', 'SYSTEM', 'VERSIONING'], 0],
  [['WITH', 'SYSTEM', 'VERSIONING'], 0],
  [['NOT', 'SECONDARY'], 0]
]

/** Options that take a value without an equals sign too. */
const VALUE_OPTIONS = new Set(['ENGINE_ATTRIBUTE', 'SECONDARY_ENGINE_ATTRIBUTE', 'REF_SYSTEM_ID'])

function readIgnored(reader: TokenReader, _found: Attributes): boolean {
  for (const [words, more] of IGNORED) {
    if (!reader.take(...words)) continue
    for (let i = 0; i < more; i++) reader.next()
    return true
  }
  if (reader.take('COMPRESSED')) {
    if (reader.takeSymbol('=')) reader.next()
    return true
  }
  const hasValue = reader.isSymbol('=', 1) || reader.isOneOf(VALUE_OPTIONS)
  if (!hasValue) return false
  // An option of a storage engine, such as `"compression"='zlib'`.
  reader.identifier()
  reader.takeSymbol('=')
  reader.next()
  return true
}

/** Reads what comes after DEFAULT: https://mariadb.com/kb/en/create-table/#default-column-option */
export function parseDefault(reader: TokenReader): DefaultValue {
  if (reader.take('NULL')) return { expression: null, isLiteral: false }
  reader.takeIntroducer()
  const token = reader.peek()
  if (token.kind === 'text') return { expression: reader.text(), isLiteral: true }
  const isMoment = TYPED_LITERALS.has(token.keyword) && reader.peek(1).kind === 'text'
  if (isMoment) {
    reader.next()
    return { expression: reader.text(), isLiteral: true }
  }
  const expression = reader.written(() => {
    if (token.kind === 'symbol' && (token.value === '-' || token.value === '+')) reader.next()
    const kind = reader.peek().kind
    if (reader.isSymbol('(')) reader.skipParentheses()
    else if (kind === 'number' || kind === 'bits') reader.next()
    else parseFunction(reader)
  })
  return { expression, isLiteral: false }
}

/** `DATE '2024-02-29'` */
const TYPED_LITERALS = new Set(['DATE', 'TIME', 'TIMESTAMP'])

/** A keyword, a call, a sequence's next value or CASE: what may stand without parentheses. */
function parseFunction(reader: TokenReader): void {
  if (reader.take('NEXT', 'VALUE', 'FOR')) {
    reader.tableName()
    return
  }
  if (reader.take('CASE')) {
    while (!reader.take('END')) reader.skipOne()
    return
  }
  const kind = reader.peek().kind
  if (kind !== 'word' && kind !== 'name') reader.fail('a default value')
  do reader.identifier()
  while (reader.takeSymbol('.'))
  if (reader.isSymbol('(')) reader.skipParentheses()
}
