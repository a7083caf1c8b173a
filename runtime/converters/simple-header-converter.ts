import { defineHeaderConverter } from '../api/connector.ts'
import type { HeaderConverter, SchemaAndValue } from '../api/converter.ts'
import { bytes, type Schema, Struct, string } from '../api/schema.ts'
import { parseHeaderText } from './header-text.ts'
import { doubleText, floatText } from './json-text.ts'

const STRING = string()
const BYTES = bytes()

/**
 * Headers as text, as Kafka Connect's SimpleHeaderConverter: strings as they are, numbers and
 * booleans as Java prints them, bytes as base64, lists, maps and structs like JSON. Read back, the
 * type is guessed from the text. Bytes that are not text stay bytes.
 */
export function createSimpleHeaderConverter(): HeaderConverter {
  return {
    fromConnect: (_topic, _key, schema, value) =>
      value === null || value === undefined ? null : headerText(schema, value, false),
    toConnect: (_topic, _key, given): SchemaAndValue => {
      if (given === null) return { schema: null, value: null }
      const text = Buffer.from(given.buffer, given.byteOffset, given.byteLength).toString('utf8')
      if (text === '') return { schema: STRING, value: text }
      if (text.includes('\ufffd')) return { schema: BYTES, value: given }
      return parseHeaderText(text)
    }
  }
}

/** @param inside whether the value is part of another one: then strings are quoted */
function headerText(schema: Schema | null, value: unknown, inside: boolean): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'string') return inside ? quoted(value) : value
  if (typeof value === 'number') return numberText(schema, value)
  if (value instanceof Uint8Array) {
    const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
    return inside ? quoted(text) : text
  }
  if (Array.isArray(value)) {
    const items = schema?.items ?? null
    return `[${value.map((item) => headerText(items, item, true)).join(',')}]`
  }
  if (typeof value === 'object') return `{${membersOf(schema, value).join(',')}}`
  return String(value)
}

function membersOf(schema: Schema | null, value: object): string[] {
  if (value instanceof Struct) {
    return value.schema.fields.map(
      ({ name, index, schema: type }) =>
        `${quoted(name)}:${headerText(type, value.values[index], true)}`
    )
  }
  const entries: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value)
  const [keys, items] = [schema?.keys ?? null, schema?.items ?? null]
  return Array.from(entries, ([key, item]) => {
    return `${headerText(keys, key, true)}:${headerText(items, item, true)}`
  })
}

function numberText(schema: Schema | null, value: number): string {
  if (schema?.type === 'float32') return floatText(value).replaceAll('"', '')
  const whole = schema?.type !== 'float64' && Number.isSafeInteger(value)
  return whole ? String(value) : doubleText(value).replaceAll('"', '')
}

function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`
}

export default defineHeaderConverter({
  summary: 'Headers as plain text, whose type is guessed when they are read.',
  classNames: ['org.apache.kafka.connect.storage.SimpleHeaderConverter'],
  config: {},
  create: () => createSimpleHeaderConverter()
})
