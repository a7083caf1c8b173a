/**
 * Splits SQL of MySQL and MariaDB into tokens, one at a time, so that a statement which is no DDL costs
 * only its first word. Lexical rules: https://dev.mysql.com/doc/refman/8.4/en/language-structure.html,
 * version comments: https://mariadb.com/kb/en/comment-syntax/
 */

export interface Token {
  /**
   * `word`: a keyword or an identifier without quotes; `name`: a quoted identifier; `text`: a string;
   * `bits`: `x'41'`, `b'01'`, `0x41` or `0b01`; `symbol`: one character; `end`: after the last one.
   */
  readonly kind: 'word' | 'name' | 'text' | 'number' | 'bits' | 'symbol' | 'end'
  /** Identifiers and strings without quotes and escapes; everything else as written. */
  readonly value: string
  /** Of a word its upper case, to compare with keywords; empty for everything else. */
  readonly keyword: string
  /** Where it stands in the statement, in UTF-16 units. */
  readonly start: number
  readonly end: number
}

/** How the session that ran a statement reads SQL, and which server it is. */
export interface SqlDialect {
  readonly flavor: 'mysql' | 'mariadb'
  /** Such as 80036 or 101119: decides which version comments are part of a statement. */
  readonly serverVersion: number
  /** `ANSI_QUOTES` in the session's `sql_mode`: double quotes are for names. */
  readonly ansiQuotes: boolean
  /** `NO_BACKSLASH_ESCAPES` in the session's `sql_mode`. */
  readonly noBackslashEscapes: boolean
}

/** The statement cannot be read. It stays inside the parser, which then answers `unparsed`. */
export class DdlSyntaxError extends Error {
  override readonly name = 'DdlSyntaxError'
}

const SPACE = /\s+/y
const LINE_COMMENT = /(?:#|--(?=[\s\p{Cc}]|$))[^\n]*/uy
const VERSION_COMMENT = /\/\*(M?)!(\d{5,6})?/y
const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?![\w$\u0080-\uffff])/iy
const BITS = /(?:0x[\da-f]+|0b[01]+)(?![\w$\u0080-\uffff])|x'[\da-f]*'|b'[01]*'/iy
const WORD = /[\w$\u0080-\uffff]+/y

const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  b: '\b',
  n: '\n',
  r: '\r',
  t: '\t',
  Z: '\x1a',
  // Only LIKE gives these a meaning: elsewhere the backslash stays.
  '%': '\\%',
  _: '\\_'
}

export class Tokenizer {
  readonly #sql: string
  readonly #dialect: SqlDialect
  #at = 0
  /** Open version comments whose content counts. */
  #depth = 0
  #afterDot = false
  #codeEnd = 0

  constructor(sql: string, dialect: SqlDialect) {
    this.#sql = sql
    this.#dialect = dialect
  }

  /** Where what counts of the text so far ends, with the end of a version comment. */
  get codeEnd(): number {
    return this.#codeEnd
  }

  /** @throws {DdlSyntaxError} a quote or comment that never ends */
  next(): Token {
    this.#skipBlank()
    const start = this.#at
    const char = this.#sql[start]
    if (char === undefined) return { kind: 'end', value: '', keyword: '', start, end: start }
    const isPart = this.#afterDot
    this.#afterDot = false
    const token = this.#quoted(char, start) ?? this.#plain(start, isPart)
    this.#at = token.end
    // What follows `db.` is a name, even where it looks like a number.
    this.#afterDot = token.value === '.' || this.#sql[token.end] === '.'
    if (token.value !== ';' || token.kind !== 'symbol') this.#codeEnd = token.end
    return token
  }

