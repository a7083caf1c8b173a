import { DdlSyntaxError, type SqlDialect, type Token, Tokenizer } from './ddl-tokens.ts'

/** The name of a table as a statement writes it. */
export interface WrittenName {
  /** Null: in the session's database. */
  readonly database: string | null
  readonly name: string
}

/** Reads the tokens of a statement one after the other. Everything throws {@link DdlSyntaxError}. */
export class TokenReader {
  readonly #sql: string
  readonly #tokenizer: Tokenizer
  readonly #ahead: Token[] = []
  #lastEnd = 0

  constructor(sql: string, dialect: SqlDialect) {
    this.#sql = sql
    this.#tokenizer = new Tokenizer(sql, dialect)
  }

  peek(ahead = 0): Token {
    for (;;) {
      const token = this.#ahead[ahead]
      if (token) return token
      this.#ahead.push(this.#tokenizer.next())
    }
  }

  next(): Token {
    const token = this.peek()
    if (token.kind === 'end') return token
    this.#ahead.shift()
    this.#lastEnd = token.end
    return token
  }

  /** Whether these keywords come next. */
  is(...keywords: readonly string[]): boolean {
    return keywords.every((keyword, i) => this.peek(i).keyword === keyword)
  }

  /** Whether one of these keywords comes next. */
  isOneOf(keywords: ReadonlySet<string>): boolean {
    return this.isOneOfAt(0, keywords)
  }

  /** Whether one of these keywords is the token that is so far ahead. */
  isOneOfAt(ahead: number, keywords: ReadonlySet<string>): boolean {
    return keywords.has(this.peek(ahead).keyword)
  }

  /** Reads these keywords if all of them come next. */
  take(...keywords: readonly string[]): boolean {
    if (!this.is(...keywords)) return false
    for (const _ of keywords) this.next()
    return true
  }

  isSymbol(symbol: string, ahead = 0): boolean {
    const token = this.peek(ahead)
    return token.kind === 'symbol' && token.value === symbol
  }

  takeSymbol(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false
    this.next()
    return true
  }

  expect(...keywords: readonly string[]): void {
    if (!this.take(...keywords)) this.fail(keywords.join(' '))
  }

  expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) this.fail(`'${symbol}'`)
  }

  /** Whether nothing is left but semicolons. */
  get atEnd(): boolean {
    while (this.takeSymbol(';')) {
      // Several statements in one text are no event of the log: what follows is read as a mistake.
    }
    return this.peek().kind === 'end'
  }

  expectEnd(): void {
    if (!this.atEnd) this.fail('the end of the statement')
  }

  /** A name, with or without quotes. Double quotes too: no string can stand where a name is asked for. */
  identifier(): string {
    const token = this.peek()
    if (token.kind !== 'word' && token.kind !== 'name' && token.kind !== 'text') this.fail('a name')
    this.next()
    return token.value
  }

  tableName(): WrittenName {
    const first = this.identifier()
    if (!this.takeSymbol('.')) return { database: null, name: first }
    return { database: first, name: this.identifier() }
  }

  /** One or more strings that stand together, with their character sets left out. */
  text(): string {
    this.takeIntroducer()
    if (this.peek().kind !== 'text') this.fail('a string')
    let text = ''
    while (this.peek().kind === 'text') text += this.next().value
    return text
  }

  /** `_utf8mb4` before a string. */
  takeIntroducer(): void {
    if (!this.peek().keyword.startsWith('_')) return
    const { kind } = this.peek(1)
    if (kind === 'text' || kind === 'bits') this.next()
  }

  number(): number {
    const token = this.peek()
    if (token.kind !== 'number') this.fail('a number')
    this.next()
    return Number(token.value)
  }

  /** Skips everything up to the parenthesis that closes the one that comes next. */
  skipParentheses(): void {
    this.expectSymbol('(')
    for (let depth = 1; depth > 0; ) {
      const token = this.next()
      if (token.kind === 'end') this.fail("')'")
      if (token.kind !== 'symbol') continue
      if (token.value === '(') depth++
      if (token.value === ')') depth--
    }
  }

  /** Skips one token, or a pair of parentheses with what is inside. */
  skipOne(): void {
    if (this.isSymbol('(')) this.skipParentheses()
    else if (this.peek().kind === 'end') this.fail('more')
    else this.next()
  }

  /** Skips to the comma or parenthesis that ends this item of a list, or to the end. */
  skipItem(): void {
    while (!this.atEnd && !this.isSymbol(',') && !this.isSymbol(')')) this.skipOne()
  }

  skipRest(): void {
    while (!this.atEnd) this.skipOne()
  }

  /** Where the next token starts. */
  get position(): number {
    return this.peek().start
  }

  /** What `read` goes past, as written. */
  written(read: () => void): string {
    const start = this.position
    read()
    return this.writtenSince(start)
  }

  /** From this position to the end of the last token that was read. */
  writtenSince(start: number): string {
    return this.#sql.slice(start, Math.max(start, this.#lastEnd))
  }

  /** The statement without comments and semicolons around it. Only when all of it has been read. */
  statement(start: number): string {
    return this.#sql.slice(start, this.#tokenizer.codeEnd)
  }

  fail(expected: string): never {
    const token = this.peek()
    const found = token.kind === 'end' ? 'the end' : `'${this.#sql.slice(token.start, token.end)}'`
    throw new DdlSyntaxError(`${expected} is expected before ${found.slice(0, 60)}`)
  }
}
