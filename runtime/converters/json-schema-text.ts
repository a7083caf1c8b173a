import type { Schema, SchemaType } from '../api/schema.ts'
import { quote } from './json-text.ts'
import type { JsonWriter } from './json-writer.ts'

/** JsonConverter's names for the two types whose names differ from ours. */
const TYPE_NAMES: Partial<Record<SchemaType, string>> = { float32: 'float', float64: 'double' }

/**
 * A schema as the text that JsonConverter writes into the `schema` member, its members in that
 * order: type, (fields | items | keys, values), optional, name, version, doc, parameters, default,
 * and, inside a struct, field.
 */
export function schemaText(schema: Schema, writer: JsonWriter, fieldName?: string): string {
  const parts = [`"type":"${TYPE_NAMES[schema.type] ?? schema.type}"`]
  if (schema.type === 'struct') {
    const fields = schema.fields.map((field) => schemaText(field.schema, writer, field.name))
    parts.push(`"fields":[${fields.join(',')}]`)
  }
  if (schema.keys && schema.items) {
    parts.push(`"keys":${schemaText(schema.keys, writer)}`)
    parts.push(`"values":${schemaText(schema.items, writer)}`)
  } else if (schema.items) {
    parts.push(`"items":${schemaText(schema.items, writer)}`)
  }
  parts.push(`"optional":${schema.optional}`)
  if (schema.name !== undefined) parts.push(`"name":${quote(schema.name)}`)
  if (schema.version !== undefined) parts.push(`"version":${schema.version}`)
  if (schema.doc !== undefined) parts.push(`"doc":${quote(schema.doc)}`)
  if (schema.parameters !== undefined) {
    const entries = Object.entries(schema.parameters)
    parts.push(`"parameters":{${entries.map(([k, v]) => `${quote(k)}:${quote(v)}`).join(',')}}`)
  }
  if (schema.default !== undefined && schema.default !== null) {
    parts.push(`"default":${writer.write(schema, schema.default)}`)
  }
  if (fieldName !== undefined) parts.push(`"field":${quote(fieldName)}`)
  return `{${parts.join(',')}}`
}