  #skipBlank(): void {
    for (;;) {
      const skipped = this.#match(SPACE) ?? this.#match(LINE_COMMENT)
      if (skipped !== undefined) this.#at += skipped.length
      else if (this.#sql.startsWith('/*', this.#at)) this.#openComment()
      else if (this.#depth > 0 && this.#sql.startsWith('*/', this.#at)) this.#closeComment()
      else return
    }
  }

  #openComment(): void {
    VERSION_COMMENT.lastIndex = this.#at
    const version = VERSION_COMMENT.exec(this.#sql)
    if (version && this.#counts(version[1] === 'M', Number(version[2] ?? 0))) {
      this.#at += version[0].length
      this.#depth++
      return
    }
    this.#at = this.#commentEnd(this.#at + 2, version !== null)
  }

  #closeComment(): void {
    this.#at += 2
    this.#depth--
    this.#codeEnd = this.#at
  }

  /** Which comments a server executes: MariaDB leaves out those for MySQL 5.7 and later. */
  #counts(isMariadb: boolean, version: number): boolean {
    const { flavor, serverVersion } = this.#dialect
    if (flavor === 'mysql') return !isMariadb && version <= serverVersion
    const isForMysql = !isMariadb && version >= 50700 && version <= 99999
    return !isForMysql && version <= serverVersion
  }

  /** Comments nest in version comments only. */
  #commentEnd(from: number, nests: boolean): number {
    let at = from
    for (let depth = 1; depth > 0; ) {
      const close = this.#sql.indexOf('*/', at)
      if (close < 0) throw new DdlSyntaxError('a comment does not end')
      const open = nests ? this.#sql.indexOf('/*', at) : -1
      depth += open >= 0 && open < close ? 1 : -1
      at = (open >= 0 && open < close ? open : close) + 2
    }
    return at
  }

  #quoted(char: string, start: number): Token | undefined {
    if (char === '`') return this.#untilQuote('name', '`', start, start + 1)
    if (char === '"') {
      return this.#untilQuote(this.#dialect.ansiQuotes ? 'name' : 'text', '"', start, start + 1)
    }
    if (char === "'") return this.#untilQuote('text', "'", start, start + 1)
    const isNational = (char === 'n' || char === 'N') && this.#sql[start + 1] === "'"
    return isNational ? this.#untilQuote('text', "'", start, start + 2) : undefined
  }

  #untilQuote(kind: 'name' | 'text', quote: string, start: number, from: number): Token {
    const escapes = kind === 'text' && !this.#dialect.noBackslashEscapes
    let value = ''
    let copied = from
    for (let at = from; at < this.#sql.length; at++) {
      const char = this.#sql[at]
      if (char === quote) {
        value += this.#sql.slice(copied, at)
        if (this.#sql[at + 1] !== quote) return { kind, value, keyword: '', start, end: at + 1 }
        copied = ++at
      } else if (escapes && char === '\\') {
        const escaped = this.#sql[++at] ?? ''
        value += this.#sql.slice(copied, at - 1) + (ESCAPES[escaped] ?? escaped)
        copied = at + 1
      }
    }
    throw new DdlSyntaxError(
      kind === 'name' ? 'a quoted name does not end' : 'a string does not end'
    )
  }

  #plain(start: number, isPart: boolean): Token {
    const numeric = isPart ? undefined : this.#numeric(start)
    if (numeric) return numeric
    const word = this.#match(WORD)
    if (word !== undefined) {
      const end = start + word.length
      return { kind: 'word', value: word, keyword: word.toUpperCase(), start, end }
    }
    const value = this.#sql[start] ?? ''
    return { kind: 'symbol', value, keyword: '', start, end: start + 1 }
  }

  #numeric(start: number): Token | undefined {
    const bits = this.#match(BITS)
    if (bits !== undefined) {
      return { kind: 'bits', value: bits, keyword: '', start, end: start + bits.length }
    }
    const number = this.#match(NUMBER)
    if (number === undefined) return undefined
    return { kind: 'number', value: number, keyword: '', start, end: start + number.length }
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    return pattern.exec(this.#sql)?.[0]
  }
}
