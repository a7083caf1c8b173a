import { toTwosComplement, unscaled } from '../../runtime/api/decimal.ts'
import { DataError } from '../../runtime/api/errors.ts'
import type { Header } from '../../runtime/api/record.ts'
import { DECIMAL, type Schema, type Struct, string } from '../../runtime/api/schema.ts'
import { readInt64 } from './exact-number.ts'
import { readHeaderJson, withoutEscapes } from './header-json.ts'

/**
 * The key under which a row goes on, on the delete and the tombstone of its old key, when the event under
 * the new key does not have the whole row: the row has to be moved, because nobody could insert it again.
 * Debezium's `__debezium.newkey` is there as well, but what it says depends on the header converter.
 *
 * The text of a JSON object: `{"id":{"int64":"5"},"code":{"string":"A%0A"}}`.
 */
export const MOVED_TO = '__millrace.newkey'

const TEXT = string()

/** The header for a key. */
export function movedHeader(key: Struct): Header {
  const members = key.schema.fields.map(({ name, index, schema }) => {
    const value = key.values[index]
    return [name, value === null ? null : { [typeOf(schema)]: written(schema, value) }]
  })
  return { key: MOVED_TO, schema: TEXT, value: JSON.stringify(Object.fromEntries(members)) }
}

function typeOf(schema: Schema): string {
  if (schema.name === DECIMAL) return `decimal(${schema.parameters?.['scale'] ?? 0})`
  return schema.type
}

function written(schema: Schema, value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (typeof value !== 'object') return withoutEscapes(String(value))
  throw new DataError(
    'INVALID_VALUE',
    `a key of type ${schema.name ?? schema.type} cannot be moved with a row of which only a part is known`
  )
}

/**
 * The values of the new key, as the record's own key would have them.
 *
 * @param names fields of the key; with the schemas of the old one, or null for a key without schema
 * @throws {DataError} when the header does not have one of them
 */
export function movedTo(
  value: unknown,
  { names, schemas }: { readonly names: readonly string[]; readonly schemas: readonly unknown[] }
): unknown[] {
  const members = readHeaderJson(value)
  return names.map((name, at) => {
    const member = memberOf(members, name)
    if (member === undefined) {
      throw new DataError(
        'INVALID_VALUE',
        `the row is moved to another key, and header ${MOVED_TO} does not tell its ${name}`,
        {
          hint: "Use the source's own key columns for the key (primary.key.mode, message.key.columns), or have it write whole rows (binlog_row_image=FULL)."
        }
      )
    }
    if (member === null) return null
    const [type, text] = member
    return readMember(type, text, schemas[at] !== null)
  })
}

/** Type and text of a member; undefined when there is none. */
function memberOf(members: unknown, name: string): readonly [string, string] | null | undefined {
  if (typeof members !== 'object' || members === null || !Object.hasOwn(members, name)) {
    return undefined
  }
  const member = (members as Readonly<Record<string, unknown>>)[name]
  if (member === null) return null
  const [only] = typeof member === 'object' ? Object.entries(member) : []
  return only && typeof only[1] === 'string' ? [only[0], only[1]] : undefined
}

function readMember(type: string, text: string, hasSchema: boolean): unknown {
  if (type === 'string') return decodeURIComponent(text)
  if (type === 'boolean') return text === 'true'
  if (type.startsWith('int')) return readInt64(text)
  if (type.startsWith('float')) return Number(text)
  if (type === 'bytes') return hasSchema ? Buffer.from(text, 'base64') : text
  const scale = Number(/^decimal\((-?\d+)\)$/.exec(type)?.[1])
  if (hasSchema) return text
  // What is clear whatever `schemaless.decimal.format` says.
  const bytes = toTwosComplement(unscaled(text, scale))
  return { scale, value: bytes.toString('base64') }
}
