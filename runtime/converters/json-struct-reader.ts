import { decimalOfBytes, scaled, unscaled } from '../api/decimal.ts'
import { DECIMAL, type Field, type Schema, Struct } from '../api/schema.ts'
import { type JsonCursor, JsonProblem } from './json-cursor.ts'
import { parsePlain } from './json-parser.ts'

/** Reads one value at the cursor, as a value of the schema it was compiled for. */
export type Read = (cursor: JsonCursor) => unknown

const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

/** Puts readers together, one per schema, and keeps them as long as the schema lives. */
export class StructReader {
  readonly #replaceNullWithDefault: boolean
  readonly #compiled = new WeakMap<Schema, Read>()

  constructor(replaceNullWithDefault: boolean) {
    this.#replaceNullWithDefault = replaceNullWithDefault
  }

  readerOf(schema: Schema): Read {
    const known = this.#compiled.get(schema)
    if (known) return known
    const value = this.#reader(schema)
    const whenNull = this.#nullReader(schema)
    const read: Read = (cursor) => {
      if (cursor.peek() === 0x6e && cursor.take('null')) return whenNull()
      return value(cursor)
    }
    this.#compiled.set(schema, read)
    return read
  }

  #nullReader(schema: Schema): () => unknown {
    const fallback = schema.default
    if (fallback !== undefined && fallback !== null && this.#replaceNullWithDefault) {
      return () => fallback
    }
    if (schema.optional) return () => null
    return () => {
      throw new JsonProblem(`is null, but its type is a required ${schema.type}`)
    }
  }

  #reader(schema: Schema): Read {
    switch (schema.type) {
      case 'int8':
        return integerReader(-128, 127)
      case 'int16':
        return integerReader(-32_768, 32_767)
      case 'int32':
        return integerReader(-2_147_483_648, 2_147_483_647)
      case 'int64':
        return readInt64
      case 'float32':
        return (cursor) => Math.fround(readFloat(cursor))
      case 'float64':
        return readFloat
      case 'boolean':
        return readBoolean
      case 'string':
        return readString
      case 'bytes':
        return schema.name === DECIMAL ? decimalReader(schema) : readBytes
      case 'array':
        return arrayReader(this.#part(schema, schema.items))
      case 'map':
        return mapReader(this.#part(schema, schema.keys), this.#part(schema, schema.items))
      case 'struct':
        return this.#structReader(schema)
    }
  }

  #part(schema: Schema, part: Schema | undefined): Read {
    if (part === undefined)
      throw new JsonProblem(`has a schema of type ${schema.type} without its parts`)
    return this.readerOf(part)
  }

  #structReader(schema: Schema): Read {
    const reads = schema.fields.map((field) => this.readerOf(field.schema))
    const keys = schema.fields.map((field) => `${JSON.stringify(field.name)}:`)
    const absent = schema.fields.map((field) => this.#nullReader(field.schema))
    return (cursor) => {
      if (cursor.peek() !== 0x7b) cursor.unexpected('an object')
      cursor.enter()
      cursor.at++
      const values: unknown[] = []
      let inOrder = 0
      try {
        // Nearly always the fields are all there, in order: then nothing else has to be looked at.
        while (inOrder < keys.length && cursor.take(keys[inOrder] as string)) {
          values.push((reads[inOrder] as Read)(cursor))
          inOrder++
          if (cursor.peek() !== 0x2c) break
          cursor.at++
        }
      } catch (error) {
        throw problemWithin(error, schema.fields[inOrder])
      }
      const afterComma = cursor.text.charCodeAt(cursor.at - 1) === 0x2c
      if (inOrder < keys.length || afterComma || cursor.peek() !== 0x7d) {
        readRest(cursor, { schema, reads, values, inOrder })
        fillAbsent(values, schema.fields, absent)
      }
      cursor.expect(0x7d)
      cursor.depth--
      return new Struct(schema, values)
    }
  }
}

function problemWithin(error: unknown, field: Field | undefined): unknown {
  return error instanceof JsonProblem ? error.within(field?.name ?? '') : error
}

interface Unfinished {
  readonly schema: Schema
  readonly reads: readonly Read[]
  readonly values: unknown[]
  readonly inOrder: number
}

/** Members in another order, unknown ones, and missing ones: those stay undefined. */
function readRest(cursor: JsonCursor, { schema, reads, values, inOrder }: Unfinished): void {
  for (let at = inOrder; at < reads.length; at++) values.push(undefined)
  let afterComma = cursor.text.charCodeAt(cursor.at - 1) === 0x2c
  while (afterComma || cursor.peek() !== 0x7d) {
    if (cursor.peek() !== 0x22) cursor.unexpected('a key')
    const field = schema.field(cursor.string())
    cursor.expect(0x3a)
    try {
      if (field === undefined) parsePlain(cursor)
      else values[field.index] = (reads[field.index] as Read)(cursor)
    } catch (error) {
      throw problemWithin(error, field)
    }
    afterComma = cursor.peek() === 0x2c
    if (afterComma) cursor.at++
    else if (cursor.peek() !== 0x7d) cursor.unexpected("',' or '}'")
  }
}

