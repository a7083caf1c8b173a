import { charsetOfCollation } from './charsets.ts'
import type { DataType } from './ddl-statement.ts'
import type { TokenReader } from './token-reader.ts'

/** Types of more than one word, longest first: what may follow the first word. */
const LONGER_NAMES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  NATIONAL: [
    ['CHARACTER', 'VARYING'],
    ['CHAR', 'VARYING'],
    ['CHARACTER'],
    ['VARCHARACTER'],
    ['CHAR'],
    ['VARCHAR']
  ],
  NCHAR: [['VARYING'], ['VARCHAR'], ['VARCHARACTER']],
  CHAR: [['VARYING']],
  CHARACTER: [['VARYING']],
  DOUBLE: [['PRECISION']],
  LONG: [['CHARACTER', 'VARYING'], ['CHAR', 'VARYING'], ['VARCHAR'], ['VARBINARY']]
}

const MODIFIERS = new Set(['UNSIGNED', 'SIGNED', 'ZEROFILL'])

/**
 * Reads a type with its length, values, sign and character set.
 * https://dev.mysql.com/doc/refman/8.4/en/data-types.html, https://mariadb.com/kb/en/data-types/
 */
export function parseDataType(reader: TokenReader): DataType {
  const name = typeName(reader)
  if (name === 'SERIAL') {
    return { ...PLAIN, typeName: 'BIGINT UNSIGNED', serial: true }
  }
  const values = name === 'ENUM' || name === 'SET' ? valueList(reader) : []
  const [length, scale] = values.length > 0 ? [null, null] : dimensions(reader)
  const modifiers = modifierWords(reader)
  const charset = charsetWords(reader)
  return { typeName: name + modifiers, length, scale, values, charset, serial: false }
}

const PLAIN = { length: null, scale: null, values: [], charset: null }

function typeName(reader: TokenReader): string {
  if (reader.peek().kind !== 'word') reader.fail('a data type')
  let first = reader.next().keyword
  // MariaDB writes `mariadb_schema.date` where a session's DATE means something else.
  if (reader.takeSymbol('.')) first = reader.next().keyword
  for (const words of LONGER_NAMES[first] ?? []) {
    if (reader.take(...words)) return [first, ...words].join(' ')
  }
  return first
}

function valueList(reader: TokenReader): string[] {
  reader.expectSymbol('(')
  const values: string[] = []
  do {
    values.push(enumValue(reader))
  } while (reader.takeSymbol(','))
  reader.expectSymbol(')')
  return values
}

function enumValue(reader: TokenReader): string {
  const token = reader.peek()
  if (token.kind !== 'bits') return reader.text()
  reader.next()
  return Buffer.from(token.value.replace(/^(?:0x|x'|')|'$/gi, ''), 'hex').toString('utf8')
}

function dimensions(reader: TokenReader): [number | null, number | null] {
  if (!reader.takeSymbol('(')) return [null, null]
  const length = Math.trunc(reader.number())
  const scale = reader.takeSymbol(',') ? reader.number() : null
  reader.expectSymbol(')')
  return [length, scale]
}

/** ZEROFILL means UNSIGNED too, and SIGNED means nothing. */
function modifierWords(reader: TokenReader): string {
  const found = new Set<string>()
  while (reader.isOneOf(MODIFIERS)) found.add(reader.next().keyword)
  if (found.has('ZEROFILL')) return ' UNSIGNED ZEROFILL'
  return found.has('UNSIGNED') ? ' UNSIGNED' : ''
}

/** The character set that words after the type name; null when there are none. */
function charsetWords(reader: TokenReader): string | null {
  let charset: string | null = null
  for (;;) {
    const named = parseCharset(reader)
    const collation = parseCollation(reader)
    if (named !== undefined) charset = named
    else if (collation !== undefined) charset ??= charsetOfCollation(collation)
    else if (reader.take('ASCII')) charset = 'latin1'
    else if (reader.take('UNICODE')) charset = 'ucs2'
    else if (reader.take('BYTE')) charset = 'binary'
    // Means the binary collation of the character set.
    else if (!reader.take('BINARY')) return charset
  }
}

/**
 * Reads `CHARACTER SET x` or `CHARSET x`, with or without an equals sign.
 * @returns undefined when something else comes next, null for DEFAULT
 */
export function parseCharset(reader: TokenReader): string | null | undefined {
  const isOne =
    reader.take('CHARACTER', 'SET') || reader.take('CHAR', 'SET') || reader.take('CHARSET')
  if (!isOne) return undefined
  reader.takeSymbol('=')
  if (reader.take('DEFAULT')) return null
  return reader.identifier().toLowerCase()
}

/** Reads `COLLATE x`, with or without an equals sign; undefined when something else comes next. */
export function parseCollation(reader: TokenReader): string | undefined {
  if (!reader.take('COLLATE')) return undefined
  reader.takeSymbol('=')
  return reader.identifier().toLowerCase()
}
