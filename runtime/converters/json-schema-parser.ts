import { Schema, type SchemaOptions, type SchemaType } from '../api/schema.ts'
import { JsonCursor, JsonProblem } from './json-cursor.ts'
import { JsonParser } from './json-parser.ts'
import type { StructReader } from './json-struct-reader.ts'
import { JsonWriter } from './json-writer.ts'
import { plainText } from './plain-json.ts'

type PlainObject = Readonly<Record<string, unknown>>

const TYPES = new Map<unknown, SchemaType>([
  ['int8', 'int8'],
  ['int16', 'int16'],
  ['int32', 'int32'],
  ['int64', 'int64'],
  ['float', 'float32'],
  ['float32', 'float32'],
  ['double', 'float64'],
  ['float64', 'float64'],
  ['boolean', 'boolean'],
  ['string', 'string'],
  ['bytes', 'bytes'],
  ['array', 'array'],
  ['map', 'map'],
  ['struct', 'struct']
])

// Only for defaults on their way back to text; they are plain JSON and name no options.
const plainWriter = new JsonWriter({ decimalFormat: 'BASE64', replaceNullWithDefault: false })

/**
 * A schema from the text of the `schema` member.
 *
 * @returns null for the text `null`: a value without schema
 * @throws {JsonProblem} naming the place in the schema
 */
export function parseSchema(text: string, reader: StructReader): Schema | null {
  const plain = new JsonParser().parse(text)
  return plain === null ? null : toSchema(plain, reader)
}

function toSchema(plain: unknown, reader: StructReader): Schema {
  if (!isObject(plain)) throw new JsonProblem('is no schema: it must be an object')
  const type = TYPES.get(plain['type'])
  if (type === undefined)
    throw new JsonProblem(`has the unknown type ${JSON.stringify(plain['type'])}`)
  const options = toOptions(plain)
  const part = (name: string): Schema => {
    try {
      return toSchema(plain[name], reader)
    } catch (error) {
      throw error instanceof JsonProblem ? error.within(name) : error
    }
  }
  const build = (withDefault: SchemaOptions): Schema => {
    if (type === 'array') return new Schema(type, withDefault, { items: part('items') })
    if (type === 'map') {
      return new Schema(type, withDefault, { keys: part('keys'), items: part('values') })
    }
    return new Schema(type, withDefault, {
      fields: type === 'struct' ? toFields(plain, reader) : []
    })
  }
  const schema = build(options)
  const given = plain['default']
  if (given === undefined || given === null) return schema
  const cursor = new JsonCursor()
  cursor.reset(plainText(given, plainWriter))
  return schema.with({ default: reader.readerOf(schema)(cursor) })
}

function toOptions(plain: PlainObject): SchemaOptions {
  const { optional, name, version, doc, parameters } = plain
  return {
    ...(optional === true ? { optional } : {}),
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof version === 'number' ? { version } : {}),
    ...(typeof doc === 'string' ? { doc } : {}),
    ...(isObject(parameters) ? { parameters: parameters as Readonly<Record<string, string>> } : {})
  }
}

function toFields(plain: PlainObject, reader: StructReader) {
  const { fields } = plain
  if (!Array.isArray(fields)) throw new JsonProblem('is no schema of a struct: it has no fields')
  return fields.map((field: unknown, index) => {
    const name = isObject(field) ? field['field'] : undefined
    if (typeof name !== 'string')
      throw new JsonProblem(`has a field without name, at index ${index}`)
    try {
      return { name, index, schema: toSchema(field, reader) }
    } catch (error) {
      throw error instanceof JsonProblem ? error.within(name) : error
    }
  })
}

function isObject(value: unknown): value is PlainObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
