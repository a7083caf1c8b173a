/**
 * JSON documents as the events of MySQL show them: without spaces, the members of an object in the order of
 * the server, numbers without exponent.
 */
import { UnconvertibleValue } from '../../relational/unconvertible.ts'

/** A document. Strings, numbers, true, false and null are the text that stands for them. */
export type JsonNode = string | JsonNode[] | Map<string, JsonNode>

export function printJson(node: JsonNode): string {
  if (typeof node === 'string') return node
  if (Array.isArray(node)) return `[${node.map(printJson).join(',')}]`
  const members = Array.from(node, ([name, value]) => `${jsonString(name)}:${printJson(value)}`)
  return `{${members.join(',')}}`
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r'
}

export function jsonString(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to be escaped
  return `"${text.replace(/["\\\u0000-\u001f]/g, (char) => SHORT_ESCAPES[char] ?? unicodeEscape(char))}"`
}

function unicodeEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
}

/** From here on a whole number needs no `.0` to be told from an integer. */
const LARGE = 1e7

/** A double, with as many digits as are needed to read it back. */
export function jsonDouble(value: number): string {
  if (Object.is(value, -0)) return '-0.0'
  if (Number.isInteger(value)) {
    return Math.abs(value) < LARGE ? `${value}.0` : BigInt(value).toString()
  }
  return plainDecimal(String(value))
}

/** A decimal, as text with a point where it has a fraction. */
export function jsonDecimal(text: string): string {
  return text.endsWith('.0') && text.replace('-', '').length > '1000000.0'.length
    ? text.slice(0, -2)
    : text
}

/** A number as the server prints it. */
function jsonNumber(token: string): string {
  return /e/i.test(token) ? jsonDouble(Number(token)) : jsonDecimal(token)
}

/** `1.5e-7` as `0.00000015`. */
function plainDecimal(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent] =
    /^(-?)(\d)(?:\.(\d+))?e-(\d+)$/.exec(text) ?? []
  if (exponent === undefined) return text
  return `${sign}0.${'0'.repeat(Number(exponent) - 1)}${whole}${fraction}`
}

const STRING = /"(?:[^"\\]|\\.)*"/y
const NUMBER_OR_WORD = /[-+.\w]+/y
const SPACE = /[ \t\n\r]*/y
const MAX_DEPTH = 200

/** @throws {UnconvertibleValue} when the text is no document */
export function parseJson(text: string): JsonNode {
  const reader = new JsonReader(text)
  const node = reader.value(0)
  reader.end()
  return node
}

class JsonReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
    this.#take(SPACE)
  }

  value(depth: number): JsonNode {
    if (depth > MAX_DEPTH) throw new UnconvertibleValue('a JSON document is nested too deeply')
    if (this.#symbol('{')) return this.#object(depth)
    if (this.#symbol('[')) return this.#array(depth)
    return this.#text[this.#at] === '"' ? upperHex(this.#string()) : this.#word()
  }

  end(): void {
    if (this.#at < this.#text.length) this.#fail()
  }

  #object(depth: number): JsonNode {
    const members = new Map<string, JsonNode>()
    if (this.#symbol('}')) return members
    do {
      const name = JSON.parse(this.#string()) as string
      if (!this.#symbol(':')) this.#fail()
      members.set(name, this.value(depth + 1))
    } while (this.#symbol(','))
    if (!this.#symbol('}')) this.#fail()
    return members
  }

  #array(depth: number): JsonNode {
    const elements: JsonNode[] = []
    if (this.#symbol(']')) return elements
    do elements.push(this.value(depth + 1))
    while (this.#symbol(','))
    if (!this.#symbol(']')) this.#fail()
    return elements
  }

  #string(): string {
    return this.#take(STRING) || this.#fail()
  }

  #word(): string {
    const word = this.#take(NUMBER_OR_WORD) || this.#fail()
    return /^[-\d]/.test(word) ? jsonNumber(word) : word
  }

  #symbol(symbol: string): boolean {
    if (this.#text[this.#at] !== symbol) return false
    this.#at++
    this.#take(SPACE)
    return true
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += found.length
    if (pattern !== SPACE) this.#take(SPACE)
    return found
  }

  #fail(): never {
    throw new UnconvertibleValue(`a JSON document cannot be read at character ${this.#at + 1}`)
  }
}

/** The server writes the codes of control characters in lower case. */
function upperHex(string: string): string {
  if (!string.includes('\\u')) return string
  return string.replace(/\\(?:u([0-9a-f]{4})|.)/gi, (found, hex?: string) =>
    hex === undefined ? found : `\\u${hex.toUpperCase()}`
  )
}

const encoder = new TextEncoder()

/** Members in the order in which MySQL keeps them: shorter names first, then by their bytes. */
export function inServerOrder(members: Map<string, JsonNode>): Map<string, JsonNode> {
  const entries = Array.from(members, ([name, value]) => ({
    name,
    value,
    bytes: encoder.encode(name)
  }))
  entries.sort((a, b) => a.bytes.length - b.bytes.length || Buffer.compare(a.bytes, b.bytes))
  return new Map(entries.map(({ name, value }) => [name, value]))
}
