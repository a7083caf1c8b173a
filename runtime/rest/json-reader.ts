/** A number as it was written: `1.50` and `1e3` are what a config value becomes. */
export class JsonNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** A JSON value that keeps what `JSON.parse` loses: how numbers were written. Of keys twice, the last counts. */
export type Json =
  | string
  | boolean
  | null
  | JsonNumber
  | readonly Json[]
  | ReadonlyMap<string, Json>

/** What a request may nest: far more than any of them needs, far less than a stack holds. */
const MAX_DEPTH = 64

/** The text is no JSON. The message says what and where, and quotes nothing of it: it may hold secrets. */
export class JsonSyntaxError extends Error {
  constructor(problem: string, text: string, at: number) {
    const before = text.slice(0, at)
    const line = before.split('\n').length
    const column = at - before.lastIndexOf('\n')
    super(`${problem} at line ${line}, column ${column}`)
    this.name = 'JsonSyntaxError'
  }
}

/** @throws {JsonSyntaxError} */
export function readJson(text: string): Json {
  const reader = new JsonReader(text)
  const value = reader.value(0)
  reader.end()
  return value
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const SPACE = /[ \t\n\r]*/y
/** A string without an escape, a line break or another control character. */
const PLAIN = /[^"\\\p{Cc}]*/uy
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t'
}

class JsonReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(depth: number): Json {
    this.#match(SPACE)
    const next = this.#text[this.#at]
    if (depth > MAX_DEPTH) throw this.#wrong(`more than ${MAX_DEPTH} levels of objects and lists`)
    if (next === '{') return this.#object(depth)
    if (next === '[') return this.#list(depth)
    if (next === '"') return this.#string()
    for (const [word, value] of WORDS) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length
        return value
      }
    }
    const number = this.#match(NUMBER)
    if (number === '') throw this.#expected('a value')
    return new JsonNumber(number)
  }

  end(): void {
    this.#match(SPACE)
    if (this.#at < this.#text.length) throw this.#wrong('more text after the end of the JSON')
  }

  #object(depth: number): ReadonlyMap<string, Json> {
    const members = new Map<string, Json>()
    this.#at++
    if (this.#takes('}')) return members
    for (;;) {
      this.#match(SPACE)
      if (this.#text[this.#at] !== '"') throw this.#expected('a key in double quotes')
      const key = this.#string()
      if (!this.#takes(':')) throw this.#expected("':'")
      members.set(key, this.value(depth + 1))
      if (this.#takes('}')) return members
      if (!this.#takes(',')) throw this.#expected("',' or '}'")
    }
  }

  #list(depth: number): readonly Json[] {
    const items: Json[] = []
    this.#at++
    if (this.#takes(']')) return items
    for (;;) {
      items.push(this.value(depth + 1))
      if (this.#takes(']')) return items
      if (!this.#takes(',')) throw this.#expected("',' or ']'")
    }
  }

  #string(): string {
    const parts: string[] = []
    this.#at++
    for (;;) {
      parts.push(this.#match(PLAIN))
      const next = this.#text[this.#at]
      if (next === undefined) throw this.#expected('the end of a text in double quotes')
      if (next !== '"' && next !== '\\') {
        // C1 controls are allowed in JSON, those below U+0020 are not.
        if (next < ' ') throw this.#wrong('a control character inside a text')
        parts.push(next)
        this.#at++
        continue
      }
      this.#at++
      if (next === '"') return parts.join('')
      parts.push(this.#escape())
    }
  }

  #escape(): string {
    const letter = this.#text[this.#at] ?? ''
    const hex = this.#text.slice(this.#at + 1, this.#at + 5)
    if (letter === 'u' && /^[\da-fA-F]{4}$/.test(hex)) {
      this.#at += 5
      return String.fromCharCode(Number.parseInt(hex, 16))
    }
    const escaped = ESCAPES[letter]
    if (escaped === undefined) throw this.#wrong('an unknown escape')
    this.#at++
    return escaped
  }

  #takes(character: string): boolean {
    this.#match(SPACE)
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += found.length
    return found
  }

  #expected(what: string): JsonSyntaxError {
    const ended = this.#at >= this.#text.length
    return this.#wrong(ended ? `the text ends where ${what} should be` : `${what} should be`)
  }

  #wrong(problem: string): JsonSyntaxError {
    return new JsonSyntaxError(problem, this.#text, this.#at)
  }
}

const WORDS = new Map<string, Json>([
  ['true', true],
  ['false', false],
  ['null', null]
])