function fillAbsent(
  values: unknown[],
  fields: readonly Field[],
  absent: readonly (() => unknown)[]
): void {
  for (let at = 0; at < values.length; at++) {
    if (values[at] !== undefined) continue
    try {
      values[at] = (absent[at] as () => unknown)()
    } catch (error) {
      throw problemWithin(error, fields[at])
    }
  }
}

function integerReader(min: number, max: number): Read {
  return (cursor) => {
    const start = cursor.at
    const value = cursor.number()
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
      return value
    }
    throw new JsonProblem(
      `is ${cursor.text.slice(start, cursor.at)}, but must be a whole number from ${min} to ${max}`
    )
  }
}

function readInt64(cursor: JsonCursor): number | bigint {
  const start = cursor.at
  const value = cursor.number()
  if (typeof value === 'number' ? Number.isSafeInteger(value) : inInt64(value)) return value
  throw new JsonProblem(
    `is ${cursor.text.slice(start, cursor.at)}, but must be a 64-bit whole number`
  )
}

function inInt64(value: bigint): boolean {
  return value >= INT64_MIN && value <= INT64_MAX
}

function readFloat(cursor: JsonCursor): number {
  if (cursor.peek() !== 0x22) return Number(cursor.number())
  const text = cursor.string()
  if (text === 'NaN' || text === 'Infinity' || text === '-Infinity') return Number(text)
  throw new JsonProblem(`is ${JSON.stringify(text)}, but must be a number`)
}

function readBoolean(cursor: JsonCursor): boolean {
  if (cursor.take('true')) return true
  return cursor.take('false') ? false : cursor.unexpected('true or false')
}

function readString(cursor: JsonCursor): string {
  return cursor.peek() === 0x22 ? cursor.string() : cursor.unexpected('a string')
}

function readBytes(cursor: JsonCursor): Buffer {
  const text = readString(cursor)
  const bytes = Buffer.from(text, 'base64')
  // Buffer.from leaves out what is not base64: the length tells.
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  if (bytes.length !== Math.floor(((text.length - padding) * 3) / 4)) {
    throw new JsonProblem(`is ${JSON.stringify(text.slice(0, 40))}, but must be base64`)
  }
  return bytes
}

function decimalReader(schema: Schema): Read {
  const scale = Number(schema.parameters?.['scale'] ?? 0)
  return (cursor) => {
    if (cursor.peek() === 0x22) return decimalOfBytes(readBytes(cursor), scale)
    const text = cursor.numberText()
    try {
      return scaled(BigInt(unscaled(text, scale)), scale)
    } catch (error) {
      throw new JsonProblem(`is no decimal of scale ${scale}: ${(error as Error).message}`)
    }
  }
}

function arrayReader(item: Read): Read {
  return (cursor) => {
    const items: unknown[] = []
    eachItem(cursor, () => items.push(item(cursor)))
    return items
  }
}

/** An object, or a list of pairs. */
function mapReader(key: Read, item: Read): Read {
  return (cursor) => {
    const map = new Map<unknown, unknown>()
    if (cursor.peek() === 0x7b) {
      cursor.at++
      if (cursor.peek() === 0x7d) {
        cursor.at++
        return map
      }
      for (;;) {
        const name = key(cursor)
        cursor.expect(0x3a)
        map.set(name, item(cursor))
        if (cursor.peek() === 0x2c) cursor.at++
        else break
      }
      cursor.expect(0x7d)
      return map
    }
    eachItem(cursor, () => {
      cursor.expect(0x5b)
      const name = key(cursor)
      cursor.expect(0x2c)
      map.set(name, item(cursor))
      cursor.expect(0x5d)
    })
    return map
  }
}

function eachItem(cursor: JsonCursor, read: () => void): void {
  if (cursor.peek() !== 0x5b) cursor.unexpected('an array')
  cursor.enter()
  cursor.at++
  if (cursor.peek() === 0x5d) {
    cursor.at++
  } else {
    for (let index = 0; ; index++) {
      try {
        read()
      } catch (error) {
        throw error instanceof JsonProblem ? error.within(`[${index}]`) : error
      }
      const code = cursor.peek()
      if (code !== 0x2c && code !== 0x5d) cursor.unexpected("',' or ']'")
      cursor.at++
      if (code === 0x5d) break
    }
  }
  cursor.depth--
}
