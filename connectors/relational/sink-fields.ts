import { DataError } from '../../runtime/api/errors.ts'
import type { SinkRecord } from '../../runtime/api/record.ts'
import { int32, int64, type Schema, Struct, string } from '../../runtime/api/schema.ts'

/** Fields with their values: a struct, an object or a map. */
export interface Fields {
  /** The schema of a struct, or the names of the fields of a value without schema. */
  readonly identity: Schema | string
  readonly names: readonly string[]
  readonly schemas: readonly (Schema | null)[]
  readonly values: readonly unknown[]
}

export const NO_FIELDS: Fields = { identity: '', names: [], schemas: [], values: [] }

const COORDINATES = ['__connect_topic', '__connect_partition', '__connect_offset']
const COORDINATE_SCHEMAS = [string(), int32(), int64()]

const ofSchema = new WeakMap<Schema, Pick<Fields, 'names' | 'schemas'>>()

/**
 * The fields of a value.
 *
 * @param what names the value in the error
 * @throws {DataError} when it has none
 */
export function fieldsOf(value: unknown, what: string): Fields {
  if (value instanceof Struct) {
    const { schema, values } = value
    let known = ofSchema.get(schema)
    if (known === undefined) {
      const { fields } = schema
      known = {
        names: fields.map(({ name }) => name),
        schemas: fields.map((field) => field.schema)
      }
      ofSchema.set(schema, known)
    }
    return { identity: schema, names: known.names, schemas: known.schemas, values }
  }
  const object = value instanceof Map ? Object.fromEntries(value) : value
  if (!isObject(object)) {
    const found = object === null ? 'null' : `of type ${typeof object}`
    throw new DataError(
      'INVALID_VALUE',
      `the ${what} of the record is ${found}, but must be an object with fields`,
      {
        hint: 'Check the converter of the topic (value.converter, key.converter): it must give objects.'
      }
    )
  }
  const names = Object.keys(object)
  return {
    identity: names.join('\0'),
    names,
    schemas: names.map(() => null),
    values: Object.values(object)
  }
}

function isObject(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array)
  )
}

/** Where the record was read, as the columns with these names (or Debezium's, without any). */
export function coordinates(record: SinkRecord, given: readonly string[]): Fields {
  const names = given.length === 3 ? given : COORDINATES
  const { topic, partition, offset } = record.original
  return {
    identity: names.join('\0'),
    names,
    schemas: COORDINATE_SCHEMAS,
    values: [topic, partition, offset]
  }
}

/** Only the named fields; all of them when none are named. */
export function chosen(fields: Fields, names: readonly string[]): Fields {
  if (
    names.length === 0 ||
    (names.length === fields.names.length && names.every((name, at) => name === fields.names[at]))
  ) {
    return fields
  }
  const places = names.map((name) => {
    const at = fields.names.indexOf(name)
    if (at === -1) throw new DataError('INVALID_VALUE', `there is no field '${name}' for the key`)
    return at
  })
  const identity =
    typeof fields.identity === 'string'
      ? `${fields.identity}\0\0${names.join('\0')}`
      : fields.identity
  return {
    identity,
    names,
    schemas: places.map((at) => fields.schemas[at] ?? null),
    values: places.map((at) => fields.values[at])
  }
}

/** The headers that are no context of Debezium or of Millrace itself. */
export function headerFields(record: SinkRecord): Fields {
  const headers = record.headers.filter(({ key }) => !/^__(?:debezium|millrace)\./.test(key))
  const names = headers.map(({ key }) => key)
  return {
    identity: names.join('\0'),
    names,
    schemas: headers.map(({ schema }) => schema),
    values: headers.map(({ value }) => value)
  }
}
