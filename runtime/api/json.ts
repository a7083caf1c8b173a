import { Struct } from './schema.ts'

/**
 * Any value of a record as JSON text on one line: structs and maps as objects, bytes as base64,
 * integers and decimals exact (decimals are text), NaN and infinities as text.
 * For sinks that write JSON of their own; topics are written by converters.
 *
 * @throws {TypeError} for values that JSON cannot hold, such as functions
 */
export function toJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'number':
      return Number.isFinite(value) ? String(value) : `"${value}"`
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'undefined':
      return 'null'
    case 'object':
      return value === null ? 'null' : objectToJson(value)
    default:
      throw new TypeError(`a ${typeof value} cannot be written as JSON`)
  }
}

function objectToJson(value: object): string {
  if (Array.isArray(value)) return `[${value.map(toJson).join(',')}]`
  if (value instanceof Uint8Array) {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    return `"${bytes.toString('base64')}"`
  }
  let text = ''
  for (const [name, member] of membersOf(value)) {
    text += `${text === '' ? '{' : ','}${JSON.stringify(nameOf(name))}:${toJson(member)}`
  }
  return text === '' ? '{}' : `${text}}`
}

function membersOf(value: object): Iterable<readonly [unknown, unknown]> {
  if (value instanceof Struct) {
    return value.schema.fields.map(({ name, index }) => [name, value.values[index]] as const)
  }
  return value instanceof Map ? value : Object.entries(value)
}

/** Keys of objects are text: those of a map that are none become their own JSON. */
function nameOf(key: unknown): string {
  return typeof key === 'string' ? key : toJson(key)
}
