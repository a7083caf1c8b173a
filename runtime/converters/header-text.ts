import type { SchemaAndValue } from '../api/converter.ts'
import { scaled, unscaled } from '../api/decimal.ts'
import * as schemas from '../api/schema.ts'
import { floatText } from './json-text.ts'

const STRING = schemas.string()
const BOOLEAN = schemas.boolean()
const FLOAT32 = schemas.float32()
const FLOAT64 = schemas.float64()
const DAY_MS = 86_400_000
const INTEGERS = [
  { schema: schemas.int8(), bits: 8 },
  { schema: schemas.int16(), bits: 16 },
  { schema: schemas.int32(), bits: 32 },
  { schema: schemas.int64(), bits: 64 }
]
const DATE = schemas.int32({ name: 'org.apache.kafka.connect.data.Date', version: 1 })
const TIME = schemas.int32({ name: 'org.apache.kafka.connect.data.Time', version: 1 })
const TIMESTAMP = schemas.int64({ name: 'org.apache.kafka.connect.data.Timestamp', version: 1 })

/**
 * Guesses the type of a header's text by the rules of Kafka Connect's `Values.parseString`: null,
 * booleans, the smallest integer type that holds the number, floats, dates, times, timestamps, quoted
 * strings, lists and maps; anything else is a string.
 *
 * A fraction becomes float32 only when that keeps all its digits (Kafka Connect always takes float32).
 */
export function parseHeaderText(text: string): SchemaAndValue {
  const first = text.trim()[0]
  if (first === '[' || first === '{' || first === '"') {
    const parser = new HeaderParser(text.trim())
    const parsed = parser.value()
    if (parsed !== null && parser.atEnd) return parsed
    return { schema: STRING, value: text }
  }
  return parseScalar(text) ?? { schema: STRING, value: text }
}

function parseScalar(text: string): SchemaAndValue | null {
  const token = text.trim()
  if (token === 'null') return { schema: null, value: null }
  if (token === 'true' || token === 'false') return { schema: BOOLEAN, value: token === 'true' }
  if (/^[+-]?\d+$/.test(token)) return integer(token)
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(token)) return fraction(token)
  return temporal(token)
}

function integer(token: string): SchemaAndValue {
  const value = BigInt(token.replace('+', ''))
  const fit = INTEGERS.find(({ bits }) => BigInt.asIntN(bits, value) === value)
  if (fit === undefined) return { schema: schemas.decimal(0), value: value.toString() }
  return { schema: fit.schema, value: Number.isSafeInteger(Number(value)) ? Number(value) : value }
}

function fraction(token: string): SchemaAndValue {
  const value = Number(token)
  if (Number.isInteger(value) && Number.isSafeInteger(value)) return integer(String(value))
  if (!Number.isFinite(value)) {
    const scale = /\.(\d*)/.exec(token)?.[1]?.length ?? 0
    return { schema: schemas.decimal(scale), value: scaled(BigInt(unscaled(token, scale)), scale) }
  }
  if (Number(floatText(value).replaceAll('"', '')) === value) return { schema: FLOAT32, value }
  return { schema: FLOAT64, value }
}

function temporal(token: string): SchemaAndValue | null {
  const date = /^(\d{4})-(\d\d)-(\d\d)$/.exec(token)
  if (date) return instant(`${token}T00:00:00.000Z`, (ms) => ({ schema: DATE, value: ms / DAY_MS }))
  const time = /^\d\d:\d\d:\d\d\.\d{3}Z$/.exec(token)
  if (time) return instant(`1970-01-01T${token}`, (ms) => ({ schema: TIME, value: ms }))
  const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.exec(token)
  return timestamp ? instant(token, (ms) => ({ schema: TIMESTAMP, value: ms })) : null
}

function instant(iso: string, make: (ms: number) => SchemaAndValue): SchemaAndValue | null {
  const ms = Date.parse(iso)
  return Number.isNaN(ms) ? null : make(ms)
}

/** Lists, maps and quoted strings. Every method returns null where the text is something else. */
class HeaderParser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get atEnd(): boolean {
    return this.#at === this.#text.length
  }

  value(): SchemaAndValue | null {
    this.#space()
    const parsed = this.#value()
    this.#space()
    return parsed
  }

  #value(): SchemaAndValue | null {
    const first = this.#text[this.#at]
    if (first === '"') return this.#quoted()
    if (first === '[') return this.#list()
    if (first === '{') return this.#map()
    const token = /[^,:[\]{}"]+/y
    token.lastIndex = this.#at
    const found = token.exec(this.#text)?.[0].trimEnd()
    if (!found) return null
    this.#at += found.length
    return parseScalar(found)
  }

  #quoted(): SchemaAndValue | null {
    const token = /"((?:[^"\\]|\\.)*)"/sy
    token.lastIndex = this.#at
    const found = token.exec(this.#text)
    if (!found) return null
    this.#at = token.lastIndex
    return { schema: STRING, value: (found[1] ?? '').replace(/\\(.)/gs, '$1') }
  }

  #list(): SchemaAndValue | null {
    const items: SchemaAndValue[] = []
    const whole = this.#members(']', () => {
      const item = this.value()
      if (item !== null) items.push(item)
      return item !== null
    })
    if (!whole) return null
    const schema = commonSchema(items)
    return {
      schema: schema ? schemas.array(schema) : null,
      value: items.map((item) => item.value)
    }
  }

  #map(): SchemaAndValue | null {
    const keys: SchemaAndValue[] = []
    const values: SchemaAndValue[] = []
    const whole = this.#members('}', () => {
      const key = this.value()
      if (key === null || !this.#take(':')) return false
      const value = this.value()
      if (value === null) return false
      keys.push(key)
      values.push(value)
      return true
    })
    if (!whole) return null
    const [keySchema, valueSchema] = [commonSchema(keys), commonSchema(values)]
    return {
      schema: keySchema && valueSchema ? schemas.map(keySchema, valueSchema) : null,
      value: new Map(keys.map((key, at) => [key.value, values[at]?.value]))
    }
  }

  #members(close: string, member: () => boolean): boolean {
    this.#at++
    this.#space()
    if (this.#take(close)) return true
    while (member()) {
      if (this.#take(close)) return true
      if (!this.#take(',')) return false
    }
    return false
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #space(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++
  }
}

/** The one schema of all values that are not null; the widest for integers; null when there is none. */
function commonSchema(values: readonly SchemaAndValue[]): schemas.Schema | null {
  let common: schemas.Schema | null = null
  let optional = false
  for (const { schema, value } of values) {
    if (value === null) optional = true
    else if (schema === null) return null
    else if (common === null || common.type === schema.type) common = schema
    else {
      const [left, right] = [rank(common), rank(schema)]
      if (left < 0 || right < 0) return null
      if (right > left) common = schema
    }
  }
  return common && optional ? common.with({ optional }) : common
}

function rank(schema: schemas.Schema): number {
  return schema.name === undefined ? INTEGERS.findIndex((known) => known.schema === schema) : -1
}
