/** Where and why a text is not the JSON that was expected. Converters turn it into a DataError. */
export class JsonProblem extends Error {
  /** The member in which it happened, such as `after.price`; empty at the top. */
  path = ''

  /** The same problem, seen from the member that contains it. */
  within(name: string): this {
    this.path =
      this.path === '' || this.path.startsWith('[') ? name + this.path : `${name}.${this.path}`
    return this
  }
}

const MAX_DEPTH = 1000

/**
 * A place in a JSON text, and the tokens that can stand there. Whitespace is skipped where JSON
 * allows it. Control characters inside strings are taken as they are.
 */
export class JsonCursor {
  text = ''
  at = 0
  depth = 0
  /** The first backslash at or after the last string read: strings that end before it need no unescaping. */
  #backslash = -1

  reset(text: string, at = 0): void {
    this.text = text
    this.at = at
    this.depth = 0
    this.#backslash = text.indexOf('\\', at)
  }

  /** The code of the next character that is not whitespace; NaN at the end. */
  peek(): number {
    let code = this.text.charCodeAt(this.at)
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
      code = this.text.charCodeAt(++this.at)
    }
    return code
  }

  expect(code: number): void {
    if (this.peek() !== code) this.unexpected(`'${String.fromCharCode(code)}'`)
    this.at++
  }

  /** Steps over the literal, or returns false and stays. */
  take(literal: string): boolean {
    if (!this.text.startsWith(literal, this.at)) return false
    this.at += literal.length
    return true
  }

  end(): void {
    if (!Number.isNaN(this.peek())) this.unexpected('the end')
  }

  enter(): void {
    if (++this.depth > MAX_DEPTH) throw new JsonProblem(`is nested deeper than ${MAX_DEPTH} levels`)
  }

  unexpected(wanted: string): never {
    if (this.at >= this.text.length) throw new JsonProblem(`ends where ${wanted} was expected`)
    const found = this.text.slice(this.at, this.at + 20)
    throw new JsonProblem(`has ${JSON.stringify(found)} where ${wanted} was expected`)
  }

  /** A string; the cursor is on its opening quote. */
  string(): string {
    const start = this.at + 1
    const end = this.text.indexOf('"', start)
    if (end === -1) this.unexpected('a string that ends')
    if (this.#backslash !== -1 && this.#backslash < end) {
      if (this.#backslash < start) this.#backslash = this.text.indexOf('\\', start)
      if (this.#backslash !== -1 && this.#backslash < end) return this.#escapedString(start)
    }
    this.at = end + 1
    return this.text.slice(start, end)
  }

  #escapedString(start: number): string {
    const { text } = this
    let end = start
    for (;;) {
      const quote = text.indexOf('"', end)
      if (quote === -1) this.unexpected('a string that ends')
      let slashes = 0
      while (text.charCodeAt(quote - 1 - slashes) === 0x5c) slashes++
      end = quote + 1
      if (slashes % 2 === 0) break
    }
    const token = text.slice(start - 1, end)
    this.at = end
    try {
      return JSON.parse(token) as string
    } catch {
      this.at = start - 1
      return this.unexpected('a well-formed string')
    }
  }

  /** A number: exact when it is an integer (bigint beyond 2^53), else a double. */
  number(): number | bigint {
    const { text } = this
    const start = this.at
    let at = start
    const negative = text.charCodeAt(at) === 0x2d
    if (negative) at++
    const first = at
    let value = 0
    let code = text.charCodeAt(at)
    while (code >= 0x30 && code <= 0x39) {
      value = value * 10 + (code - 0x30)
      code = text.charCodeAt(++at)
    }
    const digits = at - first
    if (digits === 0 || (digits > 1 && text.charCodeAt(first) === 0x30)) this.unexpected('a value')
    if (code === 0x2e || code === 0x65 || code === 0x45) return Number(this.numberText())
    this.at = at
    if (value <= Number.MAX_SAFE_INTEGER) return negative ? -value : value
    const exact = BigInt(text.slice(first, at))
    return negative ? -exact : exact
  }

  /** The digits of a number as they stand. */
  numberText(): string {
    NUMBER.lastIndex = this.at
    const found = NUMBER.exec(this.text)
    if (found === null) this.unexpected('a number')
    this.at = NUMBER.lastIndex
    return found[0]
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
