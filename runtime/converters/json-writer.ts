import { toTwosComplement, unscaled } from '../api/decimal.ts'
import { DECIMAL, type Schema, Struct } from '../api/schema.ts'
import { bigDecimalText } from './decimal-text.ts'
import { doubleText, floatText, quote } from './json-text.ts'

/** How Decimal values are written, as the key `decimal.format`. */
export type DecimalFormat = 'BASE64' | 'NUMERIC'

export interface JsonWriterOptions {
  readonly decimalFormat: DecimalFormat
  /** Whether null in a place with a default is written as the default. */
  readonly replaceNullWithDefault: boolean
}

/** Writes a value that is not null. */
type Write = (value: unknown) => string

/** What a field writer needs to know to do without a call for the most frequent types. */
type Kind = 'int' | 'string' | 'struct' | 'other'

interface Compiled {
  readonly kind: Kind
  readonly write: Write
  /** The text for null; undefined where null is not allowed. */
  readonly nullText: string | undefined
}

/** Bounds the memory that a remembered string can hold. */
const MEMO_LENGTH = 64
const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

/** Thrown by writers without a path; the converter finds the place and words the error. */
class Mismatch extends Error {}

function mismatch(): never {
  throw new Mismatch('value does not fit its schema')
}

/**
 * Writes values as JSON text, by code that is put together once per schema and kept as long as the
 * schema lives.
 */
export class JsonWriter {
  readonly #options: JsonWriterOptions
  readonly #compiled = new WeakMap<Schema, Compiled>()

  constructor(options: JsonWriterOptions) {
    this.#options = options
  }

  /** @throws {Error} when the value is not one of the schema; see `describeMismatch` */
  write(schema: Schema, value: unknown): string {
    const compiled = this.#compile(schema)
    if (value !== null && value !== undefined) return compiled.write(value)
    return compiled.nullText ?? mismatch()
  }

  /** A function that writes values of one schema, for callers that keep it. */
  writerOf(schema: Schema): (value: unknown) => string {
    const { write, nullText } = this.#compile(schema)
    return (value) =>
      value === null || value === undefined ? (nullText ?? mismatch()) : write(value)
  }

  #compile(schema: Schema): Compiled {
    const known = this.#compiled.get(schema)
    if (known) return known
    const write = this.#writer(schema)
    const hasDefault = schema.default !== undefined && schema.default !== null
    const nullText =
      hasDefault && this.#options.replaceNullWithDefault
        ? write(schema.default)
        : schema.optional
          ? 'null'
          : undefined
    const compiled = { kind: kindOf(schema), write, nullText }
    this.#compiled.set(schema, compiled)
    return compiled
  }

  #writer(schema: Schema): Write {
    switch (schema.type) {
      case 'int8':
        return integerWriter(-128, 127)
      case 'int16':
        return integerWriter(-32_768, 32_767)
      case 'int32':
        return integerWriter(-2_147_483_648, 2_147_483_647)
      case 'int64':
        return writeInt64
      case 'float32':
        return (value) => (typeof value === 'number' ? floatText(value) : mismatch())
      case 'float64':
        return (value) => (typeof value === 'number' ? doubleText(value) : mismatch())
      case 'boolean':
        return (value) => (value === true ? 'true' : value === false ? 'false' : mismatch())
      case 'string':
        return (value) => (typeof value === 'string' ? quote(value) : mismatch())
      case 'bytes':
        return schema.name === DECIMAL ? this.#decimalWriter(schema) : writeBytes
      case 'array':
        return this.#arrayWriter(schema)
      case 'map':
        return this.#mapWriter(schema)
      case 'struct':
        return this.#structWriter(schema)
    }
  }

  #decimalWriter(schema: Schema): Write {
    const scale = Number(schema.parameters?.['scale'] ?? 0)
    if (this.#options.decimalFormat === 'NUMERIC') {
      return (value) => (typeof value === 'string' ? bigDecimalText(value, scale) : mismatch())
    }
    return (value) => {
      if (typeof value !== 'string') return mismatch()
      return `"${toTwosComplement(unscaled(value, scale)).toString('base64')}"`
    }
  }

  #arrayWriter(schema: Schema): Write {
    const item = this.writerOf(schema.items ?? noPart(schema))
    return (value) => {
      if (!Array.isArray(value)) return mismatch()
      let text = '['
      for (let at = 0; at < value.length; at++) {
        text += at === 0 ? item(value[at]) : `,${item(value[at])}`
      }
      return `${text}]`
    }
  }

  #mapWriter(schema: Schema): Write {
    const keys = schema.keys ?? noPart(schema)
    const key = this.writerOf(keys)
    const item = this.writerOf(schema.items ?? noPart(schema))
    const asObject = keys.type === 'string'
    return (value) => {
      if (!(value instanceof Map)) return mismatch()
      const parts: string[] = []
      for (const [name, entry] of value) {
        if (asObject && typeof name !== 'string') return mismatch()
        parts.push(asObject ? `${key(name)}:${item(entry)}` : `[${key(name)},${item(entry)}]`)
      }
      return asObject ? `{${parts.join(',')}}` : `[${parts.join(',')}]`
    }
  }

  #structWriter(schema: Schema): Write {
    const fields = schema.fields.map((field) => this.#compile(field.schema))
    const writeFields = fieldsWriter(schema, fields)
    const alike = new WeakSet<Schema>([schema])
    return (value) => {
      if (!(value instanceof Struct)) return mismatch()
      if (!alike.has(value.schema)) {
        if (!sameShape(schema, value.schema)) return mismatch()
        alike.add(value.schema)
      }
      return writeFields(value.values)
    }
  }
}

