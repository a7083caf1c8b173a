import { Struct } from '../api/schema.ts'
import { doubleText, quote } from './json-text.ts'
import type { JsonWriter } from './json-writer.ts'

/**
 * A schemaless value as JSON text: plain objects, maps, arrays, bytes (base64), exact integers.
 * A whole number is written as an integer, any other as Java prints a double.
 *
 * @throws {TypeError} for values that JSON cannot hold, such as functions
 */
export function plainText(value: unknown, writer: JsonWriter): string {
  switch (typeof value) {
    case 'string':
      return quote(value)
    case 'number':
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? `${value}` : doubleText(value)
    case 'bigint':
    case 'boolean':
      return `${value}`
    case 'object':
      return value === null ? 'null' : objectText(value, writer)
    case 'undefined':
      return 'null'
    default:
      throw new TypeError(`a ${typeof value} cannot be written as JSON`)
  }
}

function objectText(value: object, writer: JsonWriter): string {
  if (Array.isArray(value)) return `[${value.map((item) => plainText(item, writer)).join(',')}]`
  if (value instanceof Struct) return writer.write(value.schema, value)
  if (value instanceof Uint8Array) {
    return `"${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')}"`
  }
  if (value instanceof Map) return mapText(value, writer)
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== null && prototype !== Object.prototype) {
    throw new TypeError(`a ${value.constructor.name} cannot be written as JSON`)
  }
  let text = ''
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue
    text += `${text === '' ? '{' : ','}${quote(name)}:${plainText(member, writer)}`
  }
  return text === '' ? '{}' : `${text}}`
}

/** As JsonConverter: an object when every key is a string, else a list of pairs. */
function mapText(map: ReadonlyMap<unknown, unknown>, writer: JsonWriter): string {
  const asObject = [...map.keys()].every((key) => typeof key === 'string')
  const parts = Array.from(map, ([key, value]) => {
    const [left, right] = [plainText(key, writer), plainText(value, writer)]
    return asObject ? `${left}:${right}` : `[${left},${right}]`
  })
  return asObject ? `{${parts.join(',')}}` : `[${parts.join(',')}]`
}