function noPart(schema: Schema): never {
  throw new TypeError(`a schema of type ${schema.type} needs the schemas of its parts`)
}

function kindOf(schema: Schema): Kind {
  if (schema.type === 'int32') return 'int'
  return schema.type === 'string' || schema.type === 'struct' ? schema.type : 'other'
}

function integerWriter(min: number, max: number): Write {
  return (value) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
      return mismatch()
    }
    return `${value}`
  }
}

function writeInt64(value: unknown): string {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return `${value}`
  if (typeof value !== 'bigint' || value < INT64_MIN || value > INT64_MAX) return mismatch()
  return `${value}`
}

function writeBytes(value: unknown): string {
  if (!(value instanceof Uint8Array)) return mismatch()
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  return `"${bytes.toString('base64')}"`
}

/**
 * The loop over the fields of a struct. Integers and strings are written in place, and the last
 * string, big integer and frozen struct of each field are remembered: names of servers, tables and
 * enum values and the times of a transaction repeat from record to record.
 */
function fieldsWriter(schema: Schema, fields: readonly Compiled[]): (values: unknown[]) => string {
  const names = schema.fields.map(
    (field, index) => `${index === 0 ? '{' : ','}${quote(field.name)}:`
  )
  const lastValue: unknown[] = fields.map(() => undefined)
  const lastText: string[] = fields.map(() => '')
  if (fields.length === 0) return () => '{}'
  return (values) => {
    let text = ''
    for (let at = 0; at < fields.length; at++) {
      const field = fields[at] as Compiled
      const value = values[at]
      if (value === null || value === undefined) {
        text += names[at] as string
        text += field.nullText ?? mismatch()
      } else if (field.kind === 'int' && ((value as number) | 0) === value) {
        text += `${names[at]}${value}`
      } else if (typeof value === 'string' ? field.kind === 'string' : typeof value === 'bigint') {
        if (lastValue[at] !== value) {
          const name = names[at] as string
          if (typeof value === 'string' && value.length > MEMO_LENGTH) {
            text += name + quote(value)
            continue
          }
          lastText[at] = name + field.write(value)
          lastValue[at] = value
        }
        text += lastText[at] as string
      } else if (field.kind === 'struct' && isShared(value)) {
        if (lastValue[at] !== value) {
          lastText[at] = (names[at] as string) + field.write(value)
          lastValue[at] = value
        }
        text += lastText[at] as string
      } else {
        text += names[at] as string
        text += field.write(value)
      }
    }
    return `${text}}`
  }
}

function isShared(value: unknown): boolean {
  return value instanceof Struct && Object.isFrozen(value.values)
}

/** Whether values of `other` can be written by the code for `schema`: same fields, same types. */
function sameShape(schema: Schema, other: Schema): boolean {
  if (schema.fields === other.fields && schema.type === 'struct') return true
  if (schema.type !== other.type || schema.name !== other.name) return false
  if (schema.fields.length !== other.fields.length) return false
  if (schema.items && !(other.items && sameShape(schema.items, other.items))) return false
  if (schema.keys && !(other.keys && sameShape(schema.keys, other.keys))) return false
  return schema.fields.every((field, at) => {
    const match = other.fields[at]
    return match?.name === field.name && sameShape(field.schema, match.schema)
  })
}
